"""What a transcript holds, what it leaves out, and that a seed fixes all that the bank answers."""

import json
import os
import subprocess
import sys

import pytest

from kontobank.app import create_app
from kontobank.app.recorder import Recorder
from kontobank.clock import Clock
from kontobank.faults import Fault, Plan, Rule
from kontobank.transcript import Transcript
from tests.unit.kontobank.conftest import NOW
from tests.unit.kontobank.tpp import Tpp, call_asgi
from tests.unit.kontobank.xs2a import GLOBAL, Xs2a

FAILURE = Fault("status", status=503)


def visit(app, login, *, consent_id="consent-1"):
    """One person's way through PolishAPI, and every answer as it came."""
    tpp = Tpp(app)
    token = tpp.connect(login, consent_id=consent_id)
    for privilege in token["scope_details"]["privilegeList"]:
        number = privilege["accountNumber"]
        for endpoint in ("getTransactionsDone", "getHolds", "getTransactionsPending"):
            tpp.data(endpoint, token["access_token"], accountNumber=number)
    return [(name, answer.status, answer.body) for name, answer in tpp.answers]


def lines_of(app):
    return [
        json.loads(line)
        for line in call_asgi(app, "GET", "/switchboard/transcript", {}).text.splitlines()
    ]


@pytest.mark.parametrize("login", ["alive-2x40-anna", "test3", "bench-2x150"])
def test_the_same_seed_answers_with_the_same_bytes(bank_dir, login):
    one, other = (visit(create_app(4, bank_dir, Clock(NOW)), login) for _ in range(2))
    assert one == other
    assert visit(create_app(5, bank_dir, Clock(NOW)), login) != one


@pytest.mark.parametrize(
    "plan", [None, Plan(9, (Rule(FAILURE, "getTransactionsDone", share_ratio=0.5),))]
)
def test_who_comes_first_changes_no_line_of_the_transcript(bank_dir, plan):
    people = ("alive-anna", "alive-ro-ion", "alive-2x20-jan")
    found = []
    for order in (people, people[::-1], (*people[1:], people[0])):
        clock = Clock(NOW)
        app = create_app(4, bank_dir, clock, transcript=Transcript(clock), fault_plan=plan)
        call_asgi(app, "POST", "/switchboard/transcript", {})
        for login in order:
            if login.startswith("alive-ro"):
                Xs2a(app).accounts(Xs2a(app).connect(login, GLOBAL))
            else:
                visit(app, login, consent_id=f"consent-{login}")
        found.append(call_asgi(app, "GET", "/switchboard/transcript", {}).text)
    assert found[0] == found[1] == found[2]
    assert len(found[0].splitlines()) > 20
    assert ("INJECTED" in found[0]) == (plan is not None)


def test_a_line_tells_what_passed_without_names_that_only_live_once(app, tpp):
    call_asgi(app, "POST", "/switchboard/transcript", {})
    token = tpp.connect("test2")
    rows = [one for one in lines_of(app) if one["request"]["line"].startswith("POST /polish-api/")]
    assert len(rows) == 4
    assert token["access_token"] not in json.dumps(rows)
    grant = next(one for one in rows if "access_token" in one["reply"]["body"])
    assert json.loads(grant["reply"]["body"])["access_token"] == "<opaque>"
    assert (grant["reply"]["status"], grant["reply"]["is_whole"]) == (200, True)
    assert grant["at"] == "2026-11-21T09:00:00Z"
    number = token["scope_details"]["privilegeList"][0]["accountNumber"]
    assert number in grant["reply"]["body"]
    assert "x-jws-signature" not in json.dumps(rows).lower()


@pytest.mark.parametrize(
    ("sent", "shown"), [(b'{"id": "7212b52c-9d5', '{"id": "<cut>'), (b"{", "{")]
)
def test_half_a_name_at_the_end_of_a_cut_body_is_no_difference(sent, shown):
    async def bank(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": sent, "more_body": True})
        raise ConnectionResetError

    transcript = Transcript(Clock(NOW))
    transcript.start()
    with pytest.raises(ConnectionResetError):
        call_asgi(Recorder(bank, transcript), "GET", "/", {}, b"")
    assert json.loads(transcript.text())["reply"]["body"] == shown


def test_ids_of_rows_stay_as_they_were_sent(app, tpp):
    token = tpp.connect("alive-anna")
    number = token["scope_details"]["privilegeList"][0]["accountNumber"]
    call_asgi(app, "POST", "/switchboard/transcript", {})
    answer = tpp.data("getTransactionsDone", token["access_token"], accountNumber=number)
    (line,) = lines_of(app)
    shown = json.loads(line["reply"]["body"])["transactions"]
    assert [row["itemId"] for row in shown] == [
        row["itemId"] for row in answer.json["transactions"]
    ]


def test_the_transcript_starts_anew_and_ends_with_a_reset(app, tpp):
    tpp.connect()
    assert lines_of(app) == []
    call_asgi(app, "POST", "/switchboard/transcript", {})
    tpp.authorize()
    assert len(lines_of(app)) == 1
    call_asgi(app, "POST", "/switchboard/transcript", {})
    assert lines_of(app) == []
    call_asgi(app, "POST", "/switchboard/reset", {})
    tpp.authorize()
    assert lines_of(app) == []


def test_a_transcript_that_would_not_be_whole_is_an_error(monkeypatch):
    monkeypatch.setattr("kontobank.transcript.LINES_MAX", 1)
    transcript = Transcript(Clock(NOW))
    transcript.add(transcript.now(), {"line": "GET /"}, None)
    with pytest.raises(OverflowError, match="at most 1"):
        transcript.add(transcript.now(), {"line": "GET /"}, None)


@pytest.mark.enable_socket
def test_the_program_writes_its_file_when_it_stops(tmp_path):
    file = tmp_path / "transcript.jsonl"
    command = [sys.executable, "-m", "kontobank", "serve", "--data-dir", str(tmp_path / "bank")]
    command += ["--transcript", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as process:
        url = json.loads(process.stdout.readline())["kontobank_url"]
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import urllib.request as u; u.urlopen('{url}/online/pl/login')",
            ],
            check=True,
        )
        process.terminate()
    (line,) = [json.loads(one) for one in file.read_text().splitlines()]
    assert line["request"]["line"] == "GET /online/pl/login"
    assert line["reply"]["status"] == 200
