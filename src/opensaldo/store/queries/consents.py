"""Consents: kept longer than data, their secrets under the long-lived key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, or_, select, update

from opensaldo.domain.client import Environment
from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.store.conflicts import IdTaken, insert_new
from opensaldo.store.queries import consent_chain
from opensaldo.store.queries.remembered import forget
from opensaldo.store.tables import consents

WARNED_AT_ONCE_MAX = 500

_SECRETS = {
    "token_hash",
    "sealed_owner",
    "sealed_access",
    "revoke_due_at",
    "refreshing_until",
    "refused_until",
    "owner_hash",
    "warned_at",
}
CONSENT_COLUMNS = tuple(column for column in consents.c if column.name not in _SECRETS)
_THIS = consents.c.id == bindparam("of_id")
_IS_OPEN = consents.c.status.in_([ConsentStatus.RECEIVED.value, ConsentStatus.VALID.value])

_INSERT = insert_new(consents)
_BY_TOKEN = select(*CONSENT_COLUMNS).where(
    consents.c.token_hash == bindparam("token_hash"),
    consents.c.client_id == bindparam("client_id"),
    consents.c.environment == bindparam("environment"),
)
_BY_ID = select(*CONSENT_COLUMNS).where(_THIS)
_SEALED = select(consents.c.sealed_owner, consents.c.sealed_access).where(_THIS)
_REPLACE_ACCESS = (
    update(consents)
    .where(_THIS, consents.c.sealed_access.is_not(None))
    .values(sealed_access=bindparam("sealed"), refreshing_until=None)
)
_REPLACE_OWNER = (
    update(consents)
    .where(_THIS)
    .values(sealed_owner=bindparam("sealed"), owner_hash=bindparam("new_hash"))
)
_SAME = consents.alias("same")
_OLDER = (
    select(*CONSENT_COLUMNS)
    .where(
        _IS_OPEN,
        consents.c.id != bindparam("of_id"),
        consents.c.granted_at < bindparam("granted_at"),
        consents.c.client_id == bindparam("client_id"),
        consents.c.environment == bindparam("environment"),
        consents.c.target == bindparam("target"),
        consents.c.owner_hash
        == select(_SAME.c.owner_hash).where(_SAME.c.id == bindparam("of_id")).scalar_subquery(),
    )
    .order_by(consents.c.granted_at)
)
_PROVE = (
    update(consents).where(_THIS, consents.c.proved_at.is_(None)).values(proved_at=bindparam("at"))
)
_REPLACED = update(consents).where(_THIS).values(replaced_by=bindparam("new_id"))
_EXPIRING = (
    select(*CONSENT_COLUMNS)
    .where(_IS_OPEN, consents.c.valid_until <= bindparam("before"), consents.c.warned_at.is_(None))
    .limit(WARNED_AT_ONCE_MAX)
)
_WARNED = (
    update(consents)
    .where(_THIS, _IS_OPEN, consents.c.warned_at.is_(None))
    .values(warned_at=bindparam("at"))
)
_OF_CLIENT: Select[Any] = (
    select(*CONSENT_COLUMNS, consents.c.sealed_owner)
    .where(
        consents.c.client_id == bindparam("client_id"),
        consents.c.environment == bindparam("environment"),
    )
    .order_by(consents.c.granted_at.desc(), consents.c.id)
    .limit(bindparam("count_max"))
)
_IS_OF_OWNER = consents.c.owner_hash == bindparam("owner_hash")
_IS_BEFORE = or_(
    consents.c.granted_at < bindparam("granted_at"),
    and_(consents.c.granted_at == bindparam("granted_at"), consents.c.id > bindparam("of_id")),
)
_CLAIM_REFRESH = (
    update(consents)
    .where(
        _THIS,
        _IS_OPEN,
        or_(
            consents.c.refreshing_until.is_(None),
            consents.c.refreshing_until <= bindparam("now"),
        ),
    )
    .values(refreshing_until=bindparam("until"))
)
_GIVE_UP_REFRESH = update(consents).where(_THIS).values(refreshing_until=None)
_END = update(consents).where(_THIS, _IS_OPEN)
_CLOSE = _END.values(status=bindparam("new_status"), ended_at=bindparam("at"), sealed_access=None)
_REVOKE = _END.values(
    status=bindparam("new_status"), ended_at=bindparam("at"), revoke_due_at=bindparam("at")
)
_OWED: Select[Any] = (
    select(*CONSENT_COLUMNS, consents.c.sealed_access)
    .where(consents.c.revoke_due_at <= bindparam("now"), consents.c.sealed_access.is_not(None))
    .order_by(consents.c.revoke_due_at)
    .limit(bindparam("count_max"))
)
_PUT_OFF = (
    update(consents)
    .where(_THIS, consents.c.revoke_due_at.is_not(None))
    .values(revoke_due_at=bindparam("due_at"))
)
_REVOKED = update(consents).where(_THIS).values(revoke_due_at=None, sealed_access=None)
_RUN_OUT = select(*CONSENT_COLUMNS).where(_IS_OPEN, consents.c.valid_until <= bindparam("now"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedRevocation:
    """A consent that ended here and whose bank has not been told yet."""

    consent: Consent
    sealed_access: bytes = field(repr=False)


def insert_consent(
    connection: Connection,
    consent: Consent,
    token_hash: str,
    sealed_owner: bytes,
    sealed_access: bytes,
    owner_hash: str | None = None,
    session_id: str | None = None,
) -> None:
    """Add a consent, found again by the fingerprint of the token its client holds.

    `session_id` is the session it was granted in.

    Raises:
        IdTaken: the id or the fingerprint is in use.
    """
    row = {
        "id": consent.id,
        "client_id": consent.client_id,
        "environment": consent.environment.value,
        "target": consent.target,
        "status": consent.status.value,
        "granted_at": consent.granted_at,
        "valid_until": consent.valid_until,
        "ended_at": consent.ended_at,
        "token_hash": token_hash,
        "sealed_owner": sealed_owner,
        "sealed_access": sealed_access,
        "owner_hash": owner_hash,
    }
    if connection.execute(_INSERT, row).rowcount == 0:
        raise IdTaken(consent.id)
    consent_chain.add(connection, consent, session_id)


def consent_by_token(
    connection: Connection, token_hash: str, client_id: str, environment: Environment
) -> Consent | None:
    """Find the consent behind a client's token, closed ones included."""
    which = {
        "token_hash": token_hash,
        "client_id": client_id,
        "environment": environment.value,
    }
    row = connection.execute(_BY_TOKEN, which).one_or_none()
    return None if row is None else consent_from(row)


def consent_by_id(connection: Connection, consent_id: str) -> Consent | None:
    """Find a consent by our own id."""
    row = connection.execute(_BY_ID, {"of_id": consent_id}).one_or_none()
    return None if row is None else consent_from(row)


def sealed_owner(connection: Connection, consent_id: str) -> bytes | None:
    """Find the owner's external id of a consent, sealed under the long-lived key."""
    row = connection.execute(_SEALED, {"of_id": consent_id}).one_or_none()
    return None if row is None else row.sealed_owner


def replace_owner(
    connection: Connection, consent_id: str, sealed: bytes, owner_hash: str | None
) -> None:
    """Keep another owner's external id; without a hash the consent is nobody's any more."""
    changed = {"of_id": consent_id, "sealed": sealed, "new_hash": owner_hash}
    connection.execute(_REPLACE_OWNER, changed)


def older_of_person(connection: Connection, consent: Consent) -> tuple[Consent, ...]:
    """List the open consents of the same person at the same target granted before, oldest first."""
    which = {
        "of_id": consent.id,
        "granted_at": consent.granted_at,
        "client_id": consent.client_id,
        "environment": consent.environment.value,
        "target": consent.target,
    }
    return tuple(map(consent_from, connection.execute(_OLDER, which)))


def prove(connection: Connection, consent_id: str, at: datetime) -> bool:
    """Note that an import under the consent succeeded; whether it was the first."""
    return connection.execute(_PROVE, {"of_id": consent_id, "at": at}).rowcount == 1


def replaced(connection: Connection, consent_id: str, new_id: str) -> None:
    """Note which newer consent took this one's place."""
    connection.execute(_REPLACED, {"of_id": consent_id, "new_id": new_id})


def expiring(connection: Connection, before: datetime) -> tuple[Consent, ...]:
    """List some open consents that run out by then and whose client has not been warned."""
    return tuple(map(consent_from, connection.execute(_EXPIRING, {"before": before})))


def warned(connection: Connection, consent_id: str, at: datetime) -> bool:
    """Note that the client of an open consent was warned; whether nobody had done so."""
    return connection.execute(_WARNED, {"of_id": consent_id, "at": at}).rowcount == 1


def consents_of(
    connection: Connection,
    client_id: str,
    environment: Environment,
    owner_hash: str | None,
    count_max: int,
    before: Consent | None = None,
) -> tuple[tuple[Consent, bytes], ...]:
    """List a client's consents, of one owner or of all, newest first, with their sealed owners.

    `before` leaves out this one and what stands before it in the list.
    """
    query = _OF_CLIENT
    which: dict[str, Any] = {
        "client_id": client_id,
        "environment": environment.value,
        "count_max": count_max,
    }
    if owner_hash is not None:
        query = query.where(_IS_OF_OWNER)
        which |= {"owner_hash": owner_hash}
    if before is not None:
        query = query.where(_IS_BEFORE)
        which |= {"granted_at": before.granted_at, "of_id": before.id}
    rows = connection.execute(query, which)
    return tuple((consent_from(row), row.sealed_owner) for row in rows)


def sealed_access(connection: Connection, consent_id: str) -> bytes | None:
    """Find a consent's access to the bank, sealed; None once it is closed."""
    row = connection.execute(_SEALED, {"of_id": consent_id}).one_or_none()
    return None if row is None else row.sealed_access


def claim_refresh(connection: Connection, consent_id: str, now: datetime, until: datetime) -> bool:
    """Claim the right to refresh an open consent's access; whether nobody else holds it."""
    claimed = {"of_id": consent_id, "now": now, "until": until}
    return connection.execute(_CLAIM_REFRESH, claimed).rowcount == 1


def give_up_refresh(connection: Connection, consent_id: str) -> None:
    """Let somebody else refresh the access."""
    connection.execute(_GIVE_UP_REFRESH, {"of_id": consent_id})


def replace_access(connection: Connection, consent_id: str, sealed: bytes) -> None:
    """Keep a refreshed access to the bank; a consent without one keeps none."""
    connection.execute(_REPLACE_ACCESS, {"of_id": consent_id, "sealed": sealed})


def close_consent(
    connection: Connection, consent_id: str, status: ConsentStatus, at: datetime
) -> bool:
    """Close a consent that is over at the bank, drop its access and what it remembers.

    Returns whether it was open.
    """
    forget(connection, consent_id)
    changed = {"of_id": consent_id, "new_status": status.value, "at": at}
    return _ended(connection, consent_id, connection.execute(_CLOSE, changed).rowcount)


def revoke_consent(connection: Connection, consent_id: str, at: datetime) -> bool:
    """Close a consent whose bank is to be told at once, and drop what it remembers.

    Returns whether it was open.
    """
    forget(connection, consent_id)
    changed = {"of_id": consent_id, "new_status": ConsentStatus.TERMINATED_BY_TPP.value, "at": at}
    return _ended(connection, consent_id, connection.execute(_REVOKE, changed).rowcount)


def _ended(connection: Connection, consent_id: str, rows: int) -> bool:
    """Whether a consent ended now; if so, the chain says it."""
    consent = consent_by_id(connection, consent_id) if rows == 1 else None
    if consent is not None:
        consent_chain.add(connection, consent)
    return consent is not None


def owed_revocations(
    connection: Connection, now: datetime, count_max: int
) -> tuple[OwedRevocation, ...]:
    """List revocations that banks should be told of by now, the longest due first."""
    rows = connection.execute(_OWED, {"now": now, "count_max": count_max})
    return tuple(
        OwedRevocation(consent=consent_from(row), sealed_access=row.sealed_access) for row in rows
    )


def put_off_revocation(connection: Connection, consent_id: str, due_at: datetime) -> None:
    """Try the bank again then."""
    connection.execute(_PUT_OFF, {"of_id": consent_id, "due_at": due_at})


def revocation_told(connection: Connection, consent_id: str) -> None:
    """Drop the access: the bank knows that it has ended, or it ended by itself."""
    connection.execute(_REVOKED, {"of_id": consent_id})


def run_out(connection: Connection, now: datetime) -> tuple[Consent, ...]:
    """List open consents whose time is over."""
    return tuple(map(consent_from, connection.execute(_RUN_OUT, {"now": now})))


def consent_from(row: Row[Any]) -> Consent:
    """The consent that a row with these columns holds."""
    return Consent(
        id=row.id,
        client_id=row.client_id,
        environment=Environment(row.environment),
        target=row.target,
        status=ConsentStatus(row.status),
        granted_at=row.granted_at,
        valid_until=row.valid_until,
        ended_at=row.ended_at,
        proved_at=row.proved_at,
        replaced_by=row.replaced_by,
    )
