"""The bank's Czech face: who may call, what is shown, what is refused and in which words."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.kontobank.czech import BACK, FORM, CzechTpp
from tests.unit.kontobank.tpp import call_asgi

HOUR_S = 3_600
DAY_S = 86_400


def error_of(answer):
    return answer.json["errors"][0]


def account_of(bank, token, place=0):
    return bank.get("my/accounts", token).json["accounts"][place]["id"]


def listed(bank, token, query="", **more):
    number = account_of(bank, token)
    return bank.get(f"my/accounts/{number}/transactions{query}", token, **more)


# --- registration and sign-in
def test_a_registered_client_gets_an_id_and_a_secret_of_its_own(bank):
    first, second = bank.register().json, bank.register().json
    assert first["client_id"] != second["client_id"]
    assert first["client_secret"] != second["client_secret"]
    assert first["redirect_uris"] == [BACK]


@pytest.mark.parametrize(
    ("changes", "scope"),
    [
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": "https://tpp.example.org"}, "redirect_uris"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
        ({"client_name": ""}, "client_name"),
        ({"application_type": "desktop"}, "application_type"),
    ],
)
def test_a_registration_that_is_none_is_refused(bank, changes, scope):
    answer = bank.register(**changes)
    assert answer.status == 400
    assert error_of(answer)["scope"] == scope


@pytest.mark.parametrize("changes", [{"client_id": "x"}, {"redirect_uri": "https://evil.example"}])
def test_a_browser_is_never_sent_to_an_address_that_is_not_registered(bank, changes):
    bank.register()
    answer = bank.auth(**changes)
    assert answer.status == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "pisp"}, "invalid_scope"),
        ({"state": ""}, "invalid_request"),
    ],
)
def test_a_sign_in_that_cannot_begin_comes_back_with_its_reason(bank, changes, error):
    bank.register()
    answer = bank.auth(**changes)
    assert answer.status == 303
    assert answer.headers["location"].startswith(f"{BACK}&error={error}")


def test_the_person_comes_back_with_a_code_and_the_state(bank):
    assert set(bank.code()) == {"grant", "code", "state"}
    assert bank.code()["state"] == "st4te"


def test_a_code_serves_its_client_once_and_for_a_minute(bank, clock):
    code = bank.code()["code"]
    assert bank.redeem(code, redirect_uri="https://tpp.example.org/other").status == 400
    assert bank.redeem(code, client_secret="wrong").json["error"] == "invalid_client"
    given = bank.redeem(code).json
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] > 0
    assert bank.redeem(code).json["error"] == "invalid_grant"
    assert bank.get("my/accounts", given["access_token"]).status == 401
    late = bank.code()["code"]
    clock.advance(61)
    assert bank.redeem(late).json["error"] == "invalid_grant"


def test_a_code_of_one_client_is_nothing_to_another(bank, app):
    code = bank.code()["code"]
    other = CzechTpp(app)
    other.register()
    assert other.redeem(code).json["error"] == "invalid_grant"


def test_tokens_are_asked_for_in_a_form_by_a_known_client(bank):
    bank.register()
    assert bank.form("token", grant_type="password").json["error"] == "unsupported_grant_type"
    assert bank.form("token", client_id="x").status == 401
    raw = bank.call("POST", "oauth2/token", b"{}")
    assert raw.status == 400
    nonsense = bank.call("POST", "oauth2/token", b"\xff", headers={"Content-Type": FORM})
    assert nonsense.status == 400


# --- tokens
def test_a_refresh_token_serves_again_and_again_unless_the_login_says_once(bank):
    kept = bank.connect("test2")["refresh_token"]
    assert {bank.refresh(kept).json["refresh_token"] for _ in range(3)} == {kept}
    once = bank.connect("quirk-one-use-tokens")["refresh_token"]
    following = bank.refresh(once).json["refresh_token"]
    assert following != once
    assert bank.refresh(once).status == 400
    assert bank.refresh(following).status == 200


def test_a_token_is_too_old_after_minutes_and_a_consent_after_its_days(bank, clock):
    given = bank.connect()
    clock.advance(HOUR_S)
    assert error_of(bank.get("my/accounts", given["access_token"]))["error"] == "UNAUTHORISED"
    assert bank.refresh(given["refresh_token"]).status == 200
    clock.advance(180 * DAY_S)
    assert bank.refresh(given["refresh_token"]).json["error"] == "invalid_grant"


def test_a_revoked_token_takes_the_whole_consent_with_it(bank, app):
    given = bank.connect()
    stranger = CzechTpp(app)
    stranger.register()
    assert stranger.form("revoke", token=given["refresh_token"]).status == 200
    assert bank.get("my/accounts", given["access_token"]).status == 200
    assert bank.form("revoke", token=given["refresh_token"]).status == 200
    assert bank.get("my/accounts", given["access_token"]).status == 401
    assert bank.form("revoke", token="unknown").status == 200
    assert bank.form("revoke", token="unknown", client_secret="x").status == 401


def test_a_withdrawn_consent_is_forbidden_with_its_reason(bank, app):
    given = bank.connect()
    log = call_asgi(app, "GET", "/switchboard/log?since=0", {}).json["rows"]
    (consent,) = {row["consentId"] for row in log if row["consentId"]}
    call_asgi(app, "POST", f"/switchboard/consents/{consent}/withdraw", {}, b"{}")
    answer = bank.get("my/accounts", given["access_token"])
    assert answer.status == 403
    assert error_of(answer)["error"] == "FORBIDDEN"
    assert error_of(answer)["parameters"] == {"REASON": "CONSENT_WITHDRAWN"}
    assert bank.refresh(given["refresh_token"]).json["error"] == "invalid_grant"


def test_a_reset_bank_knows_no_client_and_counts_anew(bank, app):
    first = bank.register().json
    call_asgi(app, "POST", "/switchboard/reset", {}, b"{}")
    assert bank.auth().status == 400
    assert bank.register().json["client_id"] == first["client_id"]


# --- headers
@pytest.mark.parametrize(
    ("headers", "scope"),
    [
        ({"X-Request-ID": None}, "X-Request-ID"),
        ({"X-Request-ID": "short"}, "X-Request-ID"),
        ({"X-Request-ID": "x" * 61}, "X-Request-ID"),
        ({"Content-Type": None}, "Content-Type"),
        ({"Date": None}, "Date"),
        ({"Date": "soon"}, "Date"),
        ({"TPP-Name": None}, "TPP-Name"),
        ({"User-Involved": None}, "User-Involved"),
        ({"User-Involved": "maybe"}, "User-Involved"),
        ({"User-Involved": "false", "User-IP-Address": "192.0.2.7"}, "User-IP-Address"),
    ],
)
def test_a_header_that_is_missing_or_wrong_is_named(bank, headers, scope):
    answer = bank.get("my/accounts", bank.connect()["access_token"], headers=headers)
    assert answer.status == 400
    assert error_of(answer)["error"] == "PARAMETER_INVALID"
    assert error_of(answer)["scope"] == scope


def test_the_date_may_be_in_seconds_and_the_id_comes_back(bank):
    headers = {"Date": "1568452389", "X-Request-ID": "x" * 60}
    answer = bank.get("my/accounts", bank.connect()["access_token"], headers=headers)
    assert answer.status == 200
    assert answer.headers["x-request-id"] == "x" * 60


@pytest.mark.parametrize("token", [None, "unknown"])
def test_nobody_reads_without_a_token(bank, token):
    assert bank.get("my/accounts", token).status == 401


def test_a_token_is_of_its_country_only(bank, app):
    given = bank.connect()
    elsewhere = CzechTpp(app, place="pl")
    assert elsewhere.get("my/accounts", given["access_token"]).status == 401
    assert CzechTpp(app, place="xx").get("my/accounts", None).status == 404
    assert CzechTpp(app, place="xx").auth().status == 404


# --- data
def test_only_the_chosen_accounts_are_shown(bank):
    token = bank.connect("test3", accounts=[0, 1])["access_token"]
    found = bank.get("my/accounts", token).json
    assert (found["pageNumber"], found["pageCount"], found["totalCount"]) == (0, 1, 2)
    assert "nextPage" not in found
    everything = CzechTpp(bank.app)
    other = account_of(everything, everything.connect("test3")["access_token"], 3)
    answer = bank.get(f"my/accounts/{other}/balance", token)
    assert answer.status == 404
    assert error_of(answer)["error"] == "ID_NOT_FOUND"


def test_balances_are_unsigned_numbers_with_an_indicator(bank):
    token = bank.connect("test3")["access_token"]
    card = account_of(bank, token, 2)
    booked, available = bank.get(f"my/accounts/{card}/balance", token).json["balances"]
    assert booked["type"]["codeOrProprietary"]["code"] == "CLBD"
    assert booked["creditDebitIndicator"] == "DBIT"
    assert booked["amount"]["value"] > 0
    assert available["creditDebitIndicator"] == "CRDT"
    wrong = bank.get(f"my/accounts/{card}/balance?currency=USD", token)
    assert error_of(wrong)["error"] == "AC09"


def test_pages_of_rows_join_to_the_whole_list(bank):
    token = bank.connect("bench-1x450")["access_token"]
    first = listed(bank, token).json
    assert (first["pageSize"], first["pageCount"], first["nextPage"]) == (100, 5, 1)
    ids = [
        row["entryReference"]
        for page in range(5)
        for row in listed(bank, token, f"?page={page}").json["transactions"]
    ]
    assert len(set(ids)) == first["totalCount"] == len(ids)
    small = listed(bank, token, "?size=7&page=2").json["transactions"]
    assert [row["entryReference"] for row in small] == ids[14:21]
    assert "nextPage" not in listed(bank, token, "?page=4").json


@pytest.mark.parametrize(
    ("query", "error", "scope"),
    [
        ("?page=99", "PAGE_NOT_FOUND", "page"),
        ("?page=x", "PARAMETER_INVALID", "page"),
        ("?size=0", "PARAMETER_INVALID", "size"),
        ("?sort=amount", "PARAMETER_INVALID", "sort"),
        ("?order=UP", "PARAMETER_INVALID", "order"),
        ("?currency=EUR", "AC09", "currency"),
        ("?fromDate=yesterday", "DT01", "fromDate"),
        ("?fromDate=2027-01-01", "DT01", "fromDate"),
        ("?toDate=soon", "DT01", "toDate"),
    ],
)
def test_a_parameter_that_is_none_is_named(bank, query, error, scope):
    answer = listed(bank, bank.connect()["access_token"], query)
    assert answer.status == 400
    assert (error_of(answer)["error"], error_of(answer)["scope"]) == (error, scope)


def test_rows_come_newest_first_or_oldest_first(bank):
    token = bank.connect("test1")["access_token"]
    newest = listed(bank, token, "?size=100").json["transactions"]
    oldest = listed(bank, token, "?size=100&order=ASC").json["transactions"]
    days = [row["bookingDate"]["date"] for row in newest]
    assert days == sorted(days, reverse=True)
    assert [row["bookingDate"]["date"] for row in oldest] == sorted(
        row["bookingDate"]["date"] for row in oldest
    )


def test_the_whole_history_is_open_after_the_sign_in_and_90_days_later(bank, clock):
    given = bank.connect("test1")
    assert listed(bank, given["access_token"], "?fromDate=2023-01-01T00:00:00Z").status == 200
    clock.advance(HOUR_S)
    token = bank.refresh(given["refresh_token"]).json["access_token"]
    refused = listed(bank, token, "?fromDate=2026-08-22T00:00:00.000+02:00")
    assert error_of(refused)["parameters"] == {"DATE": "DATE_TO_OLD"}
    assert listed(bank, token, "?fromDate=2026-08-23T00:00:00.000+02:00").status == 200
    assert listed(bank, token).status == 200


def test_the_fifth_unattended_list_of_a_day_is_refused_and_pages_count_once(bank, clock):
    token = bank.connect("bench-1x150")["access_token"]
    number = account_of(bank, token)
    path = f"my/accounts/{number}/transactions"
    for _ in range(4):
        assert bank.get(path, token, attended=False).status == 200
        assert bank.get(f"{path}?page=1", token, attended=False).status == 200
    refused = bank.get(path, token, attended=False)
    assert refused.status == 429
    assert error_of(refused)["error"] == "TOO_MANY_REQUESTS"
    assert bank.get(path, token).status == 200


def test_what_waits_is_listed_for_one_account_and_for_all(bank):
    token = bank.connect("test2")["access_token"]
    number = account_of(bank, token)
    one = bank.get(f"my/accounts/{number}/payments/awaiting", token).json["payments"]
    everything = bank.get("my/payments/awaiting", token).json["payments"]
    assert one == everything
    assert [row["awaitingStatus"] for row in one] == ["OTHER", "FUTURE"]
    held = [row for row in listed(bank, token).json["transactions"] if row["status"] == "PDNG"]
    assert len(held) == 1


def test_symbols_stand_in_one_reference_and_cards_have_none(bank):
    rows = listed(bank, bank.connect("test1")["access_token"], "?size=100").json["transactions"]
    details = [row["entryDetails"]["transactionDetails"] for row in rows]
    written = [
        one["remittanceInformation"]["structured"]["creditorReferenceInformation"]["reference"]
        for one in details
        if "structured" in one["remittanceInformation"]
    ]
    assert 0 < len(written) < len(rows)
    assert all(text.startswith("VS:") and ",KS:0308" in text for text in written)


# --- masks
def test_a_masked_bank_keeps_the_limits_of_its_mask(app, clock):
    mask = {
        "name": "Vzorová banka",
        "history_days_initial": 400,
        "history_days_later": 30,
        "history_window_minutes": 2,
        "consent_days": 10,
        "calls_per_day": 1,
    }
    written = base64.urlsafe_b64encode(json.dumps(mask).encode()).decode().rstrip("=")
    bank = CzechTpp(app, place=f"cz.{written}")
    bank.register()
    page = bank.auth().headers["location"]
    assert "Vzorová banka" in call_asgi(app, "GET", page, {}).text
    assert parse_qs(urlsplit(page).query)["request"]
    given = bank.connect("test1")
    token = given["access_token"]
    assert listed(bank, token, "?fromDate=2025-10-17").status == 200
    assert listed(bank, token, "?fromDate=2025-10-16").status == 400
    clock.advance(121)
    assert listed(bank, token, "?fromDate=2026-10-22").status == 200
    assert listed(bank, token, "?fromDate=2026-10-21").status == 400
    number = account_of(bank, token)
    assert bank.get(f"my/accounts/{number}/balance", token, attended=False).status == 200
    assert bank.get(f"my/accounts/{number}/balance", token, attended=False).status == 429
    clock.advance(10 * DAY_S)
    assert bank.refresh(given["refresh_token"]).status == 400
