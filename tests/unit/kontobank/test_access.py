from datetime import date

from kontobank.app import create_app
from tests.unit.kontobank.tpp import REDIRECT_URI, Tpp, make_seal, query, scope_details


def code_of(tpp, login="test1", **changes):
    back = tpp.sign_in(tpp.authorize(**changes).json["aspspRedirectUri"], login)
    return query(back)["code"]


def number_of(token):
    return token["scope_details"]["privilegeList"][0]["accountNumber"]


def test_a_token_carries_what_was_granted(tpp):
    token = tpp.connect("test1")
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == "300"
    assert token["scope_details"]["consentId"] == "consent-1"
    # 180 days at most, whatever was asked
    assert token["scope_details"]["scopeTimeLimit"] == "2027-05-20T09:00:00Z"
    (granted,) = token["scope_details"]["privilegeList"]
    assert granted["accountNumber"].startswith("PL")
    assert granted["ais:getTransactionsDone"]["maxAllowedHistoryLong"] == 1460


def test_a_code_works_once_and_its_second_use_ends_the_first_ones_token(tpp):
    code = code_of(tpp)
    token = tpp.token_by_code(code).json
    assert tpp.data("getAccounts", token["access_token"]).status == 200
    assert tpp.token_by_code(code).json["code"] == "CODE_USED"
    assert tpp.data("getAccounts", token["access_token"]).status == 401
    assert tpp.token_by_refresh(token["refresh_token"]).status == 401


def test_a_code_lives_a_minute(tpp, clock):
    code = code_of(tpp)
    clock.advance(60)
    assert tpp.token_by_code(code).json["code"] == "CODE_EXPIRED"


def test_a_code_is_bound_to_its_redirect_uri(tpp):
    body = {
        "grant_type": "authorization_code",
        "Code": code_of(tpp),
        "redirect_uri": REDIRECT_URI + "x",
        "client_id": tpp.client_id,
    }
    assert tpp.post("auth", "token", body).json["code"] == "REDIRECT_URI_MISMATCH"


def test_a_sign_in_lives_ten_minutes(tpp, clock):
    address = tpp.authorize().json["aspspRedirectUri"]
    clock.advance(600)
    assert tpp.sign_in(address, "test1").status == 404


def test_a_token_lives_five_minutes_and_is_refreshed_without_a_person(tpp, clock):
    token = tpp.connect()
    clock.advance(300)
    assert tpp.data("getAccounts", token["access_token"]).json["code"] == "TOKEN_EXPIRED"
    fresh = tpp.token_by_refresh(token["refresh_token"]).json
    assert tpp.data("getAccounts", fresh["access_token"]).status == 200


def test_single_use_gets_no_refresh_token(tpp):
    assert "refresh_token" not in tpp.connect(usage="single")


def test_a_consent_ends_after_180_days(tpp, clock):
    token = tpp.connect()
    clock.advance(180 * 86_400)
    assert tpp.token_by_refresh(token["refresh_token"]).json["code"] == "CONSENT_EXPIRED"


def test_same_seed_and_same_calls_give_the_same_tokens(bank_dir, tpp, clock):
    other = Tpp(create_app(seed=1, data_dir=bank_dir, clock=clock))
    assert tpp.connect() == other.connect()


def test_only_the_chosen_accounts_are_granted(tpp):
    token = tpp.connect("test3", accounts=[1, 2])
    numbers = [item["accountNumber"] for item in token["scope_details"]["privilegeList"]]
    assert len(numbers) == 2
    assert len(tpp.data("getAccounts", token["access_token"]).json["accounts"]) == 2
    everything = Tpp(tpp.app, client_id="other", seal=tpp.seal).connect("test3", consent_id="c2")
    left_out = everything["scope_details"]["privilegeList"][0]["accountNumber"]
    answer = tpp.data("getAccount", token["access_token"], accountNumber=left_out)
    assert (answer.status, answer.json["code"]) == (403, "ACCOUNT_NOT_PERMITTED")


def test_a_call_without_its_privilege_is_403(tpp):
    token = tpp.connect(scope="ais-accounts", usage="single")
    number = "PL12999000090000083915966676"
    answer = tpp.data("getAccount", token["access_token"], accountNumber=number)
    assert (answer.status, answer.json["code"]) == (403, "PRIVILEGE_MISSING")


def test_two_steps_by_exchange_token(tpp):
    first = tpp.connect("test3", scope="ais-accounts", usage="single")["access_token"]
    masked = tpp.data("getAccounts", first).json["accounts"][1]["accountNumber"]
    body = {
        "grant_type": "exchange_token",
        "exchange_token": first,
        "client_id": tpp.client_id,
        "scope": "ais",
        "scope_details": scope_details("ais", "consent-2", accounts=(masked,)),
    }
    token = tpp.post("auth", "token", body).json
    number = number_of(token)
    assert "*" not in number
    answer = tpp.data("getAccount", token["access_token"], accountNumber=number)
    assert answer.json["account"]["accountType"]["code"] == "SAVINGS"


def test_the_fifth_unattended_call_in_a_day_is_429(tpp, clock):
    token = tpp.connect()
    access, number = token["access_token"], number_of(token)

    def call(endpoint="getAccount", attended=False):
        return tpp.data(endpoint, access, attended=attended, accountNumber=number).status

    assert [call() for _ in range(5)] == [200, 200, 200, 200, 429]
    assert call("getTransactionsDone") == 200  # another endpoint has its own count
    assert call(attended=True) == 200
    clock.advance(86_400)
    access = tpp.token_by_refresh(token["refresh_token"]).json["access_token"]
    assert call() == 200


def test_the_pages_of_a_list_count_once(tpp):
    token = tpp.connect()
    access, number = token["access_token"], number_of(token)
    for _ in range(4):
        page = None
        while True:
            more = {"pageId": page} if page else {}
            answer = tpp.data(
                "getTransactionsDone",
                access,
                attended=False,
                accountNumber=number,
                perPage=50,
                bookingDateFrom="2026-05-22",
                **more,
            )
            assert answer.status == 200
            page = answer.json["pageInfo"].get("nextPage")
            if page is None:
                break
    answer = tpp.data("getTransactionsDone", access, attended=False, accountNumber=number)
    assert answer.status == 429


def oldest(tpp, access, number):
    page, day = None, date.max
    while True:
        more = {"pageId": page} if page else {}
        reply = tpp.data("getTransactionsDone", access, accountNumber=number, **more).json
        for row in reply["transactions"]:
            day = min(day, date.fromisoformat(row["bookingDate"][:10]))
        page = reply["pageInfo"].get("nextPage")
        if page is None:
            return day


def test_history_is_as_long_as_the_consent_says_after_sign_in(tpp):
    token = tpp.connect(history_days=365)
    assert (
        date(2025, 11, 21)
        <= oldest(tpp, token["access_token"], number_of(token))
        <= date(2025, 11, 24)
    )


def test_history_shrinks_to_90_days_when_the_sign_in_is_old(tpp, clock):
    token = tpp.connect()
    clock.advance(901)
    access = tpp.token_by_refresh(token["refresh_token"]).json["access_token"]
    assert date(2026, 8, 23) <= oldest(tpp, access, number_of(token)) <= date(2026, 8, 26)


def test_delete_consent_ends_everything_under_it(tpp):
    token = tpp.connect()
    answer = tpp.post("accounts", "deleteConsent", {"consentId": "consent-1"})
    assert (answer.status, answer.body) == (204, b"")
    assert tpp.data("getAccounts", token["access_token"]).status == 401
    assert tpp.token_by_refresh(token["refresh_token"]).json["code"] == "CONSENT_DELETED"


def test_somebody_elses_consent_cannot_be_deleted_or_reused(tpp):
    tpp.connect()
    other = Tpp(tpp.app, client_id="other", seal=make_seal("other"))
    assert other.post("accounts", "deleteConsent", {"consentId": "consent-1"}).status == 403
    assert other.authorize().json["code"] == "CONSENT_ID_TAKEN"


def test_impossible_scopes_are_refused(tpp):
    assert tpp.authorize(limit="2020-01-01T00:00:00Z").json["code"] == "SCOPE_TIME_LIMIT_PAST"
    assert tpp.authorize(history_days=2_000).json["code"] == "HISTORY_INVALID"
    assert tpp.authorize(usage="often").json["code"] == "USAGE_LIMIT_INVALID"
    assert tpp.authorize(scope="pis").status == 422
