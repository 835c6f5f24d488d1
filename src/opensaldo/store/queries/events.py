"""The event log: a client reads on from a number and misses nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or

from opensaldo.domain.client import Environment
from opensaldo.domain.event import Event, EventKind, Log
from opensaldo.store.tables import event_heads, events

_OF_CLIENT = (
    events.c.client_id == bindparam("client_id"),
    events.c.environment == bindparam("environment"),
)
_FIRST = insert_or(event_heads).values(newest=1)
_COUNT_ON = _FIRST.on_conflict_do_update(
    index_elements=["client_id", "environment"], set_={"newest": event_heads.c.newest + 1}
).returning(event_heads.c.newest)
_INSERT = insert(events)
_AFTER = (
    select(events)
    .where(*_OF_CLIENT, events.c.number > bindparam("after"))
    .order_by(events.c.number)
    .limit(bindparam("count_max"))
)
_ENDS_AFTER = select(events.c.subject).where(
    *_OF_CLIENT,
    events.c.number > bindparam("after"),
    events.c.kind == EventKind.COMMAND_ENDED.value,
)
_BOUNDS = select(
    select(event_heads.c.newest)
    .where(
        event_heads.c.client_id == bindparam("client_id"),
        event_heads.c.environment == bindparam("environment"),
    )
    .scalar_subquery()
    .label("newest"),
    select(func.min(events.c.number)).where(*_OF_CLIENT).scalar_subquery().label("oldest"),
)
_HEADS = select(event_heads)
WRITTEN = select(func.sum(event_heads.c.newest).label("written"))
"""How many events were ever written, for `Store.point`; it has changed when one was."""
_OLD = (
    select(events.c.client_id, events.c.environment, func.max(events.c.number).label("number"))
    .where(events.c.at <= bindparam("long_ago"))
    .group_by(events.c.client_id, events.c.environment)
)
_FIRST_YOUNG = select(func.min(events.c.number)).where(
    *_OF_CLIENT, events.c.number <= bindparam("up_to"), events.c.at > bindparam("long_ago")
)
_PRUNE = delete(events).where(*_OF_CLIENT, events.c.number <= bindparam("up_to"))


def append(connection: Connection, event: Event) -> int:
    """Add an event; returns its number, one more than that of the client's event before it.

    A client's events are committed in the order of their numbers, so the client's writers wait
    for each other from here to the end of the transaction: append last, and to the logs of
    several clients in the order of their ids.
    """
    place = {"client_id": event.client_id, "environment": event.environment.value}
    number = int(connection.execute(_COUNT_ON, place).scalar_one())
    row = {
        **place,
        "number": number,
        "kind": event.kind.value,
        "subject": event.subject,
        "state": event.state,
        "progress": event.progress,
        "at": event.at,
    }
    connection.execute(_INSERT, row)
    return number


def events_after(
    connection: Connection, client_id: str, environment: Environment, after: int, count_max: int
) -> tuple[tuple[int, Event], ...]:
    """List a client's events after this number, oldest first, each with its own number."""
    which = {**_place(client_id, environment), "after": after, "count_max": count_max}
    return tuple((row.number, _event(row)) for row in connection.execute(_AFTER, which))


def log_of(connection: Connection, client_id: str, environment: Environment) -> Log:
    """How far a client's log reaches."""
    row = connection.execute(_BOUNDS, _place(client_id, environment)).one()
    newest = row.newest or 0
    return Log(oldest=row.oldest or newest + 1, newest=newest)


def heads(connection: Connection) -> dict[tuple[str, str], int]:
    """The number of the newest event of every client that has any, by id and environment."""
    rows = connection.execute(_HEADS)
    return {(row.client_id, row.environment): row.newest for row in rows}


def ends_after(
    connection: Connection, client_id: str, environment: Environment, after: int
) -> frozenset[str]:
    """List the ids of a client's commands that ended after the event of this number."""
    which = {**_place(client_id, environment), "after": after}
    return frozenset(connection.execute(_ENDS_AFTER, which).scalars())


def prune_events(connection: Connection, long_ago: datetime) -> int:
    """Delete each client's events of this age up to the first younger one; returns how many.

    What is left of a log has no hole, and a younger event is never deleted for an older date that
    a wrong clock gave to one after it.
    """
    deleted = 0
    for row in connection.execute(_OLD, {"long_ago": long_ago}).all():
        which = {"client_id": row.client_id, "environment": row.environment, "up_to": row.number}
        young = connection.execute(_FIRST_YOUNG, {**which, "long_ago": long_ago}).scalar_one()
        if young is not None:
            which["up_to"] = young - 1
        deleted += connection.execute(_PRUNE, which).rowcount
    return deleted


def _place(client_id: str, environment: Environment) -> dict[str, Any]:
    return {"client_id": client_id, "environment": environment.value}


def _event(row: Any) -> Event:
    return Event(
        client_id=row.client_id,
        environment=Environment(row.environment),
        kind=EventKind(row.kind),
        subject=row.subject,
        at=row.at,
        state=row.state,
        progress=row.progress,
    )
