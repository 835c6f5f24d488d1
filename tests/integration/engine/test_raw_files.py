"""The database's files: ciphertext while data is kept, nothing afterwards, no word in clear."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from psycopg import sql

from tests.e2e.checked import CheckedApi, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.integration.engine.kept import Kept, found, is_gone, kept, purged
from tests.support.postgres import Cluster

__all__ = ["kept"]

CLEAR_TAGS = ("name", "address", "iban", "polishPesel", "title", "party", "partyIban")
BENCH_LOGIN = "bench-2x9"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def sqlite_files(world: World) -> bytes:
    """All bytes of the database's files, its log included."""
    files = sorted((world.folder / "data").rglob("opensaldo.db*"))
    assert files
    return b"".join(file.read_bytes() for file in files)


def postgres_files(world: World, cluster: Cluster) -> bytes:
    """All bytes of the cluster's tables and of its write-ahead log."""
    with closing(psycopg.connect(world.database_url, autocommit=True)) as connection:
        connection.execute("CHECKPOINT")
    folders = [cluster.folder / "data" / name for name in ("base", "pg_wal")]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return b"".join(file.read_bytes() for file in files)


def every_row(url: str) -> bytes:
    """Every row of every table of a PostgreSQL database, as text; bytes are in hex."""
    tables = sql.SQL("SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|inf)'")
    with closing(psycopg.connect(url)) as connection:
        lines: list[str] = []
        for schema, name in connection.execute(tables).fetchall():
            place = sql.Identifier(schema, name)
            rows = connection.execute(sql.SQL("SELECT t::text FROM {} AS t").format(place))
            lines += [row for (row,) in rows]
    assert lines
    return "\n".join(lines).encode()


Raw = Callable[[], bytes]


@pytest.fixture
def files(request: pytest.FixtureRequest, world: World, database: str) -> Raw:
    """Reads all bytes the database has on disk."""
    if database == "sqlite":
        return lambda: sqlite_files(world)
    return lambda: postgres_files(world, request.getfixturevalue("cluster"))


@pytest.fixture
def left(world: World, database: str) -> Raw:
    """Reads what deletion must have emptied: SQLite's files, PostgreSQL's rows.

    PostgreSQL does not wipe the space a deleted row lay in: there the day's key ends it.
    """
    if database == "sqlite":
        return lambda: sqlite_files(world)
    return lambda: every_row(world.database_url)


# --- raw files -------------------------------------------------------------------------------
@contextmanager
def no_trace_afterwards(kept: Kept, left: Raw) -> Iterator[None]:
    assert found(kept.traces, left()) == sorted(kept.traces)
    yield
    assert found(kept.traces, left()) == []


def test_after_the_purge_no_trace_is_left(world: World, api: CheckedApi, kept: Kept, left: Raw):
    with no_trace_afterwards(kept, left):
        world.clock.advance(hours=24)
        purged(world)


@pytest.mark.parametrize("way", ["DELETE", "POST"])
def test_after_deletion_on_request_no_trace_is_left(
    api: CheckedApi, kept: Kept, left: Raw, way: str
):
    asked = {"ownerExternalId": kept.owner}
    with no_trace_afterwards(kept, left):
        if way == "DELETE":
            reply = api.call("DELETE", "/v1/data.xml", query=asked)
            assert reply.xml.attrib["ownerExternalId"] == kept.owner
            assert len(reply.xml) == 0
        else:
            reply = api.call("POST", "/v1/data/delete", json_body=asked)
            assert reply.json == {"status": "200 OK", **asked}
        assert reply.status == 200
    assert is_gone(api, kept)
    again = api.call("DELETE", "/v1/data.xml", query=asked)
    assert (again.status, again.exception) == (404, "InvalidOwnerExternalId")


def test_what_is_kept_lies_in_the_files_as_ciphertext_under_a_wrapped_key(kept: Kept, files: Raw):
    assert found(kept.traces, files()) == sorted(kept.traces)


def test_at_no_time_a_name_an_iban_or_a_title_lies_in_a_file(
    api: CheckedApi, kept: Kept, files: Raw
):
    made = api.started(ownerExternalId=kept.owner)
    sign_in(made["redirectionLink"], BENCH_LOGIN)
    api.finished((made["sessionId"], made["sessionIdSignature"]))
    content = files()
    assert kept.owner.encode() in content
    assert BENCH_LOGIN.encode() not in content
    for tag in CLEAR_TAGS:
        words = {node.text or "" for node in kept.ended.xml.iterfind(f".//result//{tag}")}
        assert words
        assert [word for word in words - {"KontoBank"} if word.encode() in content] == [], tag


def test_the_durable_engine_is_told_a_command_id_and_nothing_else(
    world: World, kept: Kept, database: str
):
    asked = "SELECT inputs FROM {}workflow_input WHERE workflow_uuid = '{}'"
    told = "SELECT output, error FROM {}workflow_output WHERE workflow_uuid = '{}'"
    if database == "sqlite":
        connection = sqlite3.connect(world.folder / "data" / "opensaldo.db")
    else:
        connection = psycopg.connect(world.database_url)
    schema = "" if database == "sqlite" else "dbos."
    with closing(connection):
        (inputs,) = connection.execute(asked.format(schema, kept.command_id)).fetchone()
        (outcome,) = connection.execute(told.format(schema, kept.command_id)).fetchall()
    assert json.loads(inputs) == {"namedArgs": {}, "positionalArgs": [kept.command_id]}
    assert outcome == ("null", None)


def test_keys_lie_apart_from_the_data_and_open_to_their_owner_only(world: World):
    keys, data = world.folder / "keys", world.folder / "data"
    assert {"long-lived.key", "signature.secret"} <= {file.name for file in keys.iterdir()}
    for file in keys.rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, file
    assert not [*data.rglob("*.key"), *data.rglob("*.secret")]
