"""Writing a command's progress while it moves, without a transaction a step."""

from __future__ import annotations

import asyncio
from types import TracebackType

from opensaldo.store.db import Store
from opensaldo.store.queries import commands

WRITE_EVERY_S = 0.5


class ProgressWriter:
    """Keeps the newest progress and writes it at most every `WRITE_EVERY_S`, off the reader's way.

    Progress is a courtesy: what is not written when the command ends is never missed.
    """

    def __init__(self, store: Store, command_id: str) -> None:
        """Write the progress of this command."""
        self._store = store
        self._command_id = command_id
        self._newest = 0
        self._written = 0
        self._task: asyncio.Task[None] | None = None

    def report(self, progress: int) -> None:
        """Remember a progress of 0 to 100; it never goes back."""
        self._newest = max(self._newest, progress)

    async def __aenter__(self) -> ProgressWriter:
        self._task = asyncio.create_task(self._write_for_ever())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            if self._newest > self._written:
                self._written = self._newest
                await self._store.change(commands.progress, self._command_id, self._written)
