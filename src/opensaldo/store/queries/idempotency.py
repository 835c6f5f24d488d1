"""Idempotency keys: claimed by one request at a time, settled with its work, answered once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from opensaldo.domain.client import Client
from opensaldo.store.conflicts import insert_new
from opensaldo.store.keys import WrappedKey
from opensaldo.store.tables import idempotency_keys as keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One request's hold on its key; another request that takes the key over has another holder."""

    key_hash: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """What is known of a key: for which request, what was done, and the sealed answer."""

    request_hash: str
    held_until: datetime
    subject: str | None
    wrapped: WrappedKey | None
    sealed_answer: bytes | None = field(repr=False)


_THIS = (
    keys.c.client_id == bindparam("of_client"),
    keys.c.environment == bindparam("of_environment"),
    keys.c.key_hash == bindparam("of_key"),
)
_HELD = (*_THIS, keys.c.holder == bindparam("of_holder"))
_FIND = select(keys).where(*_THIS).with_for_update()
_INSERT = insert_new(keys)
_TAKE_OVER = (
    update(keys).where(*_THIS).values(holder=bindparam("new_holder"), held_until=bindparam("until"))
)
_SETTLE = update(keys).where(*_HELD).values(subject=bindparam("new_subject"))
_ANSWER = (
    update(keys)
    .where(*_HELD)
    .values(
        key_id=bindparam("new_key_id"),
        wrapped_key=bindparam("new_wrapped_key"),
        sealed_answer=bindparam("new_answer"),
    )
)
_RELEASE = delete(keys).where(*_HELD, keys.c.subject.is_(None))
_FORGET = delete(keys).where(*_THIS, keys.c.created_at <= bindparam("long_ago"))
_PRUNE = delete(keys).where(keys.c.created_at <= bindparam("long_ago"))


def claim_new(
    connection: Connection,
    client: Client,
    claim: Claim,
    request_hash: str,
    *,
    at: datetime,
    until: datetime,
) -> bool:
    """Claim a key that is not known; False when it is."""
    row = {
        "client_id": client.id,
        "environment": client.environment.value,
        "key_hash": claim.key_hash,
        "request_hash": request_hash,
        "created_at": at,
        "holder": claim.holder,
        "held_until": until,
    }
    return connection.execute(_INSERT, row).rowcount == 1


def held_key(connection: Connection, client: Client, key_hash: str) -> KeyRow | None:
    """Find a key; nobody else changes it until the transaction ends."""
    row = connection.execute(_FIND, _of(client, key_hash)).one_or_none()
    if row is None:
        return None
    has_answer = row.key_id is not None
    return KeyRow(
        request_hash=row.request_hash,
        held_until=row.held_until,
        subject=row.subject,
        wrapped=WrappedKey(row.key_id, row.wrapped_key) if has_answer else None,
        sealed_answer=row.sealed_answer,
    )


def take_over(connection: Connection, client: Client, claim: Claim, until: datetime) -> None:
    """The key is this request's; the one that held it can settle and answer no more."""
    changed = {**_of(client, claim.key_hash), "new_holder": claim.holder, "until": until}
    connection.execute(_TAKE_OVER, changed)


def settle_key(connection: Connection, client: Client, claim: Claim, subject: str) -> bool:
    """Note what was done, in the transaction that does it; False when the key was taken over."""
    changed = {**_held(client, claim), "new_subject": subject}
    return connection.execute(_SETTLE, changed).rowcount == 1


def keep_answer(
    connection: Connection, client: Client, claim: Claim, wrapped: WrappedKey, sealed: bytes
) -> None:
    """Keep the answer, unless the key was taken over."""
    answer = {
        "new_key_id": wrapped.key_id,
        "new_wrapped_key": wrapped.wrapped,
        "new_answer": sealed,
    }
    connection.execute(_ANSWER, _held(client, claim) | answer)


def release_key(connection: Connection, client: Client, claim: Claim) -> None:
    """Forget the key, unless something was done for it."""
    connection.execute(_RELEASE, _held(client, claim))


def forget_old(connection: Connection, client: Client, key_hash: str, long_ago: datetime) -> None:
    """Forget this key if it is of this age."""
    connection.execute(_FORGET, {**_of(client, key_hash), "long_ago": long_ago})


def prune_keys(connection: Connection, long_ago: datetime) -> None:
    """Delete keys and answers of this age."""
    connection.execute(_PRUNE, {"long_ago": long_ago})


def _of(client: Client, key_hash: str) -> dict[str, Any]:
    return {
        "of_client": client.id,
        "of_environment": client.environment.value,
        "of_key": key_hash,
    }


def _held(client: Client, claim: Claim) -> dict[str, Any]:
    return {**_of(client, claim.key_hash), "of_holder": claim.holder}
