from datetime import timedelta

import pytest

from tests.unit.kontobank.test_mask import place
from tests.unit.kontobank.tpp import call_asgi, hidden_fields
from tests.unit.kontobank.xs2a import BACK, GLOBAL, NOK, OFFERED, Xs2a, code

IBAN = "RO00XKTB0000000000000000"


def test_a_new_consent_is_received_and_says_how_to_authorise_it(bank):
    answer = bank.create()
    assert answer.status == 201
    assert answer.json["consentStatus"] == "received"
    assert set(answer.json["_links"]) == {"scaRedirect", "scaStatus", "self", "status"}
    assert answer.headers["aspsp-sca-approach"] == "REDIRECT"
    assert answer.headers["location"].endswith(answer.json["_links"]["self"]["href"])


def test_the_request_id_is_echoed(bank):
    name = "7f1a5c1e-65b0-4f25-9a3d-2a6de5b0c111"
    assert bank.create(headers={"X-Request-ID": name}).headers["x-request-id"] == name


def test_the_person_comes_back_to_exactly_the_address_given(bank):
    answer = bank.create()
    back = bank.sign_in(answer, "test1")
    assert (back.status, back.headers["location"]) == (303, BACK)
    assert bank.status(answer.json["consentId"]) == "valid"
    assert bank.get(answer.json["_links"]["scaStatus"]["href"]).json["scaStatus"] == "finalised"


def test_a_refusal_leads_to_the_other_address_and_rejects_the_consent(bank):
    answer = bank.create()
    back = bank.sign_in(answer, "test-blocked")
    assert back.headers["location"] == NOK
    assert bank.status(answer.json["consentId"]) == "rejected"
    told = bank.get(answer.json["_links"]["scaStatus"]["href"]).json
    assert told == {"scaStatus": "failed", "psuMessage": "AccessBlocked"}


def test_without_an_address_for_refusals_the_one_address_is_used(bank):
    answer = bank.create(headers={"TPP-Nok-Redirect-URI": None})
    assert bank.sign_in(answer, "test-blocked").headers["location"] == BACK


def test_the_sca_status_follows_the_pages(app, bank):
    answer = bank.create()
    link = answer.json["_links"]["scaStatus"]["href"]
    page = bank.page(answer)
    fields = hidden_fields(page.text)
    assert bank.get(link).json == {"scaStatus": "received"}
    form = f"request={fields['request']}&step=login&login=test1&password=Test123".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    call_asgi(app, "POST", "/berlin-group/ro/login", kind, form)
    assert bank.get(link).json == {"scaStatus": "psuAuthenticated"}


def test_a_sign_in_left_alone_fails_after_ten_minutes(bank, clock):
    answer = bank.create()
    clock.advance(601)
    assert bank.status(answer.json["consentId"]) == "rejected"
    assert bank.get(answer.json["_links"]["scaStatus"]["href"]).json == {"scaStatus": "failed"}


def test_an_explicit_start_is_two_calls(bank):
    answer = bank.create(headers={"TPP-Explicit-Authorisation-Preferred": "true"})
    start = answer.json["_links"]["startAuthorisation"]["href"]
    assert "scaRedirect" not in answer.json["_links"]
    started = bank.call("POST", start, {}, headers={"TPP-Redirect-URI": BACK})
    assert (started.status, started.json["scaStatus"]) == (201, "received")
    assert bank.get(start).json == {"authorisationIds": [started.json["authorisationId"]]}
    assert bank.sign_in(started, "test2").headers["location"] == BACK
    assert bank.status(answer.json["consentId"]) == "valid"


def test_the_bank_shortens_what_is_asked_for_too_long(bank, clock):
    consent = bank.connect()
    shown = bank.get(f"consents/{consent}").json
    assert shown["validUntil"] == (clock.today() + timedelta(days=180)).isoformat()
    assert shown["frequencyPerDay"] == 4
    assert shown["recurringIndicator"] is True
    masked = Xs2a(bank.app, place("ro", consent_days=30, calls_per_day=2))
    shown = masked.get(f"consents/{masked.connect()}").json
    assert shown["validUntil"] == (clock.today() + timedelta(days=30)).isoformat()
    assert shown["frequencyPerDay"] == 2


def test_a_consent_says_which_accounts_the_person_chose(bank):
    answer = bank.create()
    bank.sign_in(answer, "test3", accounts=[0, 1])
    shown = bank.get(f"consents/{answer.json['consentId']}").json
    for kind in ("accounts", "balances", "transactions"):
        assert [one["currency"] for one in shown["access"][kind]] == ["RON", "RON"]


def test_a_detailed_consent_offers_and_grants_what_it_names(bank):
    number = bank.accounts(bank.connect("test3"))[1]["iban"]
    named = [{"iban": number}]
    answer = bank.create({"accounts": named, "balances": named, "transactions": named})
    consent = answer.json["consentId"]
    bank.sign_in(answer, "test3")
    assert [one["iban"] for one in bank.accounts(consent)] == [number]


def test_a_detailed_consent_grants_each_kind_for_its_accounts_only(bank):
    ibans = [one["iban"] for one in bank.accounts(bank.connect("test3"))]
    access = {"balances": [{"iban": ibans[0]}], "transactions": [{"iban": ibans[1]}]}
    consent = bank.connect("test3", access)
    links = [set(one["_links"]) for one in bank.accounts(consent)]
    assert links == [{"balances"}, {"transactions"}]


@pytest.mark.parametrize("word", ["allAccounts", "allAccountsWithOwnerName"])
def test_a_global_consent_takes_every_account(bank, word):
    consent = bank.connect("test3", {"allPsd2": word})
    accounts = bank.accounts(consent)
    assert len(accounts) == 3  # the credit card is among the cards
    assert all(("ownerName" in one) == (word != "allAccounts") for one in accounts)
    assert bank.get(f"consents/{consent}").json["access"] == {"allPsd2": word}


def test_the_owner_is_shown_when_asked_for(bank):
    assert "ownerName" not in bank.accounts(bank.connect())[0]
    access = {**OFFERED, "additionalInformation": {"ownerName": []}}
    account = bank.accounts(bank.connect("test1", access))[0]
    assert account["ownerNames"][0]["name"] == account["ownerName"]


def test_a_consent_for_the_list_lets_nothing_else_be_read(bank):
    consent = bank.connect("test1", {"availableAccounts": "allAccounts"})
    account = bank.accounts(consent)[0]
    assert account["_links"] == {}
    answer = bank.get(f"accounts/{account['resourceId']}/balances", consent)
    assert code(answer) == (401, "CONSENT_INVALID")


@pytest.mark.parametrize(
    "access",
    [
        None,
        {},
        [],
        {"allPsd2": "everything"},
        {**GLOBAL, **OFFERED},
        {"accounts": [{"iban": IBAN}], "balances": []},
        {"accounts": [{}]},
        {"accounts": "all"},
        {"additionalInformation": {"ownerName": []}},
    ],
)
def test_an_access_of_no_known_shape_is_refused(bank, access):
    body = {"access": access} if access is not None else {"access": 1}
    assert code(bank.create(**body)) == (400, "FORMAT_ERROR")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"recurringIndicator": "yes"}, "FORMAT_ERROR"),
        ({"validUntil": "tomorrow"}, "FORMAT_ERROR"),
        ({"validUntil": "2026-11-20"}, "PERIOD_INVALID"),
        ({"frequencyPerDay": 0}, "FORMAT_ERROR"),
        ({"recurringIndicator": False}, "PARAMETER_NOT_CONSISTENT"),
        ({"combinedServiceIndicator": True}, "SESSIONS_NOT_SUPPORTED"),
    ],
)
def test_a_consent_of_wrong_members_is_refused(bank, changes, expected):
    assert code(bank.create(**changes)) == (400, expected)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Request-ID": None},
        {"X-Request-ID": "1"},
        {"PSU-IP-Address": None},
        {"TPP-Redirect-URI": None},
        {"TPP-Redirect-URI": "javascript:1"},
    ],
)
def test_a_consent_without_its_headers_is_refused(bank, headers):
    assert code(bank.create(headers=headers)) == (400, "FORMAT_ERROR")


def test_other_formats_paths_and_methods_are_refused(bank):
    assert code(bank.get("accounts", headers={"Accept": "text/csv"})) == (
        406,
        "REQUESTED_FORMATS_INVALID",
    )
    assert code(bank.get("payments")) == (404, "RESOURCE_UNKNOWN")
    assert code(bank.call("PUT", "consents", {})) == (405, "SERVICE_INVALID")
    assert code(Xs2a(bank.app, "xx").get("accounts")) == (404, "RESOURCE_UNKNOWN")
    assert bank.call("POST", "consents", {}, headers={"Content-Type": "text/xml"}).status == 415


def test_a_new_recurring_consent_ends_the_persons_older_one(bank):
    first, other = bank.connect("test1"), bank.connect("test2")
    one_off = bank.connect("test1", recurringIndicator=False, frequencyPerDay=1)
    asked = bank.create().json["consentId"]
    assert bank.status(first) == "valid"  # asking is not enough
    second = bank.connect("test1")
    states = {name: bank.status(name) for name in (first, other, one_off, asked, second)}
    assert states == {
        first: "expired",
        other: "valid",
        one_off: "valid",
        asked: "received",
        second: "valid",
    }


def test_consents_of_another_bank_or_party_are_unknown(bank):
    consent = bank.connect()
    elsewhere = Xs2a(bank.app, "lt")
    assert code(elsewhere.get(f"consents/{consent}")) == (403, "CONSENT_UNKNOWN")
    assert code(elsewhere.get("accounts", consent)) == (400, "CONSENT_UNKNOWN")
    assert code(bank.get("consents/nothing/status")) == (403, "CONSENT_UNKNOWN")


def test_a_deleted_consent_opens_nothing(bank):
    consent = bank.connect()
    assert bank.call("DELETE", f"consents/{consent}").status == 204
    assert bank.status(consent) == "terminatedByTpp"
    assert code(bank.get("accounts", consent)) == (401, "CONSENT_INVALID")
    assert bank.call("DELETE", f"consents/{consent}").status == 204
    assert bank.status(consent) == "terminatedByTpp"


def test_a_withdrawn_consent_opens_nothing(bank):
    consent = bank.connect()
    told = call_asgi(bank.app, "POST", f"/switchboard/consents/{consent}/withdraw", {})
    assert told.json["status"] == "revokedByPsu"
    assert code(bank.get("accounts", consent)) == (401, "CONSENT_INVALID")
    assert bank.status(consent) == "revokedByPsu"


def test_a_consent_ends_after_its_last_day(bank, clock):
    until = clock.today() + timedelta(days=3)
    consent = bank.connect(validUntil=until.isoformat())
    clock.advance(3 * 86_400)
    assert bank.status(consent) == "valid"
    clock.advance(86_400)
    assert code(bank.get("accounts", consent)) == (401, "CONSENT_EXPIRED")


def test_a_one_off_consent_lives_an_hour(bank, clock):
    consent = bank.connect(recurringIndicator=False, frequencyPerDay=1)
    clock.advance(3_600)
    assert bank.get("accounts", consent).status == 200
    clock.advance(1)
    assert code(bank.get("accounts", consent)) == (401, "CONSENT_EXPIRED")


def test_a_consent_not_yet_authorised_opens_nothing(bank):
    consent = bank.create().json["consentId"]
    assert code(bank.get("accounts", consent)) == (401, "CONSENT_INVALID")
    assert code(bank.get("accounts")) == (400, "FORMAT_ERROR")


def test_a_rejected_consent_cannot_be_authorised_again(bank):
    answer = bank.create()
    bank.sign_in(answer, "test-blocked")
    again = bank.call(
        "POST",
        f"consents/{answer.json['consentId']}/authorisations",
        {},
        headers={"TPP-Redirect-URI": BACK},
    )
    assert code(again) == (409, "STATUS_INVALID")


def test_the_pages_wear_the_mask(bank):
    masked = Xs2a(bank.app, place("ro", name="Banca Test"))
    assert "<strong>Banca Test</strong>" in masked.page(masked.create()).text


def test_after_a_reset_no_consent_is_known(bank):
    consent = bank.connect()
    call_asgi(bank.app, "POST", "/switchboard/reset", {})
    assert code(bank.get("accounts", consent)) == (400, "CONSENT_UNKNOWN")
