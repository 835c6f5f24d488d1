"""The chain of consents and acceptances: one order for the whole store, whoever writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select

from opensaldo.domain.consent import Consent
from opensaldo.domain.consent_chain import ACCEPTED, Anchor, Entry, Link
from opensaldo.domain.legal_text import Acceptance
from opensaldo.domain.session import Session
from opensaldo.store.conflicts import hold
from opensaldo.store.tables import consent_chain, consents

ROWS_AT_ONCE = 1000
_PLAIN = ("number", "consent_id", "client_id", "environment", "target", "status", "at")

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
_SESSIONS_OF = select(consent_chain.c.session_id).where(
    consent_chain.c.consent_id == bindparam("of_id"), consent_chain.c.session_id.is_not(None)
)
_ABOUT = (
    select(consent_chain)
    .where(
        or_(
            consent_chain.c.consent_id == bindparam("of_id"),
            consent_chain.c.session_id == bindparam("of_id"),
            consent_chain.c.session_id.in_(_SESSIONS_OF),
        )
    )
    .order_by(consent_chain.c.number)
)
_LAST_ACCEPTED = (
    select(consent_chain)
    .where(
        consent_chain.c.session_id == bindparam("of_id"),
        consent_chain.c.status == ACCEPTED,
        consent_chain.c.at >= bindparam("since"),  # an id may have been another session's
    )
    .order_by(consent_chain.c.number.desc())
    .limit(1)
)
_ACCEPTED_VERSIONS = (
    select(consent_chain.c.terms_version.label("version"))
    .where(consent_chain.c.terms_version.is_not(None))
    .union(
        select(consent_chain.c.privacy_version).where(consent_chain.c.privacy_version.is_not(None))
    )
)


def take_turn(connection: Connection) -> None:
    """Nobody else adds to the chain until this transaction ends.

    `add` does it too. Take the turn after holding every consent that will change and before the
    first event is appended, else two transactions wait for each other.
    """
    hold(connection, "consent chain")


def add(connection: Connection, consent: Consent, session_id: str | None = None) -> None:
    """Note what the consent has become, in the transaction that changed it.

    `session_id` is the session it was granted in, where one was.
    """
    last = _last(connection)
    entry = Entry(
        number=last.number + 1,
        consent_id=consent.id,
        client_id=consent.client_id,
        environment=consent.environment.value,
        target=consent.target,
        status=consent.status.value,
        at=consent.ended_at or consent.granted_at,
        session_id=session_id,
    )
    _append(connection, last, entry)


def accept(
    connection: Connection, session: Session, target: str, acceptance: Acceptance, at: datetime
) -> bool:
    """Note what the person accepted for this target; False if the session's last word was that."""
    last = _last(connection)
    which = {"of_id": session.id, "since": session.created_at}
    before = connection.execute(_LAST_ACCEPTED, which).one_or_none()
    if before is not None and (before.target, _acceptance(before)) == (target, acceptance):
        return False
    entry = Entry(
        number=last.number + 1,
        consent_id=None,
        client_id=session.client_id,
        environment=session.environment.value,
        target=target,
        status=ACCEPTED,
        at=at,
        session_id=session.id,
        acceptance=acceptance,
    )
    _append(connection, last, entry)
    return True


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


def entries_about(connection: Connection, subject: str) -> tuple[Entry, ...]:
    """List what is said of a consent or a session; of a consent, with what its session accepted."""
    return tuple(_link(row).entry for row in connection.execute(_ABOUT, {"of_id": subject}))


def accepted_versions(connection: Connection) -> frozenset[str]:
    """List the versions of all texts that were ever accepted."""
    return frozenset(connection.execute(_ACCEPTED_VERSIONS).scalars())


def _last(connection: Connection) -> Anchor:
    """The entry the next one follows, which nobody else can add until this transaction ends."""
    take_turn(connection)
    return newest(connection)


def _append(connection: Connection, last: Anchor, entry: Entry) -> None:
    row = {name: getattr(entry, name) for name in _PLAIN}
    accepted = entry.acceptance
    row |= {
        "session_id": entry.session_id,
        "language": accepted and accepted.language,
        "terms_version": accepted and accepted.terms_version,
        "privacy_version": accepted and accepted.privacy_version,
    }
    connection.execute(_INSERT, {**row, "hash": entry.hash_after(last.hash)})


def _link(row: Row[Any]) -> Link:
    plain = {name: getattr(row, name) for name in _PLAIN}
    entry = Entry(**plain, session_id=row.session_id, acceptance=_acceptance(row))
    return Link(entry=entry, hash=row.hash)


def _acceptance(row: Row[Any]) -> Acceptance | None:
    """What the row says was accepted; a part that was taken out is empty, so that it shows."""
    said = (row.language, row.terms_version, row.privacy_version)
    if all(part is None for part in said):
        return None
    language, terms_version, privacy_version = (part or "" for part in said)
    return Acceptance(
        language=language, terms_version=terms_version, privacy_version=privacy_version
    )
