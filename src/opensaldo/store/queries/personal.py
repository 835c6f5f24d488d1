"""All rows that are about one owner, as a person may ask to see them: sealed ones still sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from opensaldo.domain.client import Environment
from opensaldo.domain.consent_chain import ACCEPTED
from opensaldo.store.keys import WrappedKey
from opensaldo.store.queries.owners import sessions_of
from opensaldo.store.tables import (
    commands,
    consent_chain,
    consents,
    documents,
    owners,
    redirections,
    remembered,
    sessions,
)

_HIDDEN = {
    "client_id",
    "environment",
    "key_id",
    "wrapped_key",
    "login_slot",
    "token_hash",
    "owner_hash",
    "refreshing_until",
    "revoke_due_at",
}
_OWNER = (
    owners.c.client_id == bindparam("client_id"),
    owners.c.environment == bindparam("environment"),
    owners.c.owner_external_id == bindparam("owner_external_id"),
)
_CONSENTS = (
    consents.c.client_id == bindparam("client_id"),
    consents.c.environment == bindparam("environment"),
    consents.c.owner_hash == bindparam("owner_hash"),
)
_THESE: Any = bindparam("sessions", expanding=True)
_KEYS = select(sessions.c.id, sessions.c.key_id, sessions.c.wrapped_key).where(
    sessions.c.id.in_(_THESE), sessions.c.key_id.is_not(None)
)
_RECORD = select(owners).where(*_OWNER)
_LISTS: dict[str, Select[Any]] = {
    "sessions": select(sessions).where(sessions.c.id.in_(_THESE)).order_by(sessions.c.id),
    "redirections": select(redirections)
    .where(redirections.c.session_id.in_(_THESE))
    .order_by(redirections.c.id),
    "acceptances": select(consent_chain)
    .where(consent_chain.c.session_id.in_(_THESE), consent_chain.c.status == ACCEPTED)
    .order_by(consent_chain.c.number),
    "commands": select(commands).where(commands.c.session_id.in_(_THESE)).order_by(commands.c.id),
    "documents": select(documents)
    .where(documents.c.session_id.in_(_THESE))
    .order_by(documents.c.id),
}
_OF_CONSENTS = select(consents).where(*_CONSENTS).order_by(consents.c.granted_at)
_MEMORIES = (
    select(remembered)
    .join(consents, consents.c.id == remembered.c.consent_id)
    .where(*_CONSENTS)
    .order_by(remembered.c.consent_id, remembered.c.account_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Everything held about one owner: rows by table, and the keys of sessions by their id."""

    rows: dict[str, list[dict[str, Any]]] = field(repr=False)
    keys: dict[str, WrappedKey] = field(repr=False)


def held_of(
    connection: Connection,
    client_id: str,
    environment: Environment,
    owner_external_id: str,
    owner_hash: str,
) -> Held:
    """Find everything held about an owner; `owner_hash` is that of the owner's consents."""
    place = {"client_id": client_id, "environment": environment.value}
    of_owner = {**place, "owner_external_id": owner_external_id}
    these = {"sessions": sessions_of(connection, client_id, environment, owner_external_id)}
    keys = {
        row.id: WrappedKey(row.key_id, row.wrapped_key) for row in connection.execute(_KEYS, these)
    }
    rows = {name: _rows(connection, query, these) for name, query in _LISTS.items()}
    by_hash = {**place, "owner_hash": owner_hash}
    rows["consents"] = _rows(connection, _OF_CONSENTS, by_hash)
    rows["memories"] = _rows(connection, _MEMORIES, by_hash)
    rows["record"] = _rows(connection, _RECORD, of_owner)
    return Held(rows=rows, keys=keys)


def _rows(
    connection: Connection, query: Select[Any], which: dict[str, Any]
) -> list[dict[str, Any]]:
    found = connection.execute(query, which).mappings()
    return [{k: v for k, v in row.items() if k not in _HIDDEN} for row in found]
