"""Logins this process holds for sessions: whoever ends a session, its login here ends with it.

A session may be ended by another process, or by the operator's command line. This process looks
every minute which of its logins' sessions have ended, while it holds any, and leaves those banks.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from opensaldo.connectors.base import Access
from opensaldo.connectors.registry import Catalog
from opensaldo.domain.target import Target
from opensaldo.errors import OpenSaldoError, PlatformUnavailable
from opensaldo.observe import log
from opensaldo.store.db import Store
from opensaldo.store.queries import sessions

LOOK_EVERY_S = 60.0
SIGN_OUT_S = 5.0


@dataclass(frozen=True, slots=True)
class HeldLogin:
    """The login of one session at one bank."""

    session_id: str
    target: Target
    access: Access = field(repr=False)


class HeldLogins:
    """The logins of this process; a task runs only while there are any."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        """Hold none yet."""
        self._store = store
        self._catalog = catalog
        self._held: list[HeldLogin] = []
        self._task: asyncio.Task[None] | None = None

    def hold(self, login: HeldLogin) -> None:
        """The login is left once its session has ended, within a minute of that."""
        self._held.append(login)
        if self._task is None:
            self._task = asyncio.create_task(self._watch())

    def close(self) -> None:
        """Nothing is looked at any more: the process is about to end, and its logins with it."""
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        try:
            while self._held:
                await asyncio.sleep(LOOK_EVERY_S)
                await self._look()
        finally:
            self._task = None

    async def _look(self) -> None:
        held = [*self._held]
        ids = [one.session_id for one in held]
        try:
            alive = await self._store.fetch(sessions.not_ended, ids)
        except PlatformUnavailable:
            log.warning("sessions unreadable")
            return
        over = [one for one in held if one.session_id not in alive]
        self._held = [one for one in self._held if one not in over]
        for one in over:
            await sign_out_at_bank(self._catalog, one)


async def sign_out_at_bank(catalog: Catalog, login: HeldLogin) -> None:
    """The person is signed out at the bank, or it is logged that they could not be."""
    try:
        async with asyncio.timeout(SIGN_OUT_S):
            await catalog.connector(login.target).revoke(login.access)
    except TimeoutError:
        log.info("sign-out at the bank failed", session=login.session_id, code="timeout")
    except OpenSaldoError as error:
        log.info("sign-out at the bank failed", session=login.session_id, code=error.wire_name)
