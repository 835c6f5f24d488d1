"""Remembered: what a consent knows of its accounts from import to import, sealed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite understands the same text

from opensaldo.domain.client import Environment
from opensaldo.store.conflicts import hold
from opensaldo.store.tables import consents, remembered

_OF_CONSENT = select(remembered.c.account_id, remembered.c.sealed).where(
    remembered.c.consent_id == bindparam("consent_id")
)
_HOLD_OPEN = (
    select(consents.c.id)
    .where(consents.c.id == bindparam("consent_id"), consents.c.ended_at.is_(None))
    .with_for_update(read=True)
)
_NEW = upsert(remembered)
_REMEMBER = _NEW.on_conflict_do_update(
    index_elements=["consent_id", "account_id"],
    set_={"sealed": _NEW.excluded.sealed, "changed_at": _NEW.excluded.changed_at},
)
_FORGET = delete(remembered).where(remembered.c.consent_id == bindparam("consent_id"))
_FORGET_OF_OWNER = delete(remembered).where(
    remembered.c.consent_id.in_(
        select(consents.c.id).where(
            consents.c.client_id == bindparam("client_id"),
            consents.c.environment == bindparam("environment"),
            consents.c.owner_hash == bindparam("owner_hash"),
        )
    )
)


def remembered_of(connection: Connection, consent_id: str) -> dict[str, bytes]:
    """Find what is remembered of each account of a consent, sealed, by our account id."""
    rows = connection.execute(_OF_CONSENT, {"consent_id": consent_id})
    return {row.account_id: row.sealed for row in rows}


class MemoriesMoved(LookupError):
    """Something else is remembered by now than what the new memories were made from."""


def remember(
    connection: Connection,
    consent_id: str,
    sealed: Mapping[str, bytes],
    made_from: Mapping[str, bytes],
    at: datetime,
) -> None:
    """Keep what is to be remembered of these accounts; a consent that has ended remembers none.

    Raises:
        MemoriesMoved: another import of the consent ended since `made_from` was found.
    """
    if connection.execute(_HOLD_OPEN, {"consent_id": consent_id}).one_or_none() is None:
        return
    hold(connection, "memories", consent_id)
    now = remembered_of(connection, consent_id)
    if any(now.get(one) != made_from.get(one) for one in sealed):
        raise MemoriesMoved
    for account_id, blob in sorted(sealed.items()):
        row = {"consent_id": consent_id, "account_id": account_id, "sealed": blob, "changed_at": at}
        connection.execute(_REMEMBER, row)


def forget(connection: Connection, consent_id: str) -> None:
    """Delete all that is remembered under a consent."""
    connection.execute(_FORGET, {"consent_id": consent_id})


def forget_of_owner(
    connection: Connection, client_id: str, environment: Environment, owner_hash: str
) -> int:
    """Delete all that is remembered under an owner's consents; returns of how many accounts."""
    which = {
        "client_id": client_id,
        "environment": environment.value,
        "owner_hash": owner_hash,
    }
    return connection.execute(_FORGET_OF_OWNER, which).rowcount
