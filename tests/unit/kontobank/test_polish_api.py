import json

import pytest

from kontobank.apis.polish_api.render import lines, masked, money
from tests.unit.kontobank.tpp import Tpp, call_asgi


@pytest.fixture
def signed_in(tpp):
    token = tpp.connect("test2")
    return token["access_token"], token["scope_details"]["privilegeList"][0]["accountNumber"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Accept-Encoding": None}, 400, "HEADER_MISSING"),
        ({"Accept-Language": None}, 400, "HEADER_MISSING"),
        ({"Accept-Charset": None}, 400, "HEADER_MISSING"),
        ({"X-JWS-SIGNATURE": None}, 400, "HEADER_MISSING"),
        ({"X-REQUEST-ID": None}, 400, "REQUEST_ID_INVALID"),
        ({"X-REQUEST-ID": "1c2d3e4f-0000-4000-8000-000000000000"}, 400, "REQUEST_ID_INVALID"),
        ({"X-REQUEST-ID": "1c2d3e4f-0000-1000-8000-000000000000"}, 400, "REQUEST_ID_MISMATCH"),
        ({"Accept-Encoding": "br"}, 406, "ENCODING_NOT_ACCEPTABLE"),
        ({"Accept-Charset": "iso-8859-2"}, 406, "CHARSET_NOT_ACCEPTABLE"),
        ({"Content-Type": "text/plain"}, 415, "MEDIA_TYPE_UNSUPPORTED"),
        ({"Authorization": None}, 401, "AUTHORIZATION_MISSING"),
        ({"Authorization": "Bearer other"}, 401, "TOKEN_MISMATCH"),
    ],
)
def test_required_headers_are_enforced(tpp, signed_in, headers, status, code):
    answer = tpp.post("accounts", "getAccounts", {}, token=signed_in[0], headers=headers)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert "x-jws-signature" in answer.headers


def test_only_post_is_answered(tpp, signed_in):
    answer = tpp.post("accounts", "getAccounts", {}, token=signed_in[0], method="PUT")
    assert answer.status == 405


def test_attended_calls_need_the_persons_address(tpp, signed_in):
    answer = tpp.post("accounts", "getAccounts", {}, token=signed_in[0], header={"ipAddress": None})
    assert answer.json["code"] == "IP_ADDRESS_MISSING"


def test_user_sessions_need_address_and_agent(tpp):
    body = {"grant_type": "refresh_token", "client_id": tpp.client_id, "is_user_session": True}
    assert tpp.post("auth", "token", body).json["code"] == "USER_SESSION_INCOMPLETE"


def test_unknown_places_are_a_signed_404(tpp):
    for country, version in (("xx", "v2_1_2.1"), ("pl", "v9")):
        answer = Tpp(tpp.app, country=country, version=version).authorize()
        assert answer.status == 404
        assert "x-jws-signature" in answer.headers


def test_a_body_that_is_no_json_is_400(tpp):
    raw = b"[1"
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "gzip",
        "Accept-Language": "pl",
        "Accept-Charset": "utf-8",
        "X-JWS-SIGNATURE": tpp.seal.sign(raw),
        "X-REQUEST-ID": tpp.request_id(),
    }
    path = "/polish-api/pl/v2_1_2.1/auth/v2_1_2.1/authorize"
    assert call_asgi(tpp.app, "POST", path, headers, raw).json["code"] == "BODY_INVALID"
    assert call_asgi(tpp.app, "POST", path, headers, b"x").json["code"] == "SIGNATURE_INVALID"


def test_accounts_are_masked_and_full_in_detail(tpp, signed_in):
    access, number = signed_in
    (account,) = tpp.data("getAccounts", access).json["accounts"]
    assert account["accountNumber"] == masked(number)
    assert account["psuRelations"]
    shown = tpp.data("getAccount", access, accountNumber=number).json["account"]
    assert shown["accountNumber"] == number
    assert json.loads(shown["auxData"]["owners"])[0]["kind"] == "OWNER"
    assert shown["auxData"]["openedOn"] == "2019-01-01"


def test_the_older_version_knows_no_relations(app):
    tpp = Tpp(app, version="v2_1_1.1")
    token = tpp.connect("test1")
    number = token["scope_details"]["privilegeList"][0]["accountNumber"]
    (account,) = tpp.data("getAccounts", token["access_token"]).json["accounts"]
    shown = tpp.data("getAccount", token["access_token"], accountNumber=number).json["account"]
    assert "psuRelations" not in account
    assert "psuRelations" not in shown


def pages(tpp, access, **body):
    page, found = None, []
    while True:
        more = {"pageId": page} if page else {}
        reply = tpp.data("getTransactionsDone", access, **body, **more).json
        found.append(reply["transactions"])
        page = reply["pageInfo"].get("nextPage")
        if page is None:
            return found


def test_pages_make_the_whole_list_newest_first(tpp, signed_in):
    access, number = signed_in
    asked = {
        "accountNumber": number,
        "bookingDateFrom": "2026-06-01",
        "bookingDateTo": "2026-11-20",
    }
    small = pages(tpp, access, **asked, perPage=7)
    large = pages(tpp, access, **asked, perPage=5_000)
    assert max(len(page) for page in large) == 100
    rows = [row for page in small for row in page]
    assert rows == [row for page in large for row in page]
    days = [row["bookingDate"] for row in rows]
    assert days == sorted(days, reverse=True)
    assert min(days) >= "2026-06-01"
    assert max(days) < "2026-11-21"


def test_filters_keep_what_they_say(tpp, signed_in):
    access, number = signed_in
    rows = tpp.data("getTransactionsDone", access, accountNumber=number, type="CREDIT").json
    assert {row["transactionCategory"] for row in rows["transactions"]} == {"CREDIT"}
    rows = tpp.data(
        "getTransactionsDone", access, accountNumber=number, minAmount="50.00", maxAmount="90.00"
    ).json["transactions"]
    assert all(50 <= float(row["amount"]) <= 90 for row in rows)
    whole = tpp.data("getTransactionsDone", access, accountNumber=number).json["transactions"]
    since = tpp.data(
        "getTransactionsDone", access, accountNumber=number, itemIdFrom=whole[9]["itemId"]
    ).json["transactions"]
    assert since == whole[:10]


@pytest.mark.parametrize(
    "body",
    [
        {"bookingDateFrom": "yesterday"},
        {"minAmount": "much"},
        {"type": "BOTH"},
        {"perPage": 0},
        {"pageId": "x"},
        {"pageId": 7},
        {"perPage": True},
        {"minAmount": "Infinity"},
    ],
)
def test_wrong_filters_are_400(tpp, signed_in, body):
    access, number = signed_in
    assert tpp.data("getTransactionsDone", access, accountNumber=number, **body).status == 400


def test_a_page_of_another_list_is_refused(tpp, signed_in):
    access, number = signed_in
    page = tpp.data("getTransactionsDone", access, accountNumber=number).json["pageInfo"][
        "nextPage"
    ]
    answer = tpp.data(
        "getTransactionsDone", access, accountNumber=number, pageId=page, type="DEBIT"
    )
    assert answer.json["code"] == "PAGE_ID_INVALID"


@pytest.mark.parametrize(
    "endpoint",
    [
        "getTransactionsPending",
        "getTransactionsRejected",
        "getTransactionsCancelled",
        "getTransactionsScheduled",
        "getHolds",
    ],
)
def test_lists_of_rows_on_their_way_hold_one_row_each(tpp, signed_in, endpoint):
    access, number = signed_in
    reply = tpp.data(endpoint, access, accountNumber=number).json
    assert len(reply["holds" if endpoint == "getHolds" else "transactions"]) == 1


def test_a_detail_repeats_its_row(tpp, signed_in):
    access, number = signed_in
    row = tpp.data("getTransactionsDone", access, accountNumber=number).json["transactions"][3]
    detail = tpp.data("getTransactionDetail", access, accountNumber=number, itemId=row["itemId"])
    assert detail.json["baseInfo"] == row
    unknown = tpp.data("getTransactionDetail", access, accountNumber=number, itemId="x")
    assert unknown.status == 422


def test_large_replies_are_gzipped_only_when_asked(tpp, signed_in):
    access, number = signed_in
    body = {"accountNumber": number}
    asked = tpp.post("accounts", "getTransactionsDone", body, token=access)
    plain = tpp.post(
        "accounts",
        "getTransactionsDone",
        body,
        token=access,
        headers={"Accept-Encoding": "deflate"},
    )
    assert asked.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert asked.json["transactions"] == plain.json["transactions"]


def test_a_token_of_one_country_is_none_in_another(app, tpp, signed_in):
    other = Tpp(app, country="cz", counter=500)
    assert other.data("getAccounts", signed_in[0]).status == 401


def test_money_and_lines():
    assert [money(minor) for minor in (0, 5, -4120, 100)] == ["0.00", "0.05", "-41.20", "1.00"]
    assert lines("a" * 40, "b c") == ["a" * 35, "b c"]
    assert len(lines(" ".join(["słowo"] * 60))) == 4
