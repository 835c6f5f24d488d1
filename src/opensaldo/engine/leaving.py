"""Leaving a bank: at the end of a session the person is signed out there, as far as it can be.

The session has ended here whatever the bank says. A repeated access is left alone: it outlives
its sessions until it is withdrawn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from opensaldo.domain.client import Environment
from opensaldo.domain.target import Interface
from opensaldo.engine.access import unpack
from opensaldo.engine.held_logins import HeldLogin, sign_out_at_bank
from opensaldo.engine.idempotency import settle
from opensaldo.engine.kept import access_place
from opensaldo.engine.platform import Platform
from opensaldo.store.db import Connection
from opensaldo.store.queries import sessions
from opensaldo.store.queries.clients import Caller
from opensaldo.store.queries.sessions import HeldAccess
from opensaldo.store.vault import KeyDestroyed

AT_ONCE_MAX = 8


def idle_logins(
    connection: Connection, platform: Platform, idle_since: datetime
) -> tuple[HeldAccess, ...]:
    """The logins to banks' online services that sessions idle since then hold."""
    names = {
        target.name
        for environment in Environment
        for target in platform.catalog.targets(environment)
        if target.interface is Interface.FALLBACK
    }
    return sessions.idle_accesses(connection, idle_since, sorted(names))


async def end_and_leave(platform: Platform, caller: Caller, session_id: str) -> None:
    """The session has ended, and the person is signed out at the bank unless it is away."""

    def end(connection: Connection) -> tuple[HeldAccess, ...]:
        held = sessions.held_access(connection, session_id)
        sessions.end(connection, session_id, platform.clock())
        settle(connection, caller, session_id)
        return (held,) if held else ()

    await leave(platform, await platform.store.change_with(end))


async def leave(platform: Platform, held: Iterable[HeldAccess]) -> None:
    """All these people are signed out at their banks, or it is logged that they could not be."""
    turns = asyncio.Semaphore(AT_ONCE_MAX)

    async def one_by_one(one: HeldAccess) -> None:
        async with turns:
            await _leave(platform, one)

    await asyncio.gather(*(one_by_one(one) for one in held))


async def _leave(platform: Platform, held: HeldAccess) -> None:
    target = platform.catalog.find(held.target, held.environment)
    if target is None:
        return
    try:
        key = platform.vault.unwrap(held.key)
    except KeyDestroyed:
        return
    place = access_place(held.session_id)
    access = unpack(platform.vault.open_sealed(key, held.sealed, place)).access
    await sign_out_at_bank(platform.catalog, HeldLogin(held.session_id, target, access))
