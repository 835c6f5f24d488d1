"""Slots: one holder each, over all processes; free when the holder dies, however it dies."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import psycopg
import pytest

from opensaldo.domain.secret import Secret
from opensaldo.errors import PlatformUnavailable
from opensaldo.store.db import Store
from opensaldo.store.lock import SlotLock

HOLD = """
import sys, time
from pathlib import Path
from opensaldo.domain.secret import Secret
from opensaldo.store.db import Store
from opensaldo.store.lock import SlotLock
lock = SlotLock.for_store(Store.open(Secret(sys.argv[1])), Path(sys.argv[2]))
print(lock.take(3), flush=True)
time.sleep(60)
"""


@contextmanager
def holder(url, folder):
    """A process that has tried to take slot 3 and says whether it did; killed afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, url, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip() == "True"
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def make_lock(database_url, tmp_path):
    with contextlib.ExitStack() as stack:

        def make() -> SlotLock:
            store = stack.enter_context(closing(Store.open(Secret(database_url))))
            return stack.enter_context(closing(SlotLock.for_store(store, tmp_path / "locks")))

        yield make


def test_a_slot_has_one_holder(make_lock):
    first, second = make_lock(), make_lock()
    assert first.take(0)
    assert first.take(0)
    assert not second.take(0)
    assert second.take(1)
    assert (first.holds(0), first.holds(1), second.holds(0), second.holds(1)) == (
        True,
        False,
        False,
        True,
    )


def test_a_released_slot_is_free(make_lock):
    first, second = make_lock(), make_lock()
    assert first.take(0)
    first.release(0)
    first.release(0)
    assert not first.holds(0)
    assert second.take(0)


def test_closing_frees_every_slot_and_the_lock_can_be_used_again(make_lock):
    first, second = make_lock(), make_lock()
    assert first.take(0)
    assert first.take(1)
    first.close()
    assert second.take(0)
    assert first.take(1)


def test_another_processs_slot_is_not_ours_until_it_is_killed(make_lock, database_url, tmp_path):
    lock = make_lock()
    with holder(database_url, tmp_path / "locks") as (process, took_it):
        assert took_it
        assert not lock.take(3)
        process.kill()
        process.wait()
        assert _soon(lambda: lock.take(3))
        with holder(database_url, tmp_path / "locks") as (_, took_it_too):
            assert not took_it_too
    assert lock.holds(3)


@pytest.mark.postgres
def test_a_lost_connection_is_a_lost_lock(postgres_cluster, tmp_path):
    url = postgres_cluster.fresh_database()
    with (
        closing(Store.open(Secret(url))) as store,
        closing(SlotLock.for_store(store, tmp_path)) as lock,
    ):
        assert lock.take(0)
        assert lock.take(1)
        _terminate_lock_connections(url)
        assert not lock.holds(0)
        assert not lock.holds(1)
        assert lock.take(0)
        assert lock.holds(0)
        assert not lock.holds(1)


@pytest.mark.postgres
def test_taking_again_notices_the_loss(postgres_cluster, tmp_path):
    url = postgres_cluster.fresh_database()
    with (
        closing(Store.open(Secret(url))) as store,
        closing(SlotLock.for_store(store, tmp_path)) as lock,
    ):
        assert lock.take(0)
        _terminate_lock_connections(url)
        assert not lock.take(0)
        assert lock.take(0)
        _terminate_lock_connections(url)
        lock.release(0)
        assert not lock.holds(0)


def test_a_removed_lock_file_protects_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/opensaldo.db"
    with (
        closing(Store.open(Secret(url))) as store,
        closing(SlotLock.for_store(store, tmp_path)) as lock,
    ):
        assert lock.take(0)
        (tmp_path / "slot-0.lock").unlink()
        assert not lock.holds(0)
        assert not lock.take(0)


def test_a_database_out_of_reach_is_said_plainly(tmp_path):
    nowhere = "postgresql://nobody@/none?host=/nonexistent"
    with closing(Store.open(Secret(nowhere))) as store, pytest.raises(PlatformUnavailable):
        SlotLock.for_store(store, tmp_path).take(0)


def _terminate_lock_connections(url):
    """The connections that hold locks are gone from the server."""
    ours = "application_name = 'opensaldo slot lock' AND datname = current_database()"
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
        left = f"SELECT count(*) FROM pg_stat_activity WHERE {ours}"
        assert _soon(lambda: connection.execute(left).fetchone() == (0,))


def _soon(question, seconds=30):
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return answer
