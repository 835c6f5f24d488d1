"""Waiting for events: one look a process at the log's end, however many wait, and none when idle.

Whoever waits says so before it reads, so an event that is committed afterwards wakes it. Our own
changes ring at once; those of other processes are found by looking again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opensaldo.domain.client import Client, Environment
from opensaldo.errors import PlatformUnavailable
from opensaldo.observe import WAITING, log
from opensaldo.store.db import Store
from opensaldo.store.queries import events

LOOK_EVERY_S = 0.05  # PostgreSQL: workers and other servers write as well
LOOK_EVERY_EMBEDDED_S = 0.5  # SQLite: only the operator's command line does
LOOK_PAUSE_S = 0.005
LOOK_PAUSE_UNAVAILABLE_S = 1.0

_Log = tuple[str, str]  # client id, environment


class Waiter:
    """One who waits; `wait` may be called again and again."""

    __slots__ = ("_rung",)

    def __init__(self) -> None:
        """Wait for nothing yet."""
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """What is waited for may have happened."""
        self._rung.set()

    def forget(self) -> None:
        """What happened so far is about to be read."""
        self._rung.clear()

    async def wait(self, until: float) -> None:
        """It rang, or the loop's time is `until`."""
        try:
            async with asyncio.timeout_at(until):
                await self._rung.wait()
        except TimeoutError:
            return


class Bell:
    """Rings for those who wait in this process; a task runs only while somebody does."""

    def __init__(self, store: Store) -> None:
        """Ring for what is committed to this store; call on the loop that will wait."""
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._look_every_s = LOOK_EVERY_EMBEDDED_S if store.is_embedded else LOOK_EVERY_S
        self._waiters: dict[_Log, dict[str | None, set[Waiter]]] = {}
        self._read_to: dict[_Log, int] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False
        store.after_change = self._note_change

    @asynccontextmanager
    async def waiter(self, client: Client, command_id: str | None = None) -> AsyncIterator[Waiter]:
        """A waiter for any event of the client, or for the end of one command of it."""
        place, one = (client.id, client.environment.value), Waiter()
        self._waiters.setdefault(place, {}).setdefault(command_id, set()).add(one)
        WAITING.inc()
        if self._task is None:
            self._task = asyncio.create_task(self._watch())
        try:
            yield one
        finally:
            WAITING.dec()
            self._leave(place, command_id, one)

    def close(self) -> None:
        """Nobody waits any longer: the process is about to end."""
        self.is_closed = True
        for of_log in self._waiters.values():
            for waiters in of_log.values():
                _ring(waiters)
        if self._task is not None:
            self._task.cancel()

    def _leave(self, place: _Log, command_id: str | None, one: Waiter) -> None:
        of_log = self._waiters[place]
        of_log[command_id].discard(one)
        if not of_log[command_id]:
            del of_log[command_id]
        if not of_log:
            del self._waiters[place]
            self._read_to.pop(place, None)

    def _note_change(self) -> None:
        """Called in any thread, after every commit of this process."""
        if self._waiters and not self._changed.is_set():
            self._loop.call_soon_threadsafe(self._changed.set)

    async def _watch(self) -> None:
        try:
            written = None
            while self._waiters:
                self._changed.clear()
                written = await self._look(written)
                await asyncio.sleep(LOOK_PAUSE_S)
                await self._until_change()
        finally:
            self._task = None

    async def _look(self, written: int | None) -> int | None:
        """Tell what is new; returns how many events there ever were, None if that is unknown."""
        try:
            row = await self._store.point(events.WRITTEN, {})
            if row is not None and row.written != written:
                await self._tell()
        except PlatformUnavailable:
            log.warning("events unreadable")
            await asyncio.sleep(LOOK_PAUSE_UNAVAILABLE_S)
            return None
        return None if row is None else row.written

    async def _until_change(self) -> None:
        try:
            async with asyncio.timeout(self._look_every_s):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _tell(self) -> None:
        """Whoever waits for what has happened since the last look is woken.

        A log that nobody waited on at the last look has been read to nowhere yet: all its waiters
        look for themselves.
        """
        newest = await self._store.fetch(events.heads)
        for place, of_log in list(self._waiters.items()):
            number, before = newest.get(place, 0), self._read_to.get(place)
            if number == before:
                continue
            ended = None if before is None else await self._ended(place, of_log, before)
            if place in self._waiters:
                self._read_to[place] = number
            for command_id, waiters in list(of_log.items()):
                if command_id is None or ended is None or command_id in ended:
                    _ring(waiters)

    async def _ended(
        self, place: _Log, of_log: dict[str | None, set[Waiter]], before: int
    ) -> frozenset[str]:
        if of_log.keys() == {None}:
            return frozenset()
        client_id, environment = place
        return await self._store.fetch(
            events.ends_after, client_id, Environment(environment), before
        )


def _ring(waiters: set[Waiter]) -> None:
    for one in waiters:
        one.ring()
