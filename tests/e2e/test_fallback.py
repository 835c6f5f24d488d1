"""The fallback through the whole platform: from our pages to the data; nothing typed is kept."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from opensaldo.connectors.http import BrowsedPage
from opensaldo.domain.client import Environment
from opensaldo.engine import held_logins
from opensaldo.engine.mock import read_page
from opensaldo.engine.platform import Platform
from opensaldo.store.vault import Vault
from tests.e2e import checked
from tests.e2e.checked import CheckedApi, browse, rows_of, sign_in
from tests.e2e.fixtures import DATABASES, Houses, World
from tests.e2e.road import Made, exception, states
from tests.support.online import ALLOWED
from tests.support.platform import command_of, environment, failure_of, state_of

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


@pytest.fixture
def looks_often(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A new platform looks five times a second whether its logins' sessions have ended."""
    houses.leave()
    monkeypatch.setattr(held_logins, "LOOK_EVERY_S", 0.2)
    yield
    houses.leave()


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


# --- erasing -------------------------------------------------------------------------------------
def test_who_is_erased_by_the_client_is_signed_out_at_the_bank_at_once(
    world: World, api: CheckedApi
) -> None:
    before = len(world.bank.log())
    made = signed_in(api, "loan-7721")
    assert state_of(api.finished(session_of(made))) == "successful"
    held = logins_held(world)
    assert api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": "loan-7721"}).status == 200
    assert sign_outs(world, before) == 1
    assert logins_held(world) == held - 1
    assert api.submit(session_of(made)).exception == "InvalidSessionId"


def test_who_is_erased_by_the_operator_is_signed_out_by_the_process_that_has_the_login(
    looks_often: None, world: World, api: CheckedApi
) -> None:
    before = len(world.bank.log())
    erased, stays = signed_in(api, "loan-7722"), signed_in(api, "loan-7723")
    assert state_of(api.finished(session_of(erased))) == "successful"
    variables = environment(world.folder, world.bank.url, DATABASE_URL=world.database_url)
    arguments = ["owner", "erase", "loan-7722", "--client", api.client_id]
    command = [sys.executable, "-m", "opensaldo", *arguments]
    subprocess.run(command, env=os.environ | variables, check=True, timeout=60)
    until = time.monotonic() + 10
    while logins_held(world) > 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert (logins_held(world), sign_outs(world, before)) == (1, 1)
    assert api.submit(session_of(erased)).exception == "InvalidSessionId"
    assert state_of(api.finished(session_of(stays))) == "successful"


def signed_in(api: CheckedApi, owner: str) -> Made:
    made = api.started(target=TARGET, ownerExternalId=owner)
    sign_in(made["redirectionLink"], "test1")
    return made


def sign_outs(world: World, since: int) -> int:
    return [row["path"] for row in world.bank.log()[since:]].count("/logout")


def logins_held(world: World) -> int:
    """How many logins the serving process has in memory, at the one target's connector."""

    async def count(platform: Platform) -> int:
        target = platform.catalog.find(TARGET, Environment.TEST)
        assert target is not None
        return len(platform.catalog.connector(target).logins)  # type: ignore[attr-defined]

    return world.house.run(count)
