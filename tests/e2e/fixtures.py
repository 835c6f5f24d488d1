"""Fixtures of every test that needs the whole: a bank, a platform, a clock, clients.

The durable engine is one a process, so one platform runs at a time: `Houses` keeps it for the next
test with the same settings and replaces it for one with others. Tests do not share clients.
"""

from __future__ import annotations

import logging
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import pytest
import structlog

from opensaldo.domain.client import Product
from opensaldo.observe import configure_logs
from tests.e2e.checked import CheckedApi
from tests.support.bank import Bank, running_bank
from tests.support.clock import NOON, SettableClock
from tests.support.platform import PlatformThread, platform_thread
from tests.support.postgres import Cluster

__all__ = [
    "DATABASES",
    "World",
    "api",
    "bank",
    "clock",
    "cluster",
    "database",
    "houses",
    "leave_before_others",
    "of_this_process",
    "settings",
    "world",
]

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@dataclass(frozen=True, kw_only=True)
class World:
    """A platform on one database, the bank behind it, and the clock both go by."""

    bank: Bank
    clock: SettableClock
    house: PlatformThread
    folder: Path
    database_url: str

    @property
    def address(self) -> str:
        return self.house.address

    def client(
        self, *products: Product, production: bool = False, network: str = "127.0.0.1"
    ) -> CheckedApi:
        """A client nobody has used before, whose every reply is checked."""
        client_id = f"t-{uuid.uuid4().hex[:8]}" + ("" if production else "-test")
        made = self.house.api(client_id, *products, network=network)
        return CheckedApi(made.address, made.key, client_id=client_id)

    def another_key(self, api: CheckedApi) -> CheckedApi:
        """The same client with a second live key."""
        made = self.house.api(api.client_id)
        return CheckedApi(made.address, made.key, client_id=api.client_id)

    def later(self, **more: float) -> None:
        """It is later, at the platform and at the bank."""
        self.bank.stop_clock(self.clock.advance(**more))


@dataclass
class Houses:
    """The one platform of this process, and the one bank."""

    clock: SettableClock = field(default_factory=SettableClock)
    log_stream: TextIO | None = None
    _bank: Bank | None = None
    _world: World | None = None
    _asked: object = None
    _house: ExitStack = field(default_factory=ExitStack)
    _street: ExitStack = field(default_factory=ExitStack)

    def bank(self) -> Bank:
        """The bank, as it was at its start, at noon."""
        if self._bank is None:
            folder = self._street.enter_context(tempfile.TemporaryDirectory(prefix="bank-"))
            self._bank = self._street.enter_context(running_bank(Path(folder)))
        self._bank.reset()
        self._bank.stop_clock(NOON)
        self.clock.set(NOON)
        return self._bank

    def world(self, database: str, cluster: Callable[[], Cluster], **settings: Any) -> World:
        """A platform with these settings on this kind of database; a running one is kept."""
        bank = self.bank()
        asked = (database, settings)
        if self._world is None or self._asked != asked:
            self._house.close()
            self._asked, self._world = asked, None
            self._world = self._built(bank, database, cluster, settings)
        return self._world

    def _built(
        self, bank: Bank, database: str, cluster: Callable[[], Cluster], settings: dict[str, Any]
    ) -> World:
        self._house.enter_context(_logs_to(self.log_stream))
        folder = Path(self._house.enter_context(tempfile.TemporaryDirectory(prefix="house-")))
        url = f"sqlite:///{folder}/data/opensaldo.db"
        if database == "postgresql":
            url = cluster().fresh_database()
            self._house.callback(cluster().drop_database, url.split("@/")[1].split("?")[0])
        running = platform_thread(
            folder, bank.url, clock=self.clock, **{"DATABASE_URL": url, **settings}
        )
        house = self._house.enter_context(running)
        return World(bank=bank, clock=self.clock, house=house, folder=folder, database_url=url)

    def leave(self) -> None:
        """No platform runs any more; the next test starts one."""
        self._world = None
        self._house.close()

    def close(self) -> None:
        """Nothing runs any more; the next test starts anew."""
        self.leave()
        self._bank = None
        self._street.close()


@cache
def of_this_process() -> Houses:
    """The one holder; who opens it without the fixture closes it."""
    return Houses()


@contextmanager
def _logs_to(stream: TextIO | None) -> Iterator[None]:
    """Everything is logged there, or nothing anywhere; afterwards logging is as it was."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = [*root.handlers], root.level
    configure_logs("CRITICAL" if stream is None else "DEBUG", stream)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**before)


def leave_before_others(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """No platform runs, and logs, beside tests that need none; call it after each test."""
    del item
    if "houses" not in getattr(nextitem, "fixturenames", ()):
        of_this_process().leave()


@pytest.fixture(scope="session")
def houses() -> Iterator[Houses]:
    """The holder of the one platform."""
    yield of_this_process()
    of_this_process().close()


@pytest.fixture(scope="session")
def cluster(postgres_cluster: Cluster, houses: Houses) -> Iterator[Cluster]:
    """A PostgreSQL that no platform outlives."""
    yield postgres_cluster
    houses.leave()


@pytest.fixture
def bank(houses: Houses) -> Bank:
    """The bank at noon, nothing planned, nobody known."""
    return houses.bank()


@pytest.fixture
def clock(houses: Houses) -> SettableClock:
    """The platform's clock, at noon."""
    houses.clock.set(NOON)
    return houses.clock


@pytest.fixture(scope="module")
def database() -> str:
    """The kind of database; a module that is about both overrides this with `DATABASES`."""
    return "sqlite"


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    """The platform's settings; a module that needs others overrides this."""
    return {}


@pytest.fixture
def world(
    request: pytest.FixtureRequest, houses: Houses, database: str, settings: dict[str, Any]
) -> World:
    """A platform with this module's settings, at noon."""
    return houses.world(database, lambda: request.getfixturevalue("cluster"), **settings)


@pytest.fixture
def api(world: World) -> CheckedApi:
    """A fresh TEST client of the platform."""
    return world.client()
