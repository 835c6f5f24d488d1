"""Consents: kept longer than data, their secrets under the long-lived key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from opensaldo.domain.client import Environment
from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.store.conflicts import IdTaken, insert_new
from opensaldo.store.tables import consents

_SECRETS = {"token_hash", "sealed_owner", "sealed_access"}
_COLUMNS = tuple(column for column in consents.c if column.name not in _SECRETS)
_THIS = consents.c.id == bindparam("of_id")
_IS_OPEN = consents.c.status.in_([ConsentStatus.RECEIVED.value, ConsentStatus.VALID.value])

_INSERT = insert_new(consents)
_BY_TOKEN = select(*_COLUMNS).where(
    consents.c.token_hash == bindparam("token_hash"),
    consents.c.client_id == bindparam("client_id"),
    consents.c.environment == bindparam("environment"),
)
_BY_ID = select(*_COLUMNS).where(_THIS)
_SEALED = select(consents.c.sealed_owner, consents.c.sealed_access).where(_THIS)
_REPLACE_ACCESS = update(consents).where(_THIS, _IS_OPEN).values(sealed_access=bindparam("sealed"))
_CLOSE = (
    update(consents)
    .where(_THIS, _IS_OPEN)
    .values(status=bindparam("new_status"), sealed_access=None)
)


def insert_consent(
    connection: Connection,
    consent: Consent,
    token_hash: str,
    sealed_owner: bytes,
    sealed_access: bytes,
) -> None:
    """Add a consent, found again by the fingerprint of the token its client holds.

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
        "token_hash": token_hash,
        "sealed_owner": sealed_owner,
        "sealed_access": sealed_access,
    }
    if connection.execute(_INSERT, row).rowcount == 0:
        raise IdTaken(consent.id)


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
    return None if row is None else _consent(row)


def consent_by_id(connection: Connection, consent_id: str) -> Consent | None:
    """Find a consent by our own id."""
    row = connection.execute(_BY_ID, {"of_id": consent_id}).one_or_none()
    return None if row is None else _consent(row)


def sealed_owner(connection: Connection, consent_id: str) -> bytes | None:
    """Find the owner's external id of a consent, sealed under the long-lived key."""
    row = connection.execute(_SEALED, {"of_id": consent_id}).one_or_none()
    return None if row is None else row.sealed_owner


def sealed_access(connection: Connection, consent_id: str) -> bytes | None:
    """Find a consent's access to the bank, sealed; None once it is closed."""
    row = connection.execute(_SEALED, {"of_id": consent_id}).one_or_none()
    return None if row is None else row.sealed_access


def replace_access(connection: Connection, consent_id: str, sealed: bytes) -> None:
    """Keep a renewed access to the bank; a closed consent keeps none."""
    connection.execute(_REPLACE_ACCESS, {"of_id": consent_id, "sealed": sealed})


def close_consent(connection: Connection, consent_id: str, status: ConsentStatus) -> bool:
    """Close a consent and drop its access to the bank; whether it was open."""
    changed = {"of_id": consent_id, "new_status": status.value}
    return connection.execute(_CLOSE, changed).rowcount == 1


def _consent(row: Row[Any]) -> Consent:
    return Consent(
        id=row.id,
        client_id=row.client_id,
        environment=Environment(row.environment),
        target=row.target,
        status=ConsentStatus(row.status),
        granted_at=row.granted_at,
        valid_until=row.valid_until,
    )
