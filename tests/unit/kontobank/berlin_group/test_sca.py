import base64
import json
import re

import pytest

from tests.unit.kontobank.test_mask import place
from tests.unit.kontobank.tpp import call_asgi
from tests.unit.kontobank.xs2a import BACK, Xs2a, code

RIGHT = {"psuData": {"password": "Test123"}}
OTP = {"scaAuthenticationData": "Test123"}


@pytest.fixture
def decoupled(app):
    return Xs2a(app, place("lt", approaches=["decoupled", "redirect"]))


@pytest.fixture
def embedded(app):
    return Xs2a(app, place("lv", approaches=["embedded"]))


def sca_status(bank, answer):
    return bank.get(answer.json["_links"]["scaStatus"]["href"]).json["scaStatus"]


# --- which approach


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "DECOUPLED"),
        ({"TPP-Redirect-Preferred": "true"}, "REDIRECT"),
        ({"TPP-Decoupled-Preferred": "true"}, "DECOUPLED"),
        ({"TPP-Redirect-Preferred": "false"}, "DECOUPLED"),
    ],
)
def test_the_preference_counts_where_the_bank_has_the_choice(decoupled, headers, expected):
    answer = decoupled.create(headers={"PSU-ID": "test1", **headers})
    assert answer.headers["aspsp-sca-approach"] == expected


def test_a_preference_the_bank_cannot_meet_is_ignored(bank):
    answer = bank.create(headers={"TPP-Decoupled-Preferred": "true"})
    assert answer.headers["aspsp-sca-approach"] == "REDIRECT"


# --- decoupled


def test_a_plain_person_confirms_after_a_second(decoupled, clock):
    answer = decoupled.create(headers={"PSU-ID": "test1"})
    consent = answer.json["consentId"]
    assert "scaRedirect" not in answer.json["_links"]
    assert answer.json["psuMessage"]
    assert (sca_status(decoupled, answer), decoupled.status(consent)) == ("started", "received")
    clock.advance(1)
    assert (sca_status(decoupled, answer), decoupled.status(consent)) == ("finalised", "valid")
    assert decoupled.accounts(consent)


def test_without_a_person_the_start_must_name_one(decoupled, clock):
    answer = decoupled.create()
    link = answer.json["_links"]["startAuthorisationWithPsuIdentification"]["href"]
    assert code(decoupled.call("POST", link, {})) == (400, "FORMAT_ERROR")
    unknown = decoupled.call("POST", link, {}, headers={"PSU-ID": "nobody"})
    assert code(unknown) == (401, "PSU_CREDENTIALS_INVALID")
    started = decoupled.call("POST", link, {}, headers={"PSU-ID": "test2"})
    assert (started.status, started.json["scaStatus"]) == (201, "started")
    clock.advance(2)
    assert sca_status(decoupled, started) == "finalised"


def test_people_with_a_fault_refuse(decoupled, clock):
    answer = decoupled.create(headers={"PSU-ID": "test-locked"})
    clock.advance(2)
    assert decoupled.status(answer.json["consentId"]) == "rejected"
    told = decoupled.get(answer.json["_links"]["scaStatus"]["href"]).json
    assert told == {"scaStatus": "failed", "psuMessage": "AccessTemporarilyBlocked"}


@pytest.mark.parametrize(("decision", "expected"), [("approve", "valid"), ("cancel", "rejected")])
def test_one_person_decides_in_the_app(app, decoupled, clock, decision, expected):
    answer = decoupled.create(headers={"PSU-ID": "test-app"})
    clock.advance(300)
    assert sca_status(decoupled, answer) == "started"
    target = f"/app/{decoupled.place}?login=test-app"
    page = call_asgi(app, "GET", target, {})
    name = re.search(r'name="authorisation" value="([^"]*)"', page.text)[1]
    form = f"authorisation={name}&login=test-app&decision={decision}".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert call_asgi(app, "POST", target, kind, form).status == 303
    assert decoupled.status(answer.json["consentId"]) == expected
    assert name not in call_asgi(app, "GET", target, {}).text


@pytest.mark.parametrize(("is_yes", "expected"), [(True, "valid"), (False, "rejected")])
def test_the_switchboard_decides_for_the_person(app, decoupled, is_yes, expected):
    answer = decoupled.create(headers={"PSU-ID": "test-app"})
    body = json.dumps({"login": "test-app", "confirm": is_yes}).encode()
    assert call_asgi(app, "POST", "/switchboard/app", {}, body).json == {"decided": 1}
    assert decoupled.status(answer.json["consentId"]) == expected


def test_a_push_nobody_answers_fails_after_ten_minutes(decoupled, clock):
    answer = decoupled.create(headers={"PSU-ID": "test-app"})
    clock.advance(601)
    assert sca_status(decoupled, answer) == "failed"


def test_a_consent_for_accounts_of_others_fails(decoupled, clock):
    named = [{"iban": "LT001000000000000000"}]
    answer = decoupled.create({"accounts": named}, headers={"PSU-ID": "test1"})
    clock.advance(2)
    assert decoupled.status(answer.json["consentId"]) == "rejected"


# --- embedded


def begin(bank, login, body=None, **changes):
    answer = bank.create(headers={"TPP-Redirect-URI": None}, **changes)
    assert answer.headers["aspsp-sca-approach"] == "EMBEDDED"
    link = answer.json["_links"]["startAuthorisationWithPsuAuthentication"]["href"]
    started = bank.call("POST", link, body or {}, headers={"PSU-ID": login})
    return answer.json["consentId"], started


def put(bank, answer, step, body, **headers):
    return bank.call("PUT", answer.json["_links"][step]["href"], body, headers=headers)


def test_password_and_code_authorise(embedded):
    consent, started = begin(embedded, "test1", RIGHT)
    assert (started.status, started.json["scaStatus"]) == (201, "scaMethodSelected")
    assert started.json["chosenScaMethod"]["authenticationType"] == "SMS_OTP"
    ended = put(embedded, started, "authoriseTransaction", OTP)
    assert (ended.status, ended.json["scaStatus"]) == (200, "finalised")
    assert embedded.status(consent) == "valid"
    assert embedded.accounts(consent)


def test_every_step_can_be_a_call_of_its_own(embedded):
    answer = embedded.create(headers={"TPP-Explicit-Authorisation-Preferred": "true"})
    link = answer.json["_links"]["startAuthorisation"]["href"]
    step = embedded.call("POST", link, {})
    assert step.json["scaStatus"] == "received"
    step = put(embedded, step, "updatePsuIdentification", {}, **{"PSU-ID": "test3"})
    assert step.json["scaStatus"] == "psuIdentified"
    step = put(embedded, step, "updatePsuAuthentication", RIGHT)
    assert step.json["scaStatus"] == "psuAuthenticated"
    names = [one["authenticationMethodId"] for one in step.json["scaMethods"]]
    assert names == ["sms", "chip", "photo"]
    unknown = put(embedded, step, "selectAuthenticationMethod", {"authenticationMethodId": "x"})
    assert code(unknown) == (400, "SCA_METHOD_UNKNOWN")
    step = put(embedded, step, "selectAuthenticationMethod", {"authenticationMethodId": "chip"})
    assert step.json["scaStatus"] == "scaMethodSelected"
    assert re.fullmatch(r"\d{8}", step.json["challengeData"]["data"][0])
    step = put(embedded, step, "authoriseTransaction", OTP)
    assert step.json["scaStatus"] == "finalised"
    assert embedded.status(answer.json["consentId"]) == "valid"


def test_a_photo_challenge_is_a_picture(embedded):
    _, started = begin(embedded, "test-photo", RIGHT)
    picture = base64.b64decode(started.json["challengeData"]["image"])
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert put(embedded, started, "authoriseTransaction", OTP).json["scaStatus"] == "finalised"


def test_some_need_no_second_factor(embedded):
    consent, started = begin(embedded, "test2", RIGHT)
    assert started.json["scaStatus"] == "exempted"
    assert embedded.status(consent) == "valid"


def test_three_wrong_passwords_end_it(embedded):
    consent, started = begin(embedded, "test1")
    for _ in range(3):
        assert embedded.status(consent) == "received"
        wrong = put(embedded, started, "updatePsuAuthentication", {"psuData": {"password": "x"}})
        assert code(wrong) == (401, "PSU_CREDENTIALS_INVALID")
    assert embedded.status(consent) == "rejected"
    late = put(embedded, started, "updatePsuAuthentication", RIGHT)
    assert code(late) == (409, "STATUS_INVALID")


def test_three_wrong_codes_end_it(embedded):
    consent, started = begin(embedded, "test1", RIGHT)
    for _ in range(3):
        wrong = put(embedded, started, "authoriseTransaction", {"scaAuthenticationData": "0"})
        assert code(wrong) == (401, "PSU_CREDENTIALS_INVALID")
    assert embedded.status(consent) == "rejected"
    assert sca_status(embedded, started) == "failed"


@pytest.mark.parametrize("login", ["nobody", "", "test5"])
def test_unknown_people_are_as_wrong_as_wrong_passwords(embedded, login):
    consent, started = begin(embedded, login or "x", RIGHT)
    assert code(started) == (401, "PSU_CREDENTIALS_INVALID")
    assert embedded.status(consent) == "received"


def test_people_with_a_fault_are_told_why(embedded):
    consent, started = begin(embedded, "test-blocked", RIGHT)
    assert code(started) == (403, "SERVICE_BLOCKED")
    assert embedded.get(f"consents/{consent}/status").json == {
        "consentStatus": "rejected",
        "psuMessage": "AccessBlocked",
    }


@pytest.mark.parametrize(
    "body", [OTP, {"authenticationMethodId": "sms"}, {"confirmationCode": "1"}, {}, {"x": 1}]
)
def test_steps_out_of_order_are_refused(embedded, body):
    _, started = begin(embedded, "test1")
    assert code(put(embedded, started, "updatePsuAuthentication", body)) == (409, "STATUS_INVALID")


def test_a_confirmation_code_ends_it(embedded):
    consent, started = begin(embedded, "test-confirm", RIGHT)
    step = put(embedded, started, "authoriseTransaction", OTP)
    assert step.json["scaStatus"] == "unconfirmed"
    assert embedded.status(consent) == "received"
    wrong = put(embedded, step, "confirmation", {"confirmationCode": "1"})
    assert code(wrong) == (400, "SCA_INVALID")
    step = put(embedded, step, "confirmation", {"confirmationCode": "Test123"})
    assert step.json["scaStatus"] == "finalised"
    assert embedded.status(consent) == "valid"


def test_a_redirect_can_want_a_confirmation_too(bank):
    answer = bank.create()
    back = bank.sign_in(answer, "test-confirm").headers["location"]
    assert back.startswith(f"{BACK}&confirmationCode=")
    link = answer.json["_links"]["scaStatus"]["href"]
    shown = bank.get(link).json
    assert shown["scaStatus"] == "unconfirmed"
    assert bank.status(answer.json["consentId"]) == "received"
    given = back.rpartition("=")[2]
    ended = bank.call("PUT", shown["_links"]["confirmation"]["href"], {"confirmationCode": given})
    assert ended.json["scaStatus"] == "finalised"
    assert bank.accounts(answer.json["consentId"])


def test_nothing_can_be_added_to_a_redirect(bank):
    link = bank.create().json["_links"]["scaStatus"]["href"]
    assert code(bank.call("PUT", link, OTP)) == (400, "SERVICE_INVALID")


def test_an_authorisation_of_no_consent_is_unknown(bank):
    consent = bank.create().json["consentId"]
    assert code(bank.get(f"consents/{consent}/authorisations/x")) == (403, "RESOURCE_UNKNOWN")


def test_the_owner_is_named_once_authorised(bank):
    answer = bank.create({"allPsd2": "allAccountsWithOwnerName"})
    bank.sign_in(answer, "test1")
    assert bank.get(answer.json["_links"]["scaStatus"]["href"]).json["psuName"]
