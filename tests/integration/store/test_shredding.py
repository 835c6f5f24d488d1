"""Shredding: what was erased or due is in no file of ours, and no copy of it can be opened.

The raw files are read before and after, so the test fails when it looks in the wrong place.
"""

from __future__ import annotations

import random
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from opensaldo.domain.client import Client, Environment
from opensaldo.domain.command import CommandName
from opensaldo.domain.secret import Secret
from opensaldo.domain.session import Redirection, RedirectionState
from opensaldo.store.db import Store
from opensaldo.store.queries import (
    commands,
    documents,
    owners,
    redirections,
    retention,
    sessions,
)
from opensaldo.store.queries.retention import Erased
from opensaldo.store.vault import KeyDestroyed

TEST = Environment.TEST
OWNER = "loan-7781-of-a-very-recognisable-person"
PREFIX_BYTES = 64


def raw_bytes(folder: Path) -> bytes:
    """All bytes of the database's files: the database, its log and its index of the log."""
    files = sorted(folder.glob("opensaldo.db*"))
    assert {file.name for file in files} == {
        "opensaldo.db",
        "opensaldo.db-wal",
        "opensaldo.db-shm",
    }
    return b"".join(file.read_bytes() for file in files)


def traces_of(store, kept, owner=OWNER) -> dict[str, bytes]:
    """What must be nowhere afterwards, by name."""
    with store.read() as c:
        wrapped = sessions.key_of(c, kept.session.id)
        access = sessions.sealed_access(c, kept.session.id)
    traces = {
        "owner": owner.encode(),
        "wrapped key": wrapped.wrapped,
        "start": kept.sealed[:PREFIX_BYTES],
        "middle": kept.sealed[len(kept.sealed) // 2 :][:PREFIX_BYTES],
        "end": kept.sealed[-PREFIX_BYTES:],
    }
    return traces | ({"access": access} if access else {})


def found(traces, raw):
    return sorted(name for name, trace in traces.items() if trace in raw)


@pytest.fixture(params=["sqlite"])
def database_url(request, tmp_path):
    """These laws are about SQLite's own files, unless a test says otherwise."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/opensaldo.db"
    return request.getfixturevalue("postgres_cluster").fresh_database()


both = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


# --- the files of SQLite ---------------------------------------------------------------------
@pytest.mark.parametrize("size", [50, 3_000, 60_000])
def test_after_erasure_and_scrub_the_files_hold_no_trace(store, make_import, tmp_path, size):
    noise = random.Random(size).randbytes(size)
    kept = make_import(clear=noise, ended=False)
    traces = traces_of(store, kept)
    assert found(traces, raw_bytes(tmp_path)) == sorted(traces)
    with store.begin() as c:
        owners.erase_owner(c, "acme-test", TEST, OWNER)
    store.scrub()
    assert found(traces, raw_bytes(tmp_path)) == []


def test_erasure_without_scrub_leaves_traces_in_the_log(store, make_import, tmp_path):
    traces = traces_of(store, make_import())
    with store.begin() as c:
        owners.erase_owner(c, "acme-test", TEST, OWNER)
    assert found(traces, raw_bytes(tmp_path)) != []


@pytest.mark.parametrize("seed", range(4))
def test_one_owner_among_many_leaves_no_trace_and_the_others_stay(
    store, vault, clock, make_import, tmp_path, seed
):
    dice = random.Random(seed)
    kept = {}
    for number in range(40):
        clock.advance(seconds=1)
        owner = f"{OWNER}-{number:03d}"
        size = dice.choice([20, 300, 2_000, 9_000])
        kept[owner] = make_import(number, owner=owner, clear=dice.randbytes(size))
    store.scrub()
    traces = {owner: traces_of(store, each, owner) for owner, each in kept.items()}
    gone = dice.sample(sorted(kept), 15)
    for owner in gone:
        with store.begin() as c:
            owners.erase_owner(c, "acme-test", TEST, owner)
    store.scrub()
    raw = raw_bytes(tmp_path)
    assert {owner: found(traces[owner], raw) for owner in gone} == {owner: [] for owner in gone}
    for owner in kept.keys() - set(gone):
        with store.read() as c:
            (row,) = documents.documents_of_owner(c, "acme-test", TEST, owner, "holdings")
        assert vault.open_sealed(vault.unwrap(row.key), row.sealed, row.command_id)


def test_after_retention_and_scrub_the_files_hold_no_trace(store, clock, make_import, tmp_path):
    traces = traces_of(store, make_import())
    with store.begin() as c:
        retention.delete_due(c, clock.advance(hours=24))
    store.scrub()
    assert found(traces, raw_bytes(tmp_path)) == []


def test_scrub_reaches_what_the_workflows_engine_wrote(store, tmp_path):
    engine = store.engine_for_workflows()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER, note TEXT)"))
        connection.execute(text("INSERT INTO theirs VALUES (1, :note)"), {"note": OWNER})
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM theirs"))
    with engine.connect() as idle:
        idle.execute(text("SELECT * FROM theirs")).all()
        assert OWNER.encode() in raw_bytes(tmp_path)
        store.scrub()
    assert OWNER.encode() not in raw_bytes(tmp_path)


# --- what the rows say, on both databases ----------------------------------------------------
@both
def test_erasure_takes_everything_of_one_owner_and_nothing_of_others(
    store, vault, clock, make_import, make_session, make_command
):
    kept = make_import(1)
    other = make_import(2, owner="someone else")
    live, _ = make_session("50100009", owner=OWNER)
    running = make_command(live, "701000009", name=CommandName.SIGN_OUT)
    with store.begin() as c:
        erased = owners.erase_owner(c, "acme-test", TEST, OWNER)
        again = owners.erase_owner(c, "acme-test", TEST, OWNER)
        assert erased == Erased(documents=2, commands=1, sessions=2, owners=1)
        assert again == Erased()
        assert commands.command_by_id(c, kept.command.id) is None
        assert commands.command_by_id(c, running.id) is not None
        assert documents.document_of(c, kept.command.id, "holdings") is None
        assert owners.owner_of(c, "acme-test", TEST, OWNER) is None
        for session_id in (kept.session.id, live.id):
            assert sessions.key_of(c, session_id) is None
            assert sessions.sealed_access(c, session_id) is None
            session = sessions.session_of(c, session_id, "acme-test", TEST)
            assert (session.state, session.owner_external_id) == ("ended", None)
        assert documents.document_of(c, other.command.id, "holdings") == other.sealed
        assert owners.owner_of(c, "acme-test", TEST, "someone else") is not None


@both
def test_the_same_external_id_of_another_client_is_another_owner(store, make_import):
    other = Client(id="other-test", environment=TEST, legal_name="Other")
    make_import(1)
    kept = make_import(2, client=other)
    with store.begin() as c:
        owners.erase_owner(c, "acme-test", TEST, OWNER)
        assert documents.document_of(c, kept.command.id, "holdings") == kept.sealed
        assert owners.owner_of(c, "other-test", TEST, OWNER) is not None


@both
def test_nothing_goes_before_it_is_due(store, clock, make_import):
    kept = make_import()
    with store.begin() as c:
        early = retention.delete_due(c, clock.advance(hours=24) - timedelta(microseconds=1))
        assert early == Erased()
        assert documents.document_of(c, kept.command.id, "holdings") == kept.sealed
        due = retention.delete_due(c, clock())
        assert due == Erased(documents=2, commands=1, sessions=1, owners=1)
        assert retention.delete_due(c, clock()) == Erased()
        assert commands.command_by_id(c, kept.command.id) is None
        assert owners.owner_of(c, "acme-test", TEST, OWNER) is None
        session = sessions.session_of(c, kept.session.id, "acme-test", TEST)
        assert session.owner_external_id is None


@both
def test_what_is_kept_longer_keeps_its_key_its_command_and_its_owner(
    store, vault, clock, make_import
):
    kept = make_import(1, kept_hours=72)
    make_import(2)
    with store.begin() as c:
        erased = retention.delete_due(c, clock.advance(hours=48))
        assert erased == Erased(documents=2, commands=1, sessions=1)
        (row,) = documents.documents_of_owner(c, "acme-test", TEST, OWNER, "holdings")
        assert row.command_id == kept.command.id
        assert commands.command_by_id(c, kept.command.id) is not None
    vault.unwrap(row.key)


@both
def test_a_live_or_busy_session_keeps_its_key(store, clock, make_session, make_command):
    live, _ = make_session("50100001")
    busy, _ = make_session("50100002")
    idle, _ = make_session("50100003")
    make_command(busy)
    with store.begin() as c:
        for session in (busy, idle):
            sessions.end(c, session.id, clock())
        assert retention.delete_due(c, clock.advance(hours=48)).sessions == 1
        assert sessions.key_of(c, live.id) is not None
        assert sessions.key_of(c, busy.id) is not None
        assert sessions.key_of(c, idle.id) is None


@both
def test_a_sign_in_nobody_finished_is_forgotten(store, clock, make_session):
    session, _ = make_session(signed_in=False)
    redirection = Redirection(
        id="6c802c6c50268620ce8fed860acb4bdd",
        session_id=session.id,
        client_id="acme-test",
        environment=TEST,
        state=RedirectionState.PENDING,
        created_at=clock(),
        expires_at=clock() + timedelta(hours=1),
        client_identity="somebody",
    )
    with store.begin() as c:
        redirections.insert_redirection(c, redirection)
        redirections.keep_sca(c, redirection.id, b"state")
        retention.delete_due(c, clock.advance(hours=1))
        assert redirections.sealed_sca(c, redirection.id) is None
        assert redirections.redirection_by_id(c, redirection.id).client_identity is None
        assert sessions.key_of(c, session.id) is not None
        erased = retention.delete_due(c, clock.advance(hours=24))
        assert erased == Erased(sessions=1, redirections=1)
        assert sessions.key_of(c, session.id) is None
        assert sessions.session_of(c, session.id, "acme-test", TEST).state == "ended"


@both
def test_after_retention_the_days_key_goes_and_no_copy_can_be_opened(
    store, vault, clock, make_import
):
    kept = make_import()
    with store.read() as c:
        backup = sessions.key_of(c, kept.session.id)
        assert retention.keys_in_use(c) == {20260302}
    clock.advance(hours=23)
    assert vault.destroy_spent({20260302}) == ()
    with store.begin() as c:
        retention.delete_due(c, clock.advance(hours=1))
        in_use = retention.keys_in_use(c)
    assert in_use == frozenset()
    assert vault.destroy_spent(in_use) == (20260302,)
    with pytest.raises(KeyDestroyed):
        vault.unwrap(backup)


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_scrub_vacuums_what_was_deleted_on_postgres(store, database_url, make_import):
    make_import()
    with store.begin() as c:
        owners.erase_owner(c, "acme-test", TEST, OWNER)
    store.scrub()
    with closing(psycopg.connect(database_url, autocommit=True)) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        (vacuumed,) = connection.execute(
            "SELECT count(*) FROM pg_stat_user_tables"
            " WHERE relname IN ('documents', 'sessions', 'owners') AND vacuum_count > 0"
        ).fetchone()
    assert vacuumed == 3


def test_the_trace_test_can_fail(tmp_path, store, make_import):
    """With secure deletion off the ciphertext stays in the file: the laws above see that."""
    traces = traces_of(store, make_import(clear=random.Random(1).randbytes(60_000)))
    store.scrub()
    with store.begin() as c:
        c.connection.driver_connection.execute("PRAGMA secure_delete=OFF")
        owners.erase_owner(c, "acme-test", TEST, OWNER)
    with store.begin() as c:
        c.connection.driver_connection.execute("PRAGMA secure_delete=ON")
    store.scrub()
    assert "middle" in found(traces, raw_bytes(tmp_path))


def test_a_reopened_store_still_deletes_securely(store, tmp_path, make_import):
    traces = traces_of(store, make_import())
    store.close()
    with closing(Store.open(Secret(f"sqlite:///{tmp_path}/opensaldo.db"))) as reopened:
        with reopened.begin() as c:
            owners.erase_owner(c, "acme-test", TEST, OWNER)
        reopened.scrub()
        assert found(traces, raw_bytes(tmp_path)) == []
