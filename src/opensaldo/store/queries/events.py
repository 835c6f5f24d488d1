"""The event log: a client reads on from its cursor and misses nothing."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, insert, select

from opensaldo.domain.client import Environment
from opensaldo.domain.event import Event, EventKind
from opensaldo.store.conflicts import hold
from opensaldo.store.tables import events

_INSERT = insert(events)
_AFTER = (
    select(events)
    .where(
        events.c.client_id == bindparam("client_id"),
        events.c.environment == bindparam("environment"),
        events.c.cursor > bindparam("cursor"),
    )
    .order_by(events.c.cursor)
    .limit(bindparam("count_max"))
)


def append(connection: Connection, event: Event) -> int:
    """Add an event; returns its cursor.

    A client's events are committed in the order of their cursors, so the client's writers wait
    for each other from here to the end of the transaction: append last.
    """
    hold(connection, "events", event.client_id)
    row = {
        "client_id": event.client_id,
        "environment": event.environment.value,
        "kind": event.kind.value,
        "subject": event.subject,
        "at": event.at,
    }
    key = connection.execute(_INSERT, row).inserted_primary_key
    if key is None:
        raise AssertionError("the database numbers its rows")
    return int(key[0])


def events_after(
    connection: Connection, client_id: str, environment: Environment, cursor: int, count_max: int
) -> tuple[tuple[int, Event], ...]:
    """List a client's events after this cursor, oldest first, each with its own cursor."""
    which = {
        "client_id": client_id,
        "environment": environment.value,
        "cursor": cursor,
        "count_max": count_max,
    }
    return tuple(
        (
            row.cursor,
            Event(
                client_id=row.client_id,
                environment=Environment(row.environment),
                kind=EventKind(row.kind),
                subject=row.subject,
                at=row.at,
            ),
        )
        for row in connection.execute(_AFTER, which)
    )
