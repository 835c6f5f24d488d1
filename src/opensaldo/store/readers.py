"""SQLite's read connections: one held by each thread, no transaction left open on any."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, Engine


class _Reader:
    """One thread's connection, and how many reads are inside each other on it."""

    __slots__ = ("connection", "depth", "driver")

    def __init__(self, engine: Engine) -> None:
        self.connection = engine.connect()
        held = self.connection.connection.driver_connection
        self.driver = cast("sqlite3.Connection", held)
        self.depth = 0


class ThreadReaders:
    """Hands every thread its own read connection; those of dead threads are closed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = threading.local()
        self._all: dict[threading.Thread, _Reader] = {}
        self._guard = threading.Lock()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Everything read inside is of one moment; afterwards no transaction is open.

        A read inside a read sees the outer one's moment.
        """
        reader = self._of_thread()
        if reader.depth == 0:
            reader.driver.execute("BEGIN")
        reader.depth += 1
        try:
            yield reader.connection
        finally:
            reader.depth -= 1
            if reader.depth == 0 and reader.driver.in_transaction:
                reader.driver.execute("ROLLBACK")

    def driver(self) -> sqlite3.Connection:
        """This thread's connection of the driver, for a statement that needs no transaction."""
        return self._of_thread().driver

    def close(self) -> None:
        """Every thread's connection is closed."""
        with self._guard:
            for reader in self._all.values():
                reader.connection.close()
            self._all.clear()
            self._mine = threading.local()
        self._engine.dispose()

    def _of_thread(self) -> _Reader:
        reader: _Reader | None = getattr(self._mine, "reader", None)
        return self._new() if reader is None else reader

    def _new(self) -> _Reader:
        reader = _Reader(self._engine)
        with self._guard:
            for thread in [thread for thread in self._all if not thread.is_alive()]:
                self._all.pop(thread).connection.close()
            self._all[threading.current_thread()] = reader
        self._mine.reader = reader
        return reader
