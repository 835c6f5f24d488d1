"""The fallback through the whole platform: from our pages to the data; nothing typed is kept."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from opensaldo.connectors.http import BrowsedPage
from opensaldo.engine.mock import read_page
from opensaldo.store.vault import Vault
from tests.e2e import checked
from tests.e2e.checked import CheckedApi, browse, rows_of, sign_in
from tests.e2e.fixtures import DATABASES, Houses, World
from tests.e2e.road import Made, exception, states
from tests.support.online import ALLOWED
from tests.support.platform import command_of, failure_of, state_of

TARGET = "KontoBank"
LOGIN = "bench-1x40-planted-login-7701"
WRONG = "planted-password-7702"
WRONG_CODE = "planted-code-7703"
PASSWORD = "Test123"
TYPED = (LOGIN, WRONG, WRONG_CODE, PASSWORD)


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def lines(houses: Houses) -> Iterator[io.StringIO]:
    """Everything that is logged, at the most talkative level."""
    buffer = io.StringIO()
    houses.leave()
    houses.log_stream = buffer
    yield buffer
    houses.leave()
    houses.log_stream = None


def agree(made: Made, target: str = TARGET) -> BrowsedPage:
    return checked.agree(made, target)


def step(made: Made) -> BrowsedPage:
    return browse(made["redirectionLink"] + "/step")


def send(made: Made, **typed: str) -> BrowsedPage:
    fields = dict(read_page(step(made).body).fields)
    answers = {f"answer.{name}": value for name, value in typed.items()}
    return browse(made["redirectionLink"] + "/step", fields | answers)


def session_of(made: Made) -> tuple[str, str]:
    return made["sessionId"], made["sessionIdSignature"]


def everything_stored(world: World) -> bytes:
    """All bytes of SQLite's files, or every row of PostgreSQL's tables, the engine's included."""
    if world.database_url.startswith("sqlite"):
        files = [one for one in Path(world.folder).rglob("*") if one.is_file()]
        with closing(sqlite3.connect(world.folder / "data" / "opensaldo.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(FULL)")
        return b"".join(one.read_bytes() for one in files if one.exists())
    tables = sql.SQL("SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|inf)'")
    with closing(psycopg.connect(world.database_url)) as connection:
        lines: list[str] = []
        for schema, name in connection.execute(tables).fetchall():
            place = sql.Identifier(schema, name)
            rows = connection.execute(sql.SQL("SELECT t::text FROM {} AS t").format(place))
            lines += [row for (row,) in rows]
    return "\n".join(lines).encode()


def traces(content: bytes) -> list[str]:
    """What was typed and is found there, as text or in hex."""
    forms = {one: (one.encode(), one.encode().hex().encode()) for one in TYPED}
    return [one for one, looks in forms.items() if any(look in content for look in looks)]


def test_no_credential_and_no_code_is_stored_logged_or_shown(
    lines: io.StringIO,
    world: World,
    houses: Houses,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealed = before_sealing(monkeypatch)
    api = world.client()
    made = api.started(target=TARGET)
    agree(made)
    pages = [send(made, login=LOGIN, password=WRONG), step(made)]
    pages += [send(made, login=LOGIN, password=PASSWORD), step(made)]
    halfway = everything_stored(world)
    pages += [send(made, code=WRONG_CODE), step(made)]
    pages.append(send(made, code=PASSWORD))
    ended = api.finished(session_of(made))
    assert state_of(ended) == "successful"
    assert rows_of(ended)
    failed = [refused(world, api), failed_import(world, api)]
    stored = everything_stored(world)
    assert made["sessionId"].encode() in stored
    assert (traces(halfway), traces(stored)) == ([], [])
    assert len(sealed) > 5
    assert traces(b"".join(sealed)) == []
    houses.leave()
    shown = lines.getvalue() + "".join(capfd.readouterr()) + "".join(one.body for one in pages)
    shown += "".join(failed) + repr([dict(one.headers) for one in pages])
    assert traces(shown.encode()) == []


def before_sealing(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Everything that is sealed from now on, as it was before."""
    seen: list[bytes] = []
    for name in ("seal", "seal_long"):
        original = getattr(Vault, name)

        def watched(*given: Any, _original: Any = original) -> Any:
            seen.extend(one for one in given if isinstance(one, bytes))
            return _original(*given)

        is_static = isinstance(vars(Vault)[name], staticmethod)
        monkeypatch.setattr(Vault, name, staticmethod(watched) if is_static else watched)
    return seen


def refused(world: World, api: CheckedApi) -> str:
    """What the client is told of a login the bank locks."""
    made = api.started(target=TARGET)
    agree(made)
    send(made, login=LOGIN, password=PASSWORD)
    for _ in range(3):
        send(made, code=WRONG_CODE)
    assert exception(api, made) == "AccessTemporarilyBlocked"
    return repr(api.status(redirectionId=made["redirectionId"])) + step(made).body


def failed_import(world: World, api: CheckedApi) -> str:
    """What the client is told of an import that fails at the bank."""
    made = api.started(target=TARGET)
    agree(made)
    send(made, login=LOGIN, password=PASSWORD)
    send(made, code=PASSWORD)
    world.bank.plan("nonsense", path="history")
    ended = api.finished(session_of(made))
    assert failure_of(ended) == "ServiceTemporarilyUnavailable"
    return ended.body.decode()


def test_only_what_a_login_and_an_import_need_is_asked_of_the_bank(
    world: World, api: CheckedApi
) -> None:
    before = len(world.bank.log())
    made = api.started(target=TARGET)
    sign_in(made["redirectionLink"], "test3")
    assert states(api, made) == ("SUCCESS", "COMPLETED")
    assert state_of(api.finished(session_of(made))) == "successful"
    seen = [(row["method"], row["path"], row["kind"]) for row in world.bank.log()[before:]]
    assert set(seen) <= ALLOWED
    assert "asset" not in {kind for _method, _path, kind in seen}
    assert seen[:5] == [
        ("GET", "/login", "page"),
        ("POST", "/login", "page"),
        ("GET", "/confirm", "page"),
        ("POST", "/confirm", "page"),
        ("GET", "/start", "page"),
    ]
    assert seen.count(("GET", "/owner", "data")) == seen.count(("GET", "/cards", "data")) == 1


@pytest.mark.parametrize("login", ["test1", "test2", "test-token", "test-picture", "test-notice"])
def test_whatever_the_bank_asks_the_data_comes(world: World, api: CheckedApi, login: str) -> None:
    made = api.started(target=TARGET)
    sign_in(made["redirectionLink"], login)
    ended = api.finished(session_of(made))
    assert state_of(ended) == "successful"
    assert command_of(ended).attrib["target"] == TARGET
    assert rows_of(ended)
    assert ended.xml.findtext(".//owners/owner/name")


@pytest.mark.parametrize(
    ("login", "failure"),
    [
        ("test-io", "IO"),
        ("test-maintenance", "ServiceMaintenance"),
        ("test-down", "ServiceTemporarilyUnavailable"),
        ("test-expired", "SessionExpired"),
    ],
)
def test_faults_of_the_site_are_named_in_the_command(
    world: World, api: CheckedApi, login: str, failure: str
) -> None:
    made = api.started(target=TARGET)
    sign_in(made["redirectionLink"], login)
    assert failure_of(api.finished(session_of(made))) == failure


def test_the_same_person_has_the_same_data_over_both_ways(world: World, api: CheckedApi) -> None:
    def read(target: str) -> list[dict[str, Any]]:
        made = api.started(target=target)
        sign_in(made["redirectionLink"], "test1")
        ended = api.finished(session_of(made))
        names = ("transactionOn", "bookedOn", "currencyAmount", "currencyBalance", "title", "kind")
        return [{name: row.findtext(name) for name in names} for row in rows_of(ended)]

    assert read("KontoBank") == read("KontoBankApi")
