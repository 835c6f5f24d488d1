"""How connections to the two databases are opened: drivers, pragmas, pools."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from opensaldo.domain.secret import Secret

BUSY_TIMEOUT_MS = 5000
POOL_TIMEOUT_S = 5
SQLITE_MIN = (3, 42)
WAL_ATTEMPTS_MAX = 100
WAL_ATTEMPT_PAUSE_S = 0.02
_DRIVER_OF_SCHEME = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def parse_url(url: Secret) -> URL:
    """The database's address with the driver we use.

    Raises:
        ValueError: it is neither a file of SQLite by its absolute path nor a PostgreSQL.
    """
    complaint = "database url: expected sqlite:////absolute/path or postgresql://user:pw@host/name"
    try:
        parsed = make_url(url.reveal())
    except (ArgumentError, ValueError):
        raise ValueError(complaint) from None
    driver = _DRIVER_OF_SCHEME.get(parsed.drivername)
    if driver is None or not parsed.database:
        raise ValueError(complaint)
    if driver.startswith("sqlite") and not Path(parsed.database).is_absolute():
        raise ValueError(complaint)
    return parsed.set(drivername=driver)


def check_sqlite() -> None:
    """This Python's SQLite can carry the durable engine.

    DBOS asks SQLite for fractions of seconds, which came with 3.42, when Python is 3.12 or newer.

    Raises:
        ValueError: it cannot; the message says what would.
    """
    if sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < SQLITE_MIN:
        raise ValueError(
            f"this Python brings SQLite {sqlite3.sqlite_version}, and Python 3.12 or newer needs"
            " 3.42 or newer here; use Python 3.11, another build of Python, or PostgreSQL"
        )


def make_private_file(path: Path) -> None:
    """The database file exists and only its owner can read it; SQLite's side files follow it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def sqlite_writer(url: URL) -> Engine:
    """One connection whose transactions begin IMMEDIATE and are on the disk when they commit."""
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=1,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
    )

    @event.listens_for(engine, "connect")
    def prepare(driver: sqlite3.Connection, _record: Any) -> None:
        driver.isolation_level = None
        _set_pragmas(driver, synchronous="FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def sqlite_reader(url: URL) -> Engine:
    """Connections that cannot write and begin nothing by themselves."""
    engine = create_engine(
        url, hide_parameters=True, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )

    @event.listens_for(engine, "connect")
    def prepare(driver: sqlite3.Connection, _record: Any) -> None:
        _set_pragmas(driver, synchronous="FULL")
        driver.execute("PRAGMA query_only=ON")

    return engine


def sqlite_for_workflows(url: URL, pool_size: int) -> Engine:
    """Connections with the driver's usual transactions, for the durable engine's own tables.

    A commit survives the death of the process, not the loss of power: losing one of these
    only repeats a step.
    """
    engine = create_engine(url, hide_parameters=True, pool_size=pool_size, max_overflow=pool_size)

    @event.listens_for(engine, "connect")
    def prepare(driver: sqlite3.Connection, _record: Any) -> None:
        driver.isolation_level = "IMMEDIATE"
        _set_pragmas(driver, synchronous="NORMAL")

    return engine


def postgres_engine(url: URL, pool_size: int) -> Engine:
    """Pooled connections, checked before use; a lock is waited for no longer than on SQLite."""
    engine = postgres_for_workflows(url, pool_size)

    @event.listens_for(engine, "connect")
    def prepare(driver: Any, _record: Any) -> None:
        driver.autocommit = True
        driver.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        driver.autocommit = False

    return engine


def postgres_for_workflows(url: URL, pool_size: int) -> Engine:
    """Pooled connections, checked before use, with the server's own limits."""
    return create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
    )


def _set_pragmas(driver: sqlite3.Connection, *, synchronous: str) -> None:
    driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _enter_wal(driver)
    driver.execute(f"PRAGMA synchronous={synchronous}")
    driver.execute("PRAGMA foreign_keys=ON")
    driver.execute("PRAGMA secure_delete=ON")
    driver.execute("PRAGMA temp_store=MEMORY")


def _enter_wal(driver: sqlite3.Connection) -> None:
    """The file is in WAL mode; SQLite does not wait when two processes switch a new file."""
    for _ in range(WAL_ATTEMPTS_MAX):
        try:
            driver.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(WAL_ATTEMPT_PAUSE_S)
        else:
            return
    driver.execute("PRAGMA journal_mode=WAL")
