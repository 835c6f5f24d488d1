"""Writing a command's progress while it moves, without a transaction a step."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from types import TracebackType

from opensaldo.domain.clock import Clock
from opensaldo.domain.command import Command
from opensaldo.domain.event import Event, EventKind
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import commands, events

WRITE_EVERY_S = 0.5


class ProgressWriter:
    """Keeps the newest progress and writes it at most every `WRITE_EVERY_S`, off the reader's way.

    Progress is a courtesy: what is not written when the command ends is never missed.
    """

    def __init__(self, store: Store, clock: Clock, command: Command) -> None:
        """Write the progress of this command, which runs."""
        self._store = store
        self._clock = clock
        self._command = command
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
                running = replace(self._command, progress=self._written)
                await self._store.change(_note, running, self._clock())


def _note(connection: Connection, command: Command, at: datetime) -> None:
    """The progress is kept and told, unless the command has ended."""
    if commands.progress(connection, command.id, command.progress):
        events.append(connection, progress_event(command, at))


def progress_event(command: Command, at: datetime) -> Event:
    """How far a running command is, as a line of its client's event log."""
    return Event(
        client_id=command.client_id,
        environment=command.environment,
        kind=EventKind.COMMAND_PROGRESSED,
        subject=command.id,
        at=at,
        state=command.state.value,
        progress=command.progress,
    )
