"""One holder per slot: a lock that dies with its process and can be asked whether it lives."""

from __future__ import annotations

import fcntl
import os
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from opensaldo.errors import PlatformUnavailable
from opensaldo.store.db import Store

SLOTS_NAMESPACE = 0x05A1_0C
CONNECT_TIMEOUT_S = 5
SILENCE_MS_MAX = 10_000
_IS_HELD = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE locktype = 'advisory' AND datname = current_database() AND granted"
    " AND classid = :namespace AND objid = :slot)"
)


class SlotLock(ABC):
    """A process's hold on executor slots; two processes never hold one slot.

    After the process dies, however it dies, its slots are free. A child made by fork without exec
    would inherit a file lock: start children with spawn.
    """

    @classmethod
    def for_store(cls, store: Store, lock_dir: Path) -> SlotLock:
        """The lock that fits the database: files for SQLite, advisory locks for PostgreSQL."""
        return _FileLock(lock_dir) if store.is_embedded else _AdvisoryLock(store.url)

    @abstractmethod
    def take(self, slot: int) -> bool:
        """Whether the slot is ours now; does not wait."""

    @abstractmethod
    def release(self, slot: int) -> None:
        """The slot is free; nothing happens when it was not ours."""

    @abstractmethod
    def holds(self, slot: int) -> bool:
        """Whether the slot is still ours, looked up and not remembered."""

    @abstractmethod
    def close(self) -> None:
        """Every slot is free and nothing is left open."""


def is_held(connection: Connection, slot: int) -> bool:
    """Whether a process has the slot now; PostgreSQL only."""
    return bool(connection.execute(_IS_HELD, {"namespace": SLOTS_NAMESPACE, "slot": slot}).scalar())


class _FileLock(SlotLock):
    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._descriptors: dict[int, int] = {}
        self._guard = threading.Lock()

    def take(self, slot: int) -> bool:
        with self._guard:
            if slot in self._descriptors:
                return self._is_the_file(slot)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self._path(slot), flags, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._descriptors[slot] = descriptor
            return True

    def release(self, slot: int) -> None:
        with self._guard:
            descriptor = self._descriptors.pop(slot, None)
            if descriptor is not None:
                os.close(descriptor)

    def holds(self, slot: int) -> bool:
        with self._guard:
            return slot in self._descriptors and self._is_the_file(slot)

    def close(self) -> None:
        for slot in list(self._descriptors):
            self.release(slot)

    def _path(self, slot: int) -> Path:
        return self._folder / f"slot-{slot}.lock"

    def _is_the_file(self, slot: int) -> bool:
        """Whether our lock is on the file others would find; a removed file protects nothing."""
        try:
            found = self._path(slot).stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._descriptors[slot])
        return (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino)


class _AdvisoryLock(SlotLock):
    """Session locks on one connection of their own: it is never reopened behind a held slot."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql")
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._slots: set[int] = set()
        self._guard = threading.Lock()

    def take(self, slot: int) -> bool:
        """Whether the slot is ours now; does not wait.

        Raises:
            PlatformUnavailable: the database cannot be reached.
        """
        with self._guard:
            if slot in self._slots:
                return self._is_alive()
            try:
                taken = self._asked("SELECT pg_try_advisory_lock(%s, %s)", slot)
            except psycopg.Error as error:
                self._drop()
                raise PlatformUnavailable from error
            if taken:
                self._slots.add(slot)
            return taken

    def release(self, slot: int) -> None:
        with self._guard:
            if slot not in self._slots:
                return
            self._slots.discard(slot)
            try:
                self._asked("SELECT pg_advisory_unlock(%s, %s)", slot)
            except psycopg.Error:
                self._drop()

    def holds(self, slot: int) -> bool:
        with self._guard:
            return slot in self._slots and self._is_alive()

    def close(self) -> None:
        with self._guard:
            self._drop()

    def _is_alive(self) -> bool:
        """Whether the connection answers; if not, every slot on it is lost and forgotten."""
        if self._connection is not None:
            try:
                self._connection.execute("SELECT 1").fetchone()
            except psycopg.Error:
                self._drop()
            else:
                return True
        return False

    def _asked(self, question: str, slot: int) -> bool:
        if self._connection is None:
            self._connection = self._connected()
        row = self._connection.execute(question, (SLOTS_NAMESPACE, slot)).fetchone()
        return bool(row and row[0])

    def _connected(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection that notices a silent network after ten seconds."""
        return psycopg.connect(
            self._url.render_as_string(hide_password=False),
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            keepalives_idle=3,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=SILENCE_MS_MAX,
            application_name="opensaldo slot lock",
        )

    def _drop(self) -> None:
        self._slots.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
