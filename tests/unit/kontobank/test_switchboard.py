import json

import pytest

from kontobank.clock import LAST
from kontobank.switchboard import ADVANCE_MAX_S
from tests.unit.kontobank.tpp import Tpp, call_asgi, make_seal


@pytest.fixture
def switch(app):
    def send(method, path, body=None):
        raw = json.dumps(body).encode() if body is not None else b""
        return call_asgi(app, method, f"/switchboard/{path}", {}, raw)

    return send


def test_the_clock_moves_stops_and_is_set(switch, clock):
    assert switch("POST", "clock", {"advance_s": 60}).json["now"].startswith("2026-11-21T09:01")
    assert switch("POST", "clock", {"now": "2027-01-01T00:00:00Z"}).json["now"].startswith("2027")
    switch("POST", "clock", {"pause": False})
    assert switch("POST", "clock", {"pause": True}).status == 200
    assert clock.now() == clock.now()


@pytest.mark.parametrize(
    "move", [{"now": "9999-12-31T23:59:59Z"}, {"now": "0001-01-01T00:00:00+02:00"}]
)
def test_the_clock_stays_where_every_page_can_be_shown(app, switch, clock, move):
    before = clock.now()
    assert switch("POST", "clock", move).status == 400
    switch("POST", "clock", {"pause": True})
    while switch("POST", "clock", {"advance_s": ADVANCE_MAX_S}).status == 200:
        assert call_asgi(app, "GET", "/world", {}, b"").status == 200
    assert before.year < clock.now().year < LAST.year
    assert switch("POST", "clock", {"now": "2000-01-01T00:00:00Z"}).status == 200
    assert call_asgi(app, "GET", "/world", {}, b"").status == 200
    assert switch("POST", "clock", {"advance_s": -1}).status == 400


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("faults", {"kind": "slow", "delay": 500}, "no delay here"),
        ("clock", {"advance": 60}, "no advance here"),
        ("latency", {"seconds": 1}, "no seconds here"),
        ("expire", {"user": "test1"}, "no user here"),
        ("app", {"approve": False}, "no approve here"),
    ],
)
def test_a_member_nobody_knows_is_refused_and_nothing_is_done(switch, path, body, said):
    reply = switch("POST", path, body)
    assert reply.status == 400
    assert said in reply.json["error"]
    assert switch("GET", "state").json["faults"] == 0


def test_the_truth_of_no_country_is_refused_in_words(switch):
    reply = switch("GET", "truth?login=alive-anna&country=zz")
    assert reply.status == 400
    assert reply.json["error"].startswith("country is one of pl")


def test_a_withdrawn_consent_refuses_data_and_tokens(switch, tpp):
    token = tpp.connect()
    assert switch("POST", "consents/consent-1/withdraw").json["status"] == "withdrawn"
    answer = tpp.data("getAccounts", token["access_token"])
    assert (answer.status, answer.json["code"]) == (403, "CONSENT_WITHDRAWN")
    assert tpp.token_by_refresh(token["refresh_token"]).status == 403
    assert switch("POST", "consents/other/withdraw").status == 404


def test_the_log_numbers_calls_and_hides_account_numbers(switch, tpp):
    token = tpp.connect("test1")
    number = token["scope_details"]["privilegeList"][0]["accountNumber"]
    tpp.data("getAccount", token["access_token"], attended=False, accountNumber=number)
    tpp.data("getAccount", "wrong", accountNumber=number)
    log = switch("GET", "log?since=2").json
    good, bad = log["rows"]
    assert log["last"] == 4
    assert (good["sequence"], good["endpoint"], good["account"]) == (3, "getAccount", number[-4:])
    assert (good["attended"], good["page"], good["status"]) == (False, "first", 200)
    assert good["consentId"] == "consent-1"
    assert good["tppId"] == "PSD-tpp-test"
    assert (bad["status"], bad["code"], bad["attended"]) == (401, "TOKEN_INVALID", True)
    assert number not in json.dumps(log)


def test_the_ledger_counts_unattended_calls_and_refusals(switch, tpp):
    token = tpp.connect("test1")
    for _ in range(6):
        tpp.data("getAccounts", token["access_token"], attended=False)
    (row,) = switch("GET", "ledger").json["rows"]
    assert (row["endpoint"], row["count"], row["refused"]) == ("getAccounts", 4, 2)


def test_reset_forgets_everything(switch, app, tpp):
    token = tpp.connect()
    switch("POST", "faults", {"kind": "html"})
    switch("POST", "latency", {"ms": 1})
    assert switch("POST", "reset").status == 200
    assert tpp.data("getAccounts", token["access_token"]).json["code"] == "TOKEN_INVALID"
    assert switch("DELETE", "faults").json == {"waiting": 0}
    stranger = Tpp(app, client_id="tpp-new", seal=make_seal("stranger"))
    assert stranger.authorize().status == 200
    assert switch("GET", "log?since=0").json["last"] == 2


def test_shape_names_the_bench_login(switch):
    body = {"accounts": 5, "transactions": 200}
    assert switch("POST", "shape", body).json == {"login": "bench-5x200"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"kind": "refuse"}),
        ("faults", {"kind": "slow", "delay_ms": -1}),
        ("faults", {"kind": "status", "status": "503"}),
        ("clock", {"advance_s": "1"}),
        ("clock", {"now": "soon"}),
        ("latency", {"ms": 10**9}),
        ("shape", {"accounts": 0}),
        ("latency", []),
    ],
)
def test_unclear_requests_are_400_with_words(switch, path, body):
    answer = switch("POST", path, body)
    assert answer.status == 400
    assert answer.json["error"]
    assert switch("GET", "log?since=x").status == 400
