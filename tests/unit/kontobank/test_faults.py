import base64
import json

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from kontobank.faults import Fault, FaultPlan, PlannedFault, call_fault
from kontobank.signing import b64url, from_b64url
from tests.unit.kontobank.tpp import Tpp, call_asgi


def plan(tpp, **fault):
    answer = call_asgi(tpp.app, "POST", "/switchboard/faults", {}, json.dumps(fault).encode())
    assert answer.status == 200, answer.text


def connect(tpp, login="test2"):
    token = tpp.connect(login)
    return token["access_token"], token["scope_details"]["privilegeList"][0]["accountNumber"]


def is_signed(tpp, answer):
    (jwk,) = call_asgi(tpp.app, "GET", "/keys/jwks.json", {}).json["keys"]
    key = x509.load_der_x509_certificate(base64.b64decode(jwk["x5c"][0])).public_key()
    head, _, signature = answer.headers["x-jws-signature"].split(".")
    signed = f"{head}.{b64url(answer.body)}".encode()
    try:
        key.verify(from_b64url(signature), signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def test_replies_and_errors_are_signed(tpp):
    access, number = connect(tpp)
    assert is_signed(tpp, tpp.data("getAccount", access, accountNumber=number))
    assert is_signed(tpp, tpp.data("getTransactionsDone", access, accountNumber=number))
    assert is_signed(tpp, tpp.data("getAccount", "nobody", accountNumber=number))


def test_a_plan_counts_calls_before_and_during():
    planned = FaultPlan()
    planned.add(PlannedFault(Fault("reset"), "getAccount", None, after=1, times=2))
    met = [planned.take("getAccount", "x") is not None for _ in range(5)]
    assert met == [False, True, True, False, False]


def test_a_plan_is_for_its_path_and_login_only():
    planned = FaultPlan()
    planned.add(PlannedFault(Fault("reset"), "getAccount", "test2", after=0, times=1))
    assert planned.take("getAccounts", "test2") is None
    assert planned.take("getAccount", "test1") is None
    assert planned.take("getAccount", "test2") == Fault("reset")


@pytest.mark.parametrize(
    ("status", "code"), [(429, "SLOW_DOWN"), (500, "OOPS"), (503, "MAINTENANCE")]
)
def test_status_fault(tpp, status, code):
    access, _ = connect(tpp)
    plan(tpp, kind="status", status=status, code=code, retry_after_s=7)
    answer = tpp.data("getAccounts", access)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["retry-after"] == "7"
    assert tpp.data("getAccounts", access).status == 200


def test_html_fault(tpp):
    access, _ = connect(tpp)
    plan(tpp, kind="html")
    answer = tpp.data("getAccounts", access)
    assert answer.headers["content-type"].startswith("text/html")


def test_nonsense_is_rightly_signed(tpp):
    access, _ = connect(tpp)
    plan(tpp, kind="nonsense", path="getAccounts")
    answer = tpp.data("getAccounts", access)
    assert "accounts" not in answer.json
    assert is_signed(tpp, answer)


def test_bad_and_missing_signature(tpp):
    access, _ = connect(tpp)
    plan(tpp, kind="bad_signature")
    assert not is_signed(tpp, tpp.data("getAccounts", access))
    plan(tpp, kind="missing_signature")
    assert "x-jws-signature" not in tpp.data("getAccounts", access).headers


def test_expired_token_and_withdrawn(tpp, clock):
    access, _ = connect(tpp)
    plan(tpp, kind="expired_token")
    assert tpp.data("getAccounts", access).json["code"] == "TOKEN_EXPIRED"
    assert tpp.data("getAccounts", access).status == 200
    plan(tpp, kind="withdrawn")
    assert tpp.data("getAccounts", access).json["code"] == "CONSENT_WITHDRAWN"
    assert tpp.data("getAccounts", access).status == 200, "under way at the same instant"
    clock.advance(1)
    assert tpp.data("getAccounts", access).status == 403


def test_hostile_text_reaches_titles_and_parties(tpp):
    access, number = connect(tpp)
    plan(tpp, kind="hostile_text", path="getTransactionsDone")
    answer = tpp.data("getTransactionsDone", access, accountNumber=number)
    titles = [row["description"] for row in answer.json["transactions"]]
    assert None in titles
    assert 12345 in titles
    assert any("]]>" in title for title in titles if isinstance(title, str))
    assert b"\\ud83d lone" in answer.body
    assert is_signed(tpp, answer)


def test_page_faults(tpp):
    access, number = connect(tpp)
    plan(tpp, kind="no_next_page", path="getTransactionsDone")
    first = tpp.data("getTransactionsDone", access, accountNumber=number).json
    assert "nextPage" not in first["pageInfo"]
    plan(tpp, kind="loop_pages", path="getTransactionsDone", times=3)
    first = tpp.data("getTransactionsDone", access, accountNumber=number).json
    page = first["pageInfo"]["nextPage"]
    again = tpp.data("getTransactionsDone", access, accountNumber=number, pageId=page).json
    assert again["transactions"] == first["transactions"]
    assert again["pageInfo"]["nextPage"] == page


def test_slow_fault_answers_after_its_delay(tpp):
    access, _ = connect(tpp)
    plan(tpp, kind="slow", delay_ms=1)
    assert tpp.data("getAccounts", access).status == 200


@pytest.mark.parametrize(
    ("login", "status", "code"),
    [
        ("test-maintenance", 503, "MAINTENANCE"),
        ("test-down", 503, "SERVICE_UNAVAILABLE"),
        ("test-expired", 401, "TOKEN_EXPIRED"),
    ],
)
def test_logins_that_fail_in_data_calls(app, login, status, code):
    tpp = Tpp(app)
    access, number = connect(tpp, login)
    for endpoint in ("getAccounts", "getAccount", "getTransactionsDone"):
        answer = tpp.data(endpoint, access, accountNumber=number)
        assert (answer.status, answer.json["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (login == "test-maintenance")


def test_the_io_login_needs_a_real_server_to_cut_the_line(tpp):
    access, _ = connect(tpp, "test-io")
    with pytest.raises(ConnectionResetError):
        tpp.data("getAccounts", access)


def test_the_fatal_login_says_so(tpp):
    access, number = connect(tpp, "test-fatal")
    answer = tpp.data("getAccount", access, accountNumber=number)
    assert answer.json["account"]["auxData"]["fatal"] == "true"


def test_the_slow_login_has_a_first_page_and_a_slow_second(tpp):
    access, number = connect(tpp, "test-slow")
    reply = tpp.data("getTransactionsDone", access, accountNumber=number).json
    assert len(reply["transactions"]) == 1
    assert reply["pageInfo"]["nextPage"]
    assert call_fault("test-slow", is_next_page=False) is None
    slow = call_fault("test-slow", is_next_page=True)
    assert (slow.kind, slow.delay_ms) == ("slow", 25_000)


def test_the_withdrawn_login_dies_after_its_first_import(tpp):
    token = tpp.connect("test-withdrawn")
    access = token["access_token"]
    number = token["scope_details"]["privilegeList"][0]["accountNumber"]
    asked = {"accountNumber": number, "bookingDateFrom": "2026-09-01"}
    assert tpp.data("getAccount", access, accountNumber=number).status == 200
    assert tpp.data("getTransactionsDone", access, **asked).status == 200
    # what belongs to the same import is still read
    assert tpp.data("getHolds", access, accountNumber=number).status == 200
    answer = tpp.token_by_refresh(token["refresh_token"])
    assert (answer.status, answer.json["code"]) == (403, "CONSENT_WITHDRAWN")
    answer = tpp.data("getAccount", access, accountNumber=number)
    assert (answer.status, answer.json["code"]) == (403, "CONSENT_WITHDRAWN")
