"""Idempotency: a write with a key is done once, and asked again it is answered with its answer.

A request claims its key before it does anything and settles it in the transaction that does the
work. So a key whose process died is in one of two states: nothing was done, and the next request
with it does the work; or it was, and the next one only tells of it. A request that was so slow that
another took its key over cannot settle, so its work is undone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from opensaldo.domain.client import Client
from opensaldo.engine.ids import new_hex
from opensaldo.engine.platform import Platform
from opensaldo.errors import IdempotencyKeyInUse, IdempotencyKeyReused
from opensaldo.store.db import Connection
from opensaldo.store.queries import idempotency
from opensaldo.store.queries.clients import Caller
from opensaldo.store.queries.idempotency import Claim, KeyRow
from opensaldo.store.vault import KeyDestroyed

ANSWERS_KEPT = timedelta(hours=24)
HELD_S = 30
RETRY_IN_USE_S = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a request with a key is to do: repeat the answer, tell of what was done, or do it."""

    caller: Caller
    answer: bytes | None = None
    subject: str | None = None


async def begin(platform: Platform, caller: Caller, key: str, request: str) -> Turn:
    """This request's turn with its key; `request` stands for all it says.

    Raises:
        IdempotencyKeyReused: the key was used for another request.
        IdempotencyKeyInUse: a request with this key is under way.
    """
    client, now = caller.client, platform.clock()
    claim = Claim(
        key_hash=platform.vault.fingerprint("idempotency", client.id, key), holder=new_hex()
    )
    request_hash = platform.vault.fingerprint("request", client.id, request)
    until = now + timedelta(seconds=HELD_S)

    def take(connection: Connection) -> KeyRow | None:
        idempotency.forget_old(connection, client, claim.key_hash, now - ANSWERS_KEPT)
        if idempotency.claim_new(connection, client, claim, request_hash, at=now, until=until):
            return None
        row = idempotency.held_key(connection, client, claim.key_hash)
        if row is None:
            raise IdempotencyKeyInUse(retry_after_s=RETRY_IN_USE_S)
        if row.request_hash != request_hash:
            raise IdempotencyKeyReused
        if row.sealed_answer is None:
            if row.held_until > now:
                raise IdempotencyKeyInUse(retry_after_s=RETRY_IN_USE_S)
            idempotency.take_over(connection, client, claim, until)
        return row

    row = await platform.store.change_with(take)
    mine = replace(caller, claim=claim)
    if row is None:
        return Turn(caller=mine)
    return Turn(caller=mine, answer=_opened(platform, client, claim, row), subject=row.subject)


def settle(connection: Connection, caller: Caller | None, subject: str) -> None:
    """The work of the caller's request is done if, and only if, its key is still held.

    Call it in the transaction that does the work, with the id of what was made.

    Raises:
        IdempotencyKeyInUse: another request has taken the key over and does the work.
    """
    if caller is None or caller.claim is None:
        return
    if not idempotency.settle_key(connection, caller.client, caller.claim, subject):
        raise IdempotencyKeyInUse(retry_after_s=RETRY_IN_USE_S)


async def keep(platform: Platform, caller: Caller, answer: bytes) -> None:
    """The answer is what the key gives from now on."""
    if caller.claim is None:
        return
    key, wrapped = platform.vault.new_key()
    sealed = platform.vault.seal(key, answer, _place(caller.client, caller.claim))
    await platform.store.change(
        idempotency.keep_answer, caller.client, caller.claim, wrapped, sealed
    )


async def release(platform: Platform, caller: Caller) -> None:
    """The key can be used anew, unless something was done for it."""
    if caller.claim is not None:
        await platform.store.change(idempotency.release_key, caller.client, caller.claim)


def _opened(platform: Platform, client: Client, claim: Claim, row: KeyRow) -> bytes | None:
    if row.sealed_answer is None or row.wrapped is None:
        return None
    try:
        key = platform.vault.unwrap(row.wrapped)
    except KeyDestroyed:
        return None
    return platform.vault.open_sealed(key, row.sealed_answer, _place(client, claim))


def _place(client: Client, claim: Claim) -> str:
    return f"idempotency:{client.id}:{claim.key_hash}"
