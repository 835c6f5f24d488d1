"""The chain of consents: one order for the whole store, whoever writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select

from opensaldo.domain.consent import Consent
from opensaldo.domain.consent_chain import Anchor, Entry, Link
from opensaldo.store.conflicts import hold
from opensaldo.store.tables import consent_chain, consents

ROWS_AT_ONCE = 1000

_NEWEST = (
    select(consent_chain.c.number, consent_chain.c.hash)
    .order_by(consent_chain.c.number.desc())
    .limit(1)
)
_INSERT = insert(consent_chain)
_AFTER = (
    select(consent_chain)
    .where(consent_chain.c.number > bindparam("after"))
    .order_by(consent_chain.c.number)
    .limit(ROWS_AT_ONCE)
)
_LAST_OF_EACH = (
    select(consent_chain.c.consent_id, func.max(consent_chain.c.number).label("number"))
    .group_by(consent_chain.c.consent_id)
    .subquery()
)
_AT_ODDS = (
    select(consents.c.id)
    .outerjoin(_LAST_OF_EACH, _LAST_OF_EACH.c.consent_id == consents.c.id)
    .outerjoin(consent_chain, consent_chain.c.number == _LAST_OF_EACH.c.number)
    .where(or_(consent_chain.c.status.is_(None), consent_chain.c.status != consents.c.status))
    .order_by(consents.c.id)
)


def take_turn(connection: Connection) -> None:
    """Nobody else adds to the chain until this transaction ends.

    `add` does it too. Take the turn after holding every consent that will change and before the
    first event is appended, else two transactions wait for each other.
    """
    hold(connection, "consent chain")


def add(connection: Connection, consent: Consent) -> None:
    """Note what the consent has become, in the transaction that changed it."""
    take_turn(connection)
    last = newest(connection)
    entry = Entry(
        number=last.number + 1,
        consent_id=consent.id,
        client_id=consent.client_id,
        environment=consent.environment.value,
        target=consent.target,
        status=consent.status.value,
        at=consent.ended_at or consent.granted_at,
    )
    row = {name: getattr(entry, name) for name in Entry.__slots__}
    connection.execute(_INSERT, {**row, "hash": entry.hash_after(last.hash)})


def newest(connection: Connection) -> Anchor:
    """Find how far the chain reaches."""
    row = connection.execute(_NEWEST).one_or_none()
    return Anchor() if row is None else Anchor(number=row.number, hash=row.hash)


def links(connection: Connection) -> Iterator[Link]:
    """List the whole chain from its beginning, a part at a time."""
    after = -1
    while rows := connection.execute(_AFTER, {"after": after}).all():
        yield from map(_link, rows)
        after = rows[-1].number


def consents_at_odds(connection: Connection) -> tuple[str, ...]:
    """List the consents that stand otherwise than their last entry says, or have none."""
    return tuple(connection.execute(_AT_ODDS).scalars())


def _link(row: Row[Any]) -> Link:
    entry = Entry(**{name: getattr(row, name) for name in Entry.__slots__})
    return Link(entry=entry, hash=row.hash)
