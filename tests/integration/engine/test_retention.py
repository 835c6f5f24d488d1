"""Retention of the whole platform: due after 24 hours or on request, and nothing is left."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from opensaldo.engine.retention import purge
from opensaldo.store.keys import KeyDestroyed, WrappedKey
from opensaldo.store.queries import documents, sessions
from tests.e2e.checked import HALF_A_YEAR, CheckedApi, rows_of, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.support.platform import Reply, command_of, failure_of, state_of
from tests.support.postgres import Cluster

DAY_KEY = "day-20260302.key"
PREFIX_BYTES = 64
CLEAR_TAGS = ("name", "address", "iban", "polishPesel", "title", "party", "partyIban")
BENCH_LOGIN = "bench-2x9"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@dataclass(frozen=True)
class Kept:
    """One import and its traces in the database."""

    owner: str
    ended: Reply
    session: tuple[str, str]
    traces: dict[str, bytes]
    wrapped: WrappedKey

    @property
    def command_id(self) -> str:
        return command_of(self.ended).attrib["id"]


@pytest.fixture
def kept(world: World, api: CheckedApi) -> Kept:
    owner = f"loan-of-a-very-recognisable-person-{uuid.uuid4()}"
    session = api.mock_session(ownerExternalId=owner)
    ended = api.finished(session, since=HALF_A_YEAR)
    command_id = command_of(ended).attrib["id"]
    assert world.house.platform is not None
    with world.house.platform.store.read() as connection:
        wrapped = sessions.key_of(connection, session[0])
        access = sessions.sealed_access(connection, session[0])
        sealed = {
            kind: documents.document_of(connection, command_id, kind)
            for kind in ("holdings", "result_xml")
        }
    assert wrapped is not None
    blobs = {"access": access, **sealed}
    traces = {
        "owner": owner.encode(),
        "wrapped key": wrapped.wrapped,
        **{kind: blob[:PREFIX_BYTES] for kind, blob in blobs.items() if blob},
    }
    return Kept(owner, ended, session, traces, wrapped)


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


def found(traces: dict[str, bytes], content: bytes) -> list[str]:
    return sorted(
        name
        for name, trace in traces.items()
        if trace in content or trace.hex().encode() in content
    )


def purged(world: World) -> Any:
    return world.house.run(purge)


def is_gone(api: CheckedApi, kept: Kept) -> bool:
    """The client finds nothing any more, by the names of the contract."""
    for accept in (None, "application/json"):
        polled = api.call("GET", f"/v1/command/{kept.command_id}.xml", accept=accept)
        assert (polled.status, polled.exception) == (404, "InvalidCommandId")
    data = api.data(kept.owner)
    assert (data.status, data.exception) == (404, "InvalidOwnerExternalId")
    refused = api.submit(kept.session)
    return (refused.status, refused.exception) == (404, "InvalidSessionId")


# --- when ------------------------------------------------------------------------------------
def test_data_is_kept_for_24_hours_and_gone_with_the_first_purge_after(
    world: World, api: CheckedApi, kept: Kept
):
    world.clock.advance(hours=23, minutes=59, seconds=59)
    purged(world)
    assert state_of(api.call("GET", f"/v1/command/{kept.command_id}.xml")) == "successful"
    assert len(rows_of(api.data(kept.owner))) == 72
    world.clock.advance(seconds=1)
    assert purged(world).documents >= 2
    assert is_gone(api, kept)
    assert purged(world).documents == 0


def test_each_import_is_kept_its_own_24_hours(world: World, api: CheckedApi, kept: Kept):
    world.later(hours=12)
    second = api.imported("test2", ownerExternalId=kept.owner)
    world.clock.advance(hours=12)
    purged(world)
    polled = api.call("GET", f"/v1/command/{kept.command_id}.xml")
    assert polled.exception == "InvalidCommandId"
    (account,) = api.data(kept.owner).xml.findall(".//account")
    assert account.findtext("iban") == second.xml.findtext(".//account/iban")


def test_the_day_key_goes_with_the_last_thing_it_opens(world: World, api: CheckedApi, kept: Kept):
    key_file = world.folder / "keys" / DAY_KEY
    assert key_file.exists()
    world.clock.advance(hours=23)
    purged(world)
    assert key_file.exists()
    world.clock.advance(hours=1)
    purged(world)
    assert not key_file.exists()
    assert world.house.platform is not None
    with pytest.raises(KeyDestroyed):
        world.house.platform.vault.unwrap(kept.wrapped)


def test_the_platform_serves_on_after_its_days_key_is_gone(
    world: World, api: CheckedApi, kept: Kept
):
    world.later(hours=24)
    purged(world)
    assert state_of(api.imported(ownerExternalId=kept.owner)) == "successful"


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


# --- deletion while something runs -------------------------------------------------------------
def test_an_import_that_was_running_keeps_nothing_of_an_owner_erased_meanwhile(
    world: World, api: CheckedApi, kept: Kept
):
    session = api.mock_session(ownerExternalId=kept.owner)
    world.bank.plan("slow", path="getHolds", delay_ms=800)
    running = command_of(api.submit(session)).attrib["id"]
    while state_of(api.call("GET", f"/v1/command/{running}.xml")) == "setup":
        pass
    assert api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": kept.owner}).status == 200
    ended = api.poll(running)
    assert (state_of(ended), failure_of(ended)) == ("error", "SessionExpired")
    assert api.data(kept.owner).status == 404


def test_what_one_client_erases_another_keeps(world: World, api: CheckedApi, kept: Kept):
    other = world.client()
    other.imported(ownerExternalId=kept.owner)
    api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": kept.owner})
    assert other.data(kept.owner).status == 200


def test_keys_lie_apart_from_the_data_and_open_to_their_owner_only(world: World):
    keys, data = world.folder / "keys", world.folder / "data"
    assert {"long-lived.key", "signature.secret"} <= {file.name for file in keys.iterdir()}
    for file in keys.rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, file
    assert not [*data.rglob("*.key"), *data.rglob("*.secret")]
