"""Fixtures that every level of tests shares."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

from opensaldo.domain.secret import Secret
from opensaldo.store.db import Store
from opensaldo.store.migrate import migrate
from tests.support.clock import SettableClock
from tests.support.postgres import HOW_TO_GET_IT, Cluster, find_postgres, temporary_cluster

# The same examples in every run, and no clock: a slow machine is no fault of the code.
settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")

# Started in the background the tests, and so their programs, would not hear Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

COLLECT_AFTER_OBJECTS = 20_000  # as a server does it, see cli/serve.py


def pytest_collection_finish() -> None:
    """What was loaded for all tests is never looked through again, and garbage less often.

    A full collection among thousands of tests takes 0.4 s, of whichever test it falls into.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as `opensaldo migrate` leaves it; tests copy it, since making it takes 150 ms."""
    path = tmp_path_factory.mktemp("migrated") / "opensaldo.db"
    with closing(Store.open(Secret(f"sqlite:///{path}"))) as store:
        migrate(store)
    return path


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this test process's own, started by the first test that asks for it."""
    if find_postgres() is None:
        pytest.skip(HOW_TO_GET_IT)
    with temporary_cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/opensaldo.db"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.fresh_database()
    yield url
    cluster.drop_database(url.split("@/")[1].split("?")[0])


@pytest.fixture
def clock() -> SettableClock:
    """A clock that only the test moves."""
    return SettableClock()
