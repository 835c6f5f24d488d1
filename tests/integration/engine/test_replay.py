"""A recorded import runs again through other code: the difference is exact, nothing changes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from opensaldo.cli import main
from opensaldo.connectors import http
from opensaldo.connectors.protocols.polish_api import convert
from opensaldo.engine import identity
from opensaldo.engine.replay import kept_of
from opensaldo.store.queries import documents
from opensaldo.wire import sealed
from tests.e2e.checked import HALF_A_YEAR, CheckedApi, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.integration.engine.test_raw_files import every_row, sqlite_files
from tests.support.platform import command_of, environment, state_of

ONE_LINE = "opensaldo: "


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return {"RECORD_IMPORTS": "on"}


Replay = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def operator(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's shell beside the running platform, at the platform's time."""
    for name in [name for name in os.environ if name.startswith("OPENSALDO_")]:
        monkeypatch.delenv(name)
    given = {"DATABASE_URL": world.database_url, "RECORD_IMPORTS": "on"}
    for name, value in environment(world.folder, world.bank.url, **given).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("opensaldo.cli.replay.system_clock", world.clock)


@pytest.fixture
def replay(operator: None, capsys: pytest.CaptureFixture[str]) -> Replay:
    """`opensaldo import replay --json --reveal`: its code and what it printed."""

    def run(command_id: str, *more: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        code = main(["import", "replay", command_id, "--json", "--reveal", *more])
        return code, json.loads(capsys.readouterr().out)

    return run


def imported(api: CheckedApi, login: str = "test1", **more: Any) -> str:
    """The id of a finished default import."""
    ended = api.finished(api.mock_session(login, **more), since=HALF_A_YEAR)
    return command_of(ended).attrib["id"]


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on an opened connection is a failed test."""

    def refuse(*_given: Any, **_named: Any) -> Any:
        raise AssertionError("a replay opened a connection")

    monkeypatch.setattr(http.aiohttp, "ClientSession", refuse)


def counts(found: dict[str, Any]) -> tuple[int, int, int]:
    return found["added"], found["gone"], found["changed"]


@pytest.mark.parametrize(
    "target", ["KontoBankApi", "KontoBankApi_ro", "KontoBankApi_cz", "KontoBankApi_es", "KontoBank"]
)
def test_the_same_code_gives_the_same(
    world: World, api: CheckedApi, replay: Replay, monkeypatch: pytest.MonkeyPatch, target: str
):
    command_id = imported(api, "test3", target=target)
    asked = len(world.bank.log())
    no_network(monkeypatch)
    code, found = replay(command_id)
    assert (code, found["same"], found["changes"]) == (0, True, [])
    assert (found["callsAdded"], found["callsGone"]) == ([], [])
    assert len(world.bank.log()) == asked


def test_a_changed_rule_shows_exactly_what_it_changes(
    api: CheckedApi, replay: Replay, monkeypatch: pytest.MonkeyPatch
):
    command_id = imported(api)
    read, changed = convert.done_page, []

    def shouting(body: Any) -> Any:
        page = read(body)
        rows = list(page.rows)
        if not changed:
            changed.append(rows[0].title)
            rows[0] = replace(rows[0], title="SHOUTED")
            del rows[1]
        return replace(page, rows=tuple(rows))

    pages = "opensaldo.connectors.protocols.polish_api.flow._PAGE_OF_LIST"
    monkeypatch.setitem(_dict(pages), "getTransactionsDone", shouting)
    code, found = replay(command_id)
    assert (code, counts(found)) == (1, (0, 1, 2)), "one row gone, one row and the receipt changed"
    by_field = {one["field"]: one for one in found["changes"] if one["turn"] == "changed"}
    assert (by_field["title"]["before"], by_field["title"]["after"]) == (changed[0], "SHOUTED")
    assert by_field["outcome"]["after"] == "failed", "a row less, and the balance is unproven"
    assert int(by_field["rows"]["before"]) - int(by_field["rows"]["after"]) == 1


def test_code_that_names_rows_otherwise_is_told_so_before_a_client_has_them_twice(
    api: CheckedApi, replay: Replay, monkeypatch: pytest.MonkeyPatch
):
    command_id = imported(api)
    facts = identity.lasting_facts
    monkeypatch.setattr(identity, "lasting_facts", lambda row: (*facts(row), "otherwise"))
    code, found = replay(command_id)
    assert (code, {one["field"] for one in found["changes"]}) == (1, {"id"})
    assert found["changed"] == rows_kept(api, command_id)


def rows_kept(api: CheckedApi, command_id: str) -> int:
    """How many rows the import's receipt counts."""
    told = api.call("GET", f"/v1/command/{command_id}.xml", accept="application/json")
    return int(told.json["receipt"]["rows"])


def test_code_that_asks_otherwise_is_told_which_calls_differ(
    api: CheckedApi, replay: Replay, monkeypatch: pytest.MonkeyPatch
):
    command_id = imported(api)
    monkeypatch.setattr(
        "opensaldo.connectors.protocols.polish_api.flow.USUAL_LISTS",
        ("getTransactionsDone", "getTransactionsRejected"),
    )
    code, found = replay(command_id)
    assert code == 1
    assert found["callsAdded"] == ["POST getTransactionsRejected"]
    assert {"POST getTransactionsPending", "POST getHolds"} <= set(found["callsGone"])


def test_a_failed_import_fails_again_in_the_same_words(
    world: World, api: CheckedApi, replay: Replay
):
    session = api.mock_session()
    world.bank.plan("status", status=503, code="MAINTENANCE", path="getTransactionsDone")
    ended = api.finished(session)
    assert state_of(ended) == "error"
    assert replay(command_of(ended).attrib["id"])[0] == 0


def test_a_login_of_the_fallback_is_replayed_from_its_pages(api: CheckedApi, replay: Replay):
    made = api.started(target="KontoBank")
    sign_in(made["redirectionLink"], "test3")
    ended = api.finished((made["sessionId"], made["sessionIdSignature"]))
    assert state_of(ended) == "successful"
    assert replay(command_of(ended).attrib["id"])[0] == 0


def test_nothing_secret_is_in_a_transcript(world: World, api: CheckedApi):
    command_id = imported(api)
    clear = opened(world, command_id)
    for word in (b"Test123", b"Authorization", b"Bearer", b"requestHeader", b"192.0.2."):
        assert word not in clear, word
    assert b"getTransactionsDone" in clear


def opened(world: World, command_id: str) -> bytes:
    async def look(platform: Any) -> Any:
        return await kept_of(platform.store, platform.vault, command_id, platform.clock)

    return sealed.encode(world.house.run(look))


def test_a_transcript_is_ciphertext_and_dies_with_its_result(
    world: World,
    api: CheckedApi,
    operator: None,
    capsys: pytest.CaptureFixture[str],
    database: str,
):
    ended = api.finished(api.mock_session(), since=HALF_A_YEAR)
    command_id = command_of(ended).attrib["id"]
    content = sqlite_files(world) if database == "sqlite" else every_row(world.database_url)
    words = {node.text or "" for node in ended.xml.iterfind(".//result//party")} - {"KontoBank"}
    assert words
    assert [word for word in words if word.encode() in content] == []
    assert world.house.platform is not None
    with world.house.platform.store.read() as connection:
        blob = documents.document_of(connection, command_id, "transcript")
    assert blob is not None
    assert b"getTransactionsDone" not in blob
    world.clock.advance(hours=24)
    line = complaint(capsys, "import", "replay", command_id)
    assert "its hours are over" in line


def test_a_file_goes_to_another_checkout_under_the_operators_key(
    world: World,
    api: CheckedApi,
    replay: Replay,
    tmp_path: Path,
    capsys: Any,
    monkeypatch: pytest.MonkeyPatch,
):
    command_id = imported(api)
    key, where = tmp_path / "operator.key", ("--dir", str(tmp_path))
    assert main(["import", "export", command_id, *where, "--key-file", str(key)]) == 0
    file = tmp_path / f"{command_id}.transcript"
    assert file.stat().st_mode & 0o077 == key.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("OPENSALDO_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert replay(command_id, *where, "--key-file", str(key))[0] == 0
    whole, first = file.read_bytes(), key.read_text()
    command = ("import", "replay", command_id, *where, "--key-file", str(key))
    file.write_bytes(whole[: len(whole) // 2])
    assert "cut short" in complaint(capsys, *command)
    file.write_bytes(whole)
    key.write_text("00" * 32)
    assert "under another key" in complaint(capsys, *command)
    key.write_text("no key")
    assert "64 hex digits" in complaint(capsys, *command)
    assert "--key-file" in complaint(capsys, *command[:-2])
    assert "cannot be read" in complaint(capsys, "import", "replay", "7", *command[3:])
    key.write_text(first)
    world.clock.advance(hours=25)
    assert "its hours are over" in complaint(capsys, *command)


def test_what_is_not_there_is_said_in_one_line(
    world: World, api: CheckedApi, operator: None, capsys: Any
):
    assert "No such command" in complaint(capsys, "import", "replay", "1234567")
    assert "No such command" in complaint(capsys, "imports", "show", "1234567")
    command_id = imported(api)
    world.house.run(_forget(command_id))
    assert "OPENSALDO_RECORD_IMPORTS" in complaint(capsys, "import", "replay", command_id)


def test_the_operators_list_names_nobody(
    world: World, api: CheckedApi, operator: None, capsys: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "200")
    command_id = imported(api, ownerExternalId="loan-of-somebody")
    assert main(["imports", "list"]) == 0
    shown = capsys.readouterr().out
    assert command_id in shown
    assert "KontoBankApi" in shown
    assert main(["imports", "show", command_id]) == 0
    quiet = capsys.readouterr().out
    assert "receipt: rows" in quiet
    assert "loan-of-somebody" not in shown + quiet
    assert main(["imports", "show", command_id, "--reveal"]) == 0
    assert "loan-of-somebody" in capsys.readouterr().out


def complaint(capsys: Any, *arguments: str) -> str:
    """The one line a mistake is answered with."""
    capsys.readouterr()
    code = main(arguments)
    said = capsys.readouterr()
    assert code == 2, said
    assert said.out == ""
    assert said.err.startswith(ONE_LINE)
    assert said.err.count("\n") == 1
    return str(said.err)


def _forget(command_id: str) -> Callable[[Any], Any]:
    async def work(platform: Any) -> None:
        await platform.store.change(documents.delete_document, command_id, "transcript")

    return work


def _dict(path: str) -> dict[str, Any]:
    module, _, name = path.rpartition(".")
    found: dict[str, Any] = getattr(import_module(module), name)
    return found
