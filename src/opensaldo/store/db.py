"""The store's door: one database, its transactions, and the threads that use it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, Engine, Select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection

from opensaldo.domain.secret import Secret
from opensaldo.errors import PlatformUnavailable
from opensaldo.observe import log
from opensaldo.store import engines
from opensaldo.store.conflicts import DefaultImportTaken, IdTaken
from opensaldo.store.point import PointRead
from opensaldo.store.readers import ThreadReaders

__all__ = ["Connection", "DefaultImportTaken", "IdTaken", "Store", "trouble"]

P = ParamSpec("P")
T = TypeVar("T")
WRITER_WAIT_S = 5
SCRUB_WAIT_S = 10
SCRUB_PAUSE_S = 0.05
SCRUB_BUSY_MS = 100  # an attempt holds the writer while it waits for readers: be short
RESHAPE_WAIT_MS = 60_000
MIGRATIONS_LOCK = 0x0_5A1D0
_VACUUM = text("VACUUM documents, commands, redirections, sessions, owners, consents, remembered")
_POINT_READ = text("SELECT count(*) FROM (SELECT 1 FROM clients LIMIT 1) AS one")


class Store:
    """One open database: read, begin, fetch and change are the ways to it.

    `after_change` is called after every commit of this process, in the thread that committed.

    Raises:
        PlatformUnavailable: from any of them, when the database cannot serve; nothing was kept.
    """

    def __init__(self, url: URL, pool_size: int) -> None:
        """Use `open`."""
        self.url = url
        self.is_embedded = url.get_backend_name() == "sqlite"
        self._pool_size = pool_size
        self._writer_turn = threading.Lock()
        self._readers: ThreadReaders | None = None
        self._workflows: Engine | None = None
        self._point_reads: dict[Select[Any], PointRead] = {}
        self.after_change: Callable[[], None] | None = None
        if self.is_embedded:
            engines.check_sqlite()
            engines.make_private_file(Path(url.database or ""))
            self._engine = engines.sqlite_writer(url)
            self._readers = ThreadReaders(engines.sqlite_reader(url))
        else:
            self._engine = engines.postgres_engine(url, pool_size)
        self._snapshots = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._threads = ThreadPoolExecutor(1 if self.is_embedded else pool_size, "store")

    @classmethod
    def open(cls, url: Secret, *, pool_size: int = 8) -> Store:
        """A store on the database at `url`; it connects when it is first used.

        Args:
            url: `sqlite:////absolute/path` or `postgresql://user:password@host/name`.
            pool_size: how many connections, and threads, a PostgreSQL gets.
        """
        return cls(engines.parse_url(url), pool_size)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One write transaction: all of it is kept on the disk when the block ends, or nothing.

        On SQLite it holds the database's only writer from its first line.
        """
        with self._translated(), self._turn(), self._engine.begin() as connection:
            yield connection
        if self.after_change is not None:
            self.after_change()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Everything read inside is of one moment; nothing can be written.

        Do not wait for anything inside: on SQLite an open read keeps the log from being emptied.
        """
        with self._translated():
            if self._readers is not None:
                with self._readers.snapshot() as connection:
                    yield connection
            else:
                with self._snapshots.begin() as connection:
                    yield connection

    async def fetch(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the query finds: inline on SQLite, in a thread on PostgreSQL."""
        if self.is_embedded:
            with self.read() as connection:
                return query(connection, *args, **kwargs)
        return await self._in_thread(
            self.read, lambda connection: query(connection, *args, **kwargs)
        )

    async def point(self, statement: Select[Any], which: Mapping[str, Any]) -> Any | None:
        """The one row of a SELECT with its columns as attributes, None without one.

        The statement is a constant of its module; it is prepared once.
        """
        read = self._point_reads.get(statement)
        if read is None:
            read = self._point_reads[statement] = PointRead(statement, self._engine.dialect)
        if self._readers is not None:
            with self._translated():
                return read.on_driver(self._readers.driver(), which)
        return await self._in_thread(self.read, lambda c: read.on_connection(c, which))

    async def change(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the query returns; its changes are kept. Cancelling the wait does not undo them."""
        return await self.change_with(lambda connection: query(connection, *args, **kwargs))

    async def change_with(self, work: Callable[[Connection], T]) -> T:
        """What the work returns; all its changes are kept together, or none when it raises."""
        return await self._in_thread(self.begin, work)

    def engine_for_workflows(self) -> Engine:
        """The durable engine's own connections to the same database; `close` closes them."""
        if self._workflows is None:
            make = engines.sqlite_for_workflows
            if not self.is_embedded:
                make = engines.postgres_for_workflows
            self._workflows = make(self.url, self._pool_size)
        return self._workflows

    @contextmanager
    def reshape(self) -> Iterator[Connection]:
        """A write transaction for migrations: alone among all processes, tables may be rebuilt.

        On SQLite foreign keys rest meanwhile, because rebuilding a table drops the old one and
        that would delete the rows that point to it.
        """
        with self._translated(), self._turn(), self._engine.connect() as connection:
            if self.is_embedded:
                with _resting_foreign_keys(connection), connection.begin():
                    yield connection
            else:
                with connection.begin():
                    connection.execute(text("SET LOCAL lock_timeout = 0"))
                    connection.execute(
                        text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATIONS_LOCK}
                    )
                    yield connection

    def scrub(self) -> None:
        """Deleted rows' bytes are gone from our files.

        SQLite: freed space is zeroed on deletion, the write-ahead log is emptied here. PostgreSQL:
        dead rows are vacuumed; copies in its log and backups die with the day's key.

        Raises:
            PlatformUnavailable: a reader held the log for too long; try again.
        """
        if self.is_embedded:
            self._empty_log()
            return
        vacuuming = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._translated(), vacuuming.connect() as connection:
            connection.execute(_VACUUM)

    def is_serving(self) -> bool:
        """Whether a point read works."""
        try:
            with self.read() as connection:
                connection.execute(_POINT_READ)
        except (PlatformUnavailable, SQLAlchemyError):
            return False
        return True

    def close(self) -> None:
        """Work under way is finished; every connection is closed."""
        self._threads.shutdown(wait=True)
        if self._readers is not None:
            self._readers.close()
        if self._workflows is not None:
            self._workflows.dispose()
        self._engine.dispose()

    def _empty_log(self) -> None:
        deadline = time.monotonic() + SCRUB_WAIT_S
        while not self._log_emptied():
            if time.monotonic() > deadline:
                raise PlatformUnavailable
            time.sleep(SCRUB_PAUSE_S)

    def _log_emptied(self) -> bool:
        """Whether SQLite's write-ahead log could be written back and cut to nothing."""
        with self._turn(), closing(self._engine.raw_connection()) as held:
            driver = _driver(held)
            driver.execute(f"PRAGMA busy_timeout={SCRUB_BUSY_MS}")
            try:
                busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                driver.execute(f"PRAGMA busy_timeout={engines.BUSY_TIMEOUT_MS}")
            return not busy

    async def _in_thread(
        self,
        transaction: Callable[[], AbstractContextManager[Connection]],
        work: Callable[[Connection], T],
    ) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(_run, transaction, work))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """On SQLite this process's writers stand in line, instead of polling for the file lock."""
        if not self.is_embedded:
            yield
            return
        if not self._writer_turn.acquire(timeout=WRITER_WAIT_S):
            raise PlatformUnavailable
        try:
            yield
        finally:
            self._writer_turn.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """A database that cannot serve is said in our own words; other errors pass."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.DatabaseError) as error:
            if not _cannot_serve(error):
                raise
            log.warning("database cannot serve", code=_code(error))
            raise PlatformUnavailable from error


def _cannot_serve(error: Exception) -> bool:
    """Whether the database is at fault, not what was asked of it; a damaged SQLite file counts."""
    if isinstance(error, PoolTimeout):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    driver = error.orig if isinstance(error, DBAPIError) else error
    damaged = type(driver) is sqlite3.DatabaseError
    return damaged or isinstance(error, OperationalError | sqlite3.OperationalError)


def _code(error: Exception) -> str:
    """What the driver calls the trouble, in its own code: SQLITE_FULL, 53100."""
    driver = getattr(error, "orig", error)
    for name in ("sqlite_errorname", "sqlstate"):
        if code := getattr(driver, name, None):
            return str(code)
    return type(driver).__name__


def trouble(error: PlatformUnavailable) -> str:
    """The first line of what the database said, for the operator's own eyes only."""
    said = str(getattr(error.__cause__, "orig", error.__cause__) or "it did not answer in time")
    return said.strip().splitlines()[0]


def _run(
    transaction: Callable[[], AbstractContextManager[Connection]], work: Callable[[Connection], T]
) -> T:
    with transaction() as connection:
        return work(connection)


@contextmanager
def _resting_foreign_keys(connection: Connection) -> Iterator[None]:
    driver = _driver(connection.connection)
    driver.execute("PRAGMA foreign_keys=OFF")
    driver.execute(f"PRAGMA busy_timeout={RESHAPE_WAIT_MS}")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.execute(f"PRAGMA busy_timeout={engines.BUSY_TIMEOUT_MS}")


def _driver(held: PoolProxiedConnection) -> sqlite3.Connection:
    """The driver's own connection, for what may not run inside a transaction."""
    return cast("sqlite3.Connection", held.driver_connection)
