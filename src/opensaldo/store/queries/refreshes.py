"""Scheduled refreshes: how many a day, for a client or for one of its owners."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as insert_or

from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.store.queries.consents import CONSENT_COLUMNS, consent_from
from opensaldo.store.tables import consents, refreshes

ALL_OWNERS = ""

_KEEP = insert_or(refreshes).on_conflict_do_update(
    index_elements=["client_id", "owner_hash"], set_={"per_day": bindparam("new_per_day")}
)
_DROP = delete(refreshes).where(
    refreshes.c.client_id == bindparam("of_client"), refreshes.c.owner_hash == bindparam("of_owner")
)
_PLANNED: Select[Any] = (
    select(*CONSENT_COLUMNS, refreshes.c.owner_hash.label("planned_for"), refreshes.c.per_day)
    .join(refreshes, refreshes.c.client_id == consents.c.client_id)
    .where(
        consents.c.status == ConsentStatus.VALID.value,
        refreshes.c.owner_hash.in_([ALL_OWNERS, consents.c.owner_hash]),
    )
    .order_by(consents.c.id, refreshes.c.owner_hash)
)


def keep_refreshes(connection: Connection, client_id: str, owner_hash: str, per_day: int) -> None:
    """Plan so many refreshes a day of every consent of the client, or of one owner's."""
    row = {"client_id": client_id, "owner_hash": owner_hash, "per_day": per_day}
    connection.execute(_KEEP, row | {"new_per_day": per_day})


def drop_refreshes(connection: Connection, client_id: str, owner_hash: str) -> None:
    """Plan nothing of its own for the client, or for one owner."""
    connection.execute(_DROP, {"of_client": client_id, "of_owner": owner_hash})


def planned(connection: Connection) -> tuple[tuple[Consent, int], ...]:
    """List open consents with their refreshes a day; an owner's plan goes before the client's."""
    found: dict[str, tuple[Consent, int]] = {}
    for row in connection.execute(_PLANNED):
        found[row.id] = (consent_from(row), row.per_day)
    return tuple(found.values())
