"""The store's door: transactions, snapshots, threads and what is said when it cannot serve."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from opensaldo.domain.client import Client, Environment
from opensaldo.domain.secret import Secret
from opensaldo.errors import PlatformUnavailable
from opensaldo.store import db
from opensaldo.store.db import Store
from opensaldo.store.queries import clients

NEW = Client(id="new-test", environment=Environment.TEST, legal_name="New")


@pytest.fixture
def embedded(tmp_path):
    with closing(Store.open(Secret(f"sqlite:///{tmp_path}/opensaldo.db"))) as store:
        with store.begin() as connection:
            connection.execute(text("CREATE TABLE clients (id TEXT)"))
        yield store


def test_a_transaction_that_raises_keeps_nothing(store, clock):
    with contextlib.suppress(ZeroDivisionError), store.begin() as c:
        clients.insert_client(c, NEW, clock())
        raise ZeroDivisionError
    with store.read() as c:
        assert clients.client_by_id(c, NEW.id) is None


def test_a_read_sees_one_moment(store, clock):
    with store.read() as c, ThreadPoolExecutor(1) as elsewhere:
        before = clients.all_clients(c)

        def add() -> None:
            with store.begin() as writer:
                clients.insert_client(writer, NEW, clock())

        elsewhere.submit(add).result()
        assert clients.all_clients(c) == before
    with store.read() as c:
        assert clients.client_by_id(c, NEW.id) == NEW


def test_a_read_inside_a_read_sees_the_same_moment(embedded):
    count = text("SELECT count(*) FROM clients")
    with embedded.read() as outer:
        assert outer.execute(count).scalar_one() == 0
        with embedded.begin() as writer:
            writer.execute(text("INSERT INTO clients VALUES ('x')"))
        with embedded.read() as inner:
            assert inner.execute(count).scalar_one() == 0
        assert outer.execute(count).scalar_one() == 0
    with embedded.read() as later:
        assert later.execute(count).scalar_one() == 1


def test_a_read_cannot_write(store, clock):
    with pytest.raises((PlatformUnavailable, DBAPIError)), store.read() as c:
        clients.insert_client(c, NEW, clock())
    with store.read() as c:
        assert clients.client_by_id(c, NEW.id) is None


def test_fetch_and_change_work_from_a_coroutine(store, clock):
    async def work() -> Client | None:
        await store.change(clients.insert_client, NEW, clock())
        await store.change_with(lambda c: clients.set_poll_requires_session(c, NEW.id, True))
        return await store.fetch(clients.client_by_id, NEW.id)

    found = asyncio.run(work())
    assert found is not None
    assert found.poll_requires_session


def test_fetch_is_inline_on_sqlite_only(store):
    async def work() -> tuple[int, int]:
        return (
            await store.fetch(lambda _: threading.get_ident()),
            await store.change_with(lambda _: threading.get_ident()),
        )

    reader, writer = asyncio.run(work())
    assert (reader == threading.get_ident()) == store.is_embedded
    assert writer != threading.get_ident()


def test_many_threads_write_and_read_at_once(store, clock):
    def add(number: int) -> None:
        with store.begin() as c:
            clients.allow(c, "acme-test", f"10.0.0.{number}")
        with store.read() as c:
            assert f"10.0.0.{number}" in clients.networks_of(c, "acme-test")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(64)))
    with store.read() as c:
        assert len(clients.networks_of(c, "acme-test")) == 64


def test_the_workflows_engine_shares_the_database(store):
    engine = store.engine_for_workflows()
    assert store.engine_for_workflows() is engine
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
        connection.execute(text("INSERT INTO theirs VALUES (1)"))
    with store.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM theirs")).scalar_one() == 1


def test_a_violated_reference_is_no_taken_id(store, clock):
    with pytest.raises(IntegrityError), store.begin() as c:
        clients.allow(c, "nobody", "10.0.0.0/8")


def test_errors_of_the_database_show_no_values(store):
    with pytest.raises(IntegrityError) as caught, store.begin() as c:
        clients.allow(c, "secret-of-somebody", "10.0.0.0/8")
    said = str(caught.value).split("DETAIL")[0]
    assert "secret-of-somebody" not in said
    assert "10.0.0.0/8" not in said


def test_pragmas_hold_on_every_connection(embedded):
    expected = {"journal_mode": "wal", "busy_timeout": 5000, "foreign_keys": 1, "secure_delete": 1}
    opened = {"FULL": embedded.begin(), "NORMAL": embedded.engine_for_workflows().connect()}
    for name, opening in opened.items():
        with opening as connection:
            said = {
                pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
                for pragma in (*expected, "synchronous")
            }
            assert said == expected | {"synchronous": {"FULL": 2, "NORMAL": 1}[name]}
    with embedded.read() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA query_only").scalar_one() == 1


def test_the_database_file_is_the_owners_alone(embedded, tmp_path):
    with embedded.read():
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("opensaldo.db*")}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


def test_scrub_empties_the_log_even_after_reads(embedded, tmp_path):
    with embedded.begin() as c:
        c.execute(text("INSERT INTO clients VALUES ('x')"))
    with embedded.read() as c:
        c.execute(text("SELECT * FROM clients"))
    assert (tmp_path / "opensaldo.db-wal").stat().st_size > 0
    embedded.scrub()
    assert (tmp_path / "opensaldo.db-wal").stat().st_size == 0


def test_scrub_waits_for_a_reader_and_says_so_when_it_stays(embedded, monkeypatch):
    monkeypatch.setattr(db, "SCRUB_WAIT_S", 0.4)
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        with embedded.read() as c:
            c.execute(text("SELECT * FROM clients")).all()
            reading.set()
            done.wait(timeout=30)

    with ThreadPoolExecutor(1) as elsewhere:
        held = elsewhere.submit(read)
        reading.wait(timeout=30)
        with embedded.begin() as c:
            c.execute(text("INSERT INTO clients VALUES ('x')"))
        with pytest.raises(PlatformUnavailable):
            embedded.scrub()
        done.set()
        held.result()
    embedded.scrub()


def test_a_writer_that_waits_too_long_is_told_to_come_back(embedded, monkeypatch):
    monkeypatch.setattr(db, "WRITER_WAIT_S", 0.05)
    with embedded.begin(), ThreadPoolExecutor(1) as elsewhere:
        waiting = elsewhere.submit(lambda: embedded.begin().__enter__())
        assert isinstance(waiting.exception(), PlatformUnavailable)


def test_connections_of_dead_threads_are_closed(embedded):
    for _ in range(5):
        with ThreadPoolExecutor(1) as thread:
            thread.submit(embedded.is_serving).result()
    with embedded.read():
        assert embedded._readers is not None
        assert len(embedded._readers._all) <= 2


def test_a_store_that_cannot_serve_says_so(tmp_path, request):
    nowhere = "postgresql://nobody@/none?host=/nonexistent&connect_timeout=1"
    with closing(Store.open(Secret(nowhere))) as store:
        assert not store.is_serving()
        with pytest.raises(PlatformUnavailable), store.begin():
            pass
    (tmp_path / "broken.db").write_bytes(b"not a database" * 100)
    with closing(Store.open(Secret(f"sqlite:///{tmp_path}/broken.db"))) as store:
        assert not store.is_serving()


def test_a_full_disk_is_logged_by_its_code(embedded):
    def fill() -> None:
        with embedded.begin() as connection:
            connection.execute(text("PRAGMA max_page_count = 1"))
            connection.execute(text("INSERT INTO clients VALUES (hex(zeroblob(65536)))"))

    with structlog.testing.capture_logs() as lines, pytest.raises(PlatformUnavailable) as refused:
        fill()
    (line,) = lines
    assert (line["event"], line["code"]) == ("database cannot serve", "SQLITE_FULL")
    assert db.trouble(refused.value) == "database or disk is full"


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite:///relative.db", "mysql://u:hidden@h/d", "hidden", "postgres://h"],
)
def test_an_unusable_address_is_refused_without_being_shown(url):
    with pytest.raises(ValueError, match="expected sqlite") as caught:
        Store.open(Secret(url))
    assert "hidden" not in str(caught.value)


def test_reads_are_cheap_enough_to_run_inline(embedded):
    assert embedded.is_serving()
    began = time.thread_time()
    for _ in range(1000):
        with embedded.read():
            pass
    assert (time.thread_time() - began) / 1000 < 0.000_5  # 0.004 ms measured


def test_the_folder_of_the_database_is_made(tmp_path: Path):
    with closing(Store.open(Secret(f"sqlite:///{tmp_path}/a/b/opensaldo.db"))) as store:
        assert not store.is_serving()
    assert (tmp_path / "a/b/opensaldo.db").exists()
