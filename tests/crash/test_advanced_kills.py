"""kill -9 among a session's advanced imports: each ends, in turn, and what they found is there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support import switchboard
from tests.support.bank import Bank
from tests.support.facts import Questions
from tests.support.fleet import SERVER, Fleet, fleet
from tests.support.platform import Api, Reply, command_of, state_of
from tests.support.sweep import SETTINGS

pytestmark = [pytest.mark.crash, pytest.mark.enable_socket, pytest.mark.timeout(120)]
SLOW_MS = 1500
LOOK_EVERY_S = 0.05
LOGIN = "bench-2x72-parts"


def order(api: Api, session: tuple[str, str], command: str, **more: str) -> str:
    """The id of an advanced command that was accepted."""
    form = {"sessionId": session[0], "sessionIdSignature": session[1], **more}
    reply = api.call("POST", f"/v1/command/{command}.xml", form)
    assert reply.status == 202, reply.body
    return command_of(reply).attrib["id"]


def kill_while_running(processes: Fleet, bank: Bank, command_id: str) -> None:
    """The server was killed while this command waited for the bank, and serves again."""
    questions = Questions(processes.config.database_url.reveal())
    asked = f"SELECT count(*) FROM attempts WHERE command_id = '{command_id}'"
    deadline = time.monotonic() + 10
    while questions.ask(asked) == [(0,)]:
        assert time.monotonic() < deadline, "the command was never run"
        time.sleep(LOOK_EVERY_S)
    assert processes.kill(SERVER)
    switchboard.set_latency(bank.url, 0)
    processes.start(SERVER)
    processes.wait_ready()


def rows(reply: Reply) -> int:
    return len(reply.xml.findall(".//moneyTransaction"))


def test_a_killed_server_goes_on_with_the_sessions_commands_in_turn(
    tmp_path: Path, crash_bank: Bank, database_url: str
):
    switchboard.set_latency(crash_bank.url, 0)
    with fleet(tmp_path, crash_bank.url, database_url=database_url, **SETTINGS) as processes:
        api = processes.client()
        processes.start(SERVER)
        processes.wait_ready()
        session = api.mock_session(LOGIN, ownerExternalId="loan-7781")
        switchboard.set_latency(crash_bank.url, SLOW_MS)
        ids = [order(api, session, name) for name in ("import-accounts", "import-owners")]
        assert state_of(api.call("GET", f"/v1/command/{ids[1]}.xml")) == "setup"
        kill_while_running(processes, crash_bank, ids[0])
        accounts, owners = (api.poll(one) for one in ids)
        assert [state_of(accounts), state_of(owners)] == ["successful"] * 2
        iban = accounts.xml.findtext(".//account/iban") or ""

        switchboard.set_latency(crash_bank.url, SLOW_MS)
        wanted = order(api, session, "import-account-transactions", iban=iban)
        kill_while_running(processes, crash_bank, wanted)
        ended = api.poll(wanted)
        assert (state_of(ended), rows(ended) > 0) == ("successful", True)
        data = api.call("GET", "/v1/data.xml", query={"ownerExternalId": "loan-7781"})
        assert (rows(data), len(data.xml.findall(".//account"))) == (rows(ended), 2)
        events = Questions(database_url).facts().events
        once = {"command-accepted", "command-ended"}
        assert {count for (_id, kind), count in events.items() if kind in once} == {1}
        assert_reruns_are_unattended(database_url, [ids[0], wanted])


def assert_reruns_are_unattended(database_url: str, killed: list[str]) -> None:
    """Of a command that was run twice the first calls were the person's, the later ones not."""
    questions = Questions(database_url)
    for command_id in killed:
        seen = questions.ask(
            f"SELECT attended FROM attempts WHERE command_id = '{command_id}' ORDER BY started_at"
        )
        assert [bool(one) for (one,) in seen] == sorted(
            (bool(one) for (one,) in seen), reverse=True
        )
        assert {bool(one) for (one,) in seen} == {True, False}
    for command in questions.facts().commands:
        assert command.runs == (2 if command.id in killed else 1)
