"""Drills against a running bank, over real HTTP: what they do, what they say, and that they end."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kontobank.cli import main
from kontobank.drill import EXPECTED, Switchboard, Unheard
from kontobank.outages import KINDS
from tests.support.bank import Bank, running_bank

pytestmark = pytest.mark.enable_socket
POLISH, ROMANIAN = "/polish-api/pl/v2_1_1.1/accounts", "/berlin-group/ro/v1/accounts"
TIMEOUT_S = 20
THERE = 400  # the bank answers: a request without its headers is not right


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder: Path = tmp_path_factory.mktemp("drilled")
    with running_bank(folder) as bank:
        yield bank


@pytest.fixture
def bank(running: Bank) -> Bank:
    running.reset()
    return running


def asked(bank: Bank, path: str) -> tuple[int, str]:
    """Status and Retry-After of a call; status 0 when the connection was cut."""
    parts = urlsplit(bank.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Retry-After", "")
    except ConnectionError:
        return 0, ""
    finally:
        connection.close()


def drill(bank: Bank, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kontobank", "drill", *arguments, "--url", bank.url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def until(bank: Bank, *, is_out: bool) -> None:
    """The outage has begun, or ended."""
    deadline = time.monotonic() + TIMEOUT_S
    while (Switchboard(bank.url).send("GET", "state")["outage"] is not None) is not is_out:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("kind", "seen"),
    [("503", (503, "")), ("maintenance", (503, "60")), ("limit", (429, "60")), ("reset", (0, ""))],
)
def test_an_outage_is_everywhere_or_in_one_country(bank: Bank, kind: str, seen: tuple[int, str]):
    before = asked(bank, POLISH)
    board = Switchboard(bank.url)
    board.send("PUT", "outage", {"kind": kind, "place": "pl", "for_s": 60})
    assert asked(bank, POLISH) == seen
    assert asked(bank, ROMANIAN) == (THERE, "")
    assert asked(bank, "/health")[0] == 200
    board.send("PUT", "outage", {"kind": kind, "for_s": 60})
    assert asked(bank, ROMANIAN) == seen
    board.send("DELETE", "outage")
    assert asked(bank, POLISH) == before


def test_an_outage_ends_by_itself(bank: Bank):
    Switchboard(bank.url).send("PUT", "outage", {"kind": "503", "for_s": 1})
    assert asked(bank, ROMANIAN)[0] == 503
    until(bank, is_out=False)
    assert asked(bank, ROMANIAN)[0] == THERE


def test_a_drill_says_what_it_did_and_what_to_expect_and_ends(
    bank: Bank, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["drill", "outage", "--for", "1", "--bank", "ro", "--url", bank.url]) == 0
    said = capsys.readouterr().out
    assert "every call is answered 503, in ro, for 1 s" in said
    assert "ServiceTemporarilyUnavailable" in said
    assert "The bank is there again." in said
    assert asked(bank, ROMANIAN)[0] == THERE


def test_ctrl_c_ends_the_outage(bank: Bank):
    process = drill(bank, "outage", "--for", "600", "--kind", "reset")
    try:
        until(bank, is_out=True)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT_S)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, b"")
    assert b"The bank is there again." in out
    assert asked(bank, ROMANIAN)[0] == THERE


def test_what_goes_on_is_listed_and_ended(
    bank: Bank, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "120")
    bank.plan("reset")
    Switchboard(bank.url).send("PUT", "outage", {"kind": "slow", "place": "cz", "for_s": 60})
    assert main(["drill", "list", "--url", bank.url]) == 0
    said = capsys.readouterr().out
    assert "slow at cz until" in said
    assert "faults waiting" in said
    assert main(["drill", "end", "--url", bank.url]) == 0
    state = Switchboard(bank.url).send("GET", "state")
    assert (state["outage"], state["faults"]) == (None, 0)


def test_consents_of_one_login_end(
    bank: Bank, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["drill", "expire", "--login", "test1", "--url", bank.url]) == 0
    assert "0 consent(s) of test1" in capsys.readouterr().out


def test_a_mistake_is_one_line(bank: Bank, capsys: pytest.CaptureFixture[str]):
    assert main(["drill", "list", "--url", "http://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err == (
        "kontobank: no KontoBank answers at http://127.0.0.1:9; give its --url\n"
    )
    with pytest.raises(Unheard, match="kind is one of"):
        Switchboard(bank.url).send("PUT", "outage", {"kind": "flood"})
    with pytest.raises(Unheard, match="place is"):
        Switchboard(bank.url).send("PUT", "outage", {"kind": "503", "place": "xx"})


def test_every_kind_of_outage_says_what_to_expect():
    assert set(EXPECTED) == {*KINDS, "expire"}
