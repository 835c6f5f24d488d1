"""What a PolishAPI connector sends, and what it makes of each kind of answer."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from opensaldo import errors
from opensaldo.connectors import trail
from opensaldo.connectors.base import Access, Done, Page, PsuContext, Redirect
from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.polish_api.flow import PolishApi
from opensaldo.connectors.signing import BankKeys, Seal
from opensaldo.domain.secret import Secret
from tests.support.examples import a_sign_in, an_example_target

NOW = datetime(2026, 3, 2, 10, 30, 15, 123456, tzinfo=UTC)
PSU = PsuContext(ip_address="192.0.2.7", user_agent="Browser/1")
KEY = RSAKey.generate_key(2048, {"kid": "bank"})
PROFILE = Profile(
    bank="ExampleApi",
    country="pl",
    base_url="https://api.example.org/pl",
    jwks_url="https://api.example.org/jwks",
    version="v2_1_1.1",
    history_days_initial=2000,
    history_days_later=90,
    calls_at_once_max=4,
)
TARGET = an_example_target("polish_api", "pl")
REQUEST = a_sign_in(TARGET, PSU, NOW)
ACCESS = Access(
    grant="g" * 32,
    access_token=Secret("t0ken"),
    expires_at=NOW,
    refresh_token=Secret("r3fresh"),
    account_numbers=("A",),
)


@cache
def our_seal() -> Seal:
    return Seal(make_seal(NOW))


class BankDoor(Door):
    """A bank that gives prepared answers, signed and with the request's id."""

    def __init__(self, *answers: dict[str, Any] | Incoming) -> None:
        super().__init__()
        self.answers = list(answers)
        self.sent: list[Outgoing] = []

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.sent]

    async def call(self, request: Outgoing) -> Incoming:
        if request.endpoint == "jwks":
            body = json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()
            return Incoming(status=200, headers={}, body=body)
        self.sent.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Incoming):
            return answer
        request_id = request.headers["X-REQUEST-ID"]
        header = {"requestId": request_id, "isCallback": False}
        return signed({"responseHeader": header, **answer})


def signed(answer: object, status: int = 200) -> Incoming:
    body = b"" if answer is None else json.dumps(answer).encode()
    whole = jws.serialize_compact({"alg": "RS256", "kid": "bank"}, body, KEY)
    headers = {"x-jws-signature": jws.detach_content(whole), "retry-after": "9"}
    return Incoming(status=status, headers=headers, body=body)


def connector_of(door: Door, profile: Profile = PROFILE) -> PolishApi:
    def clock() -> datetime:
        return NOW

    keys = BankKeys(door, bank="x", url=profile.jwks_url, clock=clock)
    return PolishApi(profile, door=door, seal=our_seal(), keys=keys, clock=clock)


def run(door: BankDoor, work: Callable[[PolishApi], Any], profile: Profile = PROFILE) -> Any:
    return asyncio.run(work(connector_of(door, profile)))


async def pages_of(connector: PolishApi, access: Access = ACCESS, **changes: Any) -> list[Page]:
    asked: dict[str, Any] = {
        "number": "A",
        "list_name": "getTransactionsDone",
        "since": date(2020, 1, 1),
        "psu": PSU,
        **changes,
    }
    return [page async for page in connector.pages(access, **asked)]


# --- what is sent
def test_every_call_has_the_headers_of_the_standard_and_no_other():
    door = BankDoor({"account": {"accountNumber": "A", "currency": "PLN"}})
    run(door, lambda connector: connector.account(ACCESS, "A", PSU))
    (sent,) = door.sent
    assert sent.url == "https://api.example.org/pl/v2_1_1.1/accounts/v2_1_1.1/getAccount"
    assert (sent.method, sent.bank, sent.endpoint) == ("POST", "ExampleApi", "getAccount")
    assert sent.calls_at_once_max == 4
    assert set(sent.headers) == {
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Accept-Language",
        "Authorization",
        "Content-Type",
        "X-REQUEST-ID",
        "X-JWS-SIGNATURE",
    }
    assert sent.headers["Authorization"] == "Bearer t0ken"
    assert sent.headers["Accept-Encoding"] == "gzip"
    assert sent.headers["X-JWS-SIGNATURE"].count("..") == 1


def test_request_ids_are_version_1_everywhere_new_and_equal_in_header_and_body():
    door = BankDoor({"account": {"accountNumber": "A", "currency": "PLN"}})

    async def twice(connector: PolishApi) -> None:
        await connector.account(ACCESS, "A", PSU)
        await connector.account(ACCESS, "A", PSU)

    run(door, twice)
    ids = [request.headers["X-REQUEST-ID"] for request in door.sent]
    assert [body["requestHeader"]["requestId"] for body in door.bodies] == ids
    assert len(set(ids)) == 2
    for text in ids:
        assert uuid.UUID(text).version == 1
        assert uuid.UUID(text).variant == uuid.RFC_4122
        assert uuid.UUID(text).node != uuid.getnode()


def test_the_request_header_says_who_and_when():
    door = BankDoor({"account": {"accountNumber": "A", "currency": "PLN"}})
    run(door, lambda connector: connector.account(ACCESS, "A", PSU))
    header = door.bodies[0]["requestHeader"]
    assert header["sendDate"] == "2026-03-02T10:30:15.123Z"
    assert header["tppId"] == our_seal().tpp_id
    assert header["token"] == "t0ken"
    assert header["isDirectPsu"] is True
    assert (header["ipAddress"], header["userAgent"]) == ("192.0.2.7", "Browser/1")


def test_presence_is_never_faked():
    token = {"access_token": "n", "expires_in": "300"}
    door = BankDoor({"account": {"accountNumber": "A", "currency": "PLN"}}, {}, token)

    async def work(connector: PolishApi) -> None:
        await connector.account(ACCESS, "A", None)
        await pages_of(connector, psu=None)
        await connector.renew(ACCESS, None)

    run(door, work)
    for sent in door.sent:
        assert b"192.0.2" not in sent.body
        assert b"ipAddress" not in sent.body
        assert b"userAgent" not in sent.body
        assert b"user_agent" not in sent.body
    account, listing, renewal = door.bodies
    assert account["requestHeader"]["isDirectPsu"] is False
    assert listing["requestHeader"]["isDirectPsu"] is False
    assert renewal["is_user_session"] is False


def test_the_consent_asks_for_what_is_read_and_no_more():
    door = BankDoor({"aspspRedirectUri": "https://bank.example.org/login?request=1"})
    step = run(door, lambda connector: connector.begin(REQUEST))
    assert step == Redirect(url="https://bank.example.org/login?request=1")
    body = door.bodies[0]
    assert "Authorization" not in door.sent[0].headers
    assert "isDirectPsu" not in body["requestHeader"]
    assert "token" not in body["requestHeader"]
    assert body["client_id"] == our_seal().tpp_id
    assert (body["response_type"], body["scope"]) == ("code", "ais")
    assert (body["redirect_uri"], body["state"]) == (REQUEST.return_url, "st4te")
    details = body["scope_details"]
    assert details["consentId"] == REQUEST.grant
    assert details["scopeGroupType"] == "ais"
    assert details["throttlingPolicy"] == "psd2Regulatory"
    assert details["scopeTimeLimit"] == "2026-08-29T10:30:15.000Z"
    (privileges,) = details["privilegeList"]
    listing = {"scopeUsageLimit": "multiple", "maxAllowedHistoryLong": 1460}
    assert privileges == {
        "ais:getAccount": {"scopeUsageLimit": "multiple"},
        "ais:getTransactionsDone": listing,
        "ais:getTransactionsPending": listing,
        "ais:getHolds": listing,
    }


def test_a_single_visit_asks_for_a_single_use():
    door = BankDoor({"aspspRedirectUri": "https://bank.example.org/"})
    once = replace(REQUEST, repeated=False, history_days=0)
    run(door, lambda connector: connector.begin(once))
    (privileges,) = door.bodies[0]["scope_details"]["privilegeList"]
    usage = {"scopeUsageLimit": "single", "maxAllowedHistoryLong": 1}
    assert privileges["ais:getHolds"] == usage


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "/login", "http://bank.example.org/", "https://"]
)
def test_people_are_sent_to_https_only(url: str | None):
    door = BankDoor({"aspspRedirectUri": url})
    with pytest.raises(errors.BankAnsweredNonsense, match="aspspRedirectUri"):
        run(door, lambda connector: connector.begin(REQUEST))


def test_a_mock_bank_may_send_people_to_http():
    door = BankDoor({"aspspRedirectUri": "http://localhost:8600/login"})
    mock = replace(PROFILE, base_url="http://127.0.0.1:8600/polish-api/pl")
    step = run(door, lambda connector: connector.begin(REQUEST), mock)
    assert step.url == "http://localhost:8600/login"


# --- coming back
TOKEN = {
    "access_token": "n3w",
    "token_type": "Bearer",
    "expires_in": "300",
    "refresh_token": "r2",
    "scope_details": {
        "privilegeList": [{"accountNumber": "A"}, {"accountNumber": "B"}],
        "scopeTimeLimit": "2026-04-01T00:00:00Z",
    },
}


def resumed(door: BankDoor, **answer: str) -> Any:
    step = Redirect(url="https://bank.example.org")
    return run(door, lambda connector: connector.resume(REQUEST, step, answer))


def test_a_code_becomes_an_access():
    door = BankDoor(TOKEN)
    done = resumed(door, code="c0de", state="st4te")
    assert done == Done(
        access=Access(
            grant=REQUEST.grant,
            access_token=Secret("n3w"),
            expires_at=NOW + timedelta(seconds=300),
            refresh_token=Secret("r2"),
            account_numbers=("A", "B"),
            valid_until=datetime(2026, 4, 1, tzinfo=UTC),
        )
    )
    body = door.bodies[0]
    assert body["grant_type"] == "authorization_code"
    assert (body["Code"], body["redirect_uri"]) == ("c0de", REQUEST.return_url)
    assert body["client_id"] == our_seal().tpp_id
    assert (body["is_user_session"], body["user_ip"]) == (True, "192.0.2.7")
    assert "code" not in body


def test_a_consent_never_lasts_longer_than_asked_for():
    late = {**TOKEN, "scope_details": {"scopeTimeLimit": "2099-01-01T00:00:00Z"}}
    assert resumed(BankDoor(late), code="c", state="st4te").access.valid_until == (
        REQUEST.valid_until
    )
    silent = {**TOKEN, "scope_details": None}
    assert resumed(BankDoor(silent), code="c", state="st4te").access.valid_until == (
        REQUEST.valid_until
    )


@pytest.mark.parametrize("state", [{}, {"state": ""}, {"state": "other"}, {"state": "ą"}])
def test_another_state_is_not_ours(state: dict[str, str]):
    door = BankDoor(TOKEN)
    with pytest.raises(errors.BankAnsweredNonsense, match="state"):
        resumed(door, code="c", **state)
    with pytest.raises(errors.BankAnsweredNonsense, match="state"):
        resumed(door, error="access_denied", **state)
    assert door.sent == []


@pytest.mark.parametrize("code", [{}, {"code": ""}, {"code": "x" * 5000}])
def test_a_return_without_code_or_error_is_nonsense(code: dict[str, str]):
    with pytest.raises(errors.BankAnsweredNonsense, match="code"):
        resumed(BankDoor(TOKEN), state="st4te", **code)


def test_a_refusal_names_its_reason():
    with pytest.raises(errors.AccessBlocked):
        resumed(
            BankDoor(TOKEN),
            state="st4te",
            error="access_denied",
            error_description="AccessBlocked",
        )


def test_renewal_keeps_what_the_bank_does_not_repeat():
    door = BankDoor({"access_token": "n", "expires_in": 60})
    old = replace(ACCESS, history_days=30, valid_until=NOW)
    fresh = run(door, lambda connector: connector.renew(old, PSU))
    assert fresh.access_token == Secret("n")
    assert fresh.refresh_token == old.refresh_token
    assert fresh.account_numbers == old.account_numbers
    assert (fresh.history_days, fresh.valid_until) == (30, NOW)
    body = door.bodies[0]
    assert (body["grant_type"], body["refresh_token"]) == ("refresh_token", "r3fresh")
    assert body["user_agent"] == "Browser/1"


def test_an_access_without_refresh_token_has_ended():
    door = BankDoor({})
    with pytest.raises(errors.BankAccessEnded):
        run(door, lambda connector: connector.renew(replace(ACCESS, refresh_token=None), PSU))
    assert door.sent == []


# --- reading
def test_the_grant_names_the_accounts_without_a_call():
    door = BankDoor({})
    assert run(door, lambda connector: connector.account_numbers(ACCESS, PSU)) == ("A",)
    assert door.sent == []


def test_accounts_are_listed_when_the_grant_names_none():
    door = BankDoor(
        {"accounts": [{"accountNumber": "A"}], "pageInfo": {"nextPage": "2"}},
        {"accounts": [{"accountNumber": "B"}, {"accountNumber": "A"}]},
    )
    plain = replace(ACCESS, account_numbers=())
    assert run(door, lambda connector: connector.account_numbers(plain, None)) == ("A", "B")
    assert [body.get("pageId") for body in door.bodies] == [None, "2"]


def test_pages_are_asked_for_one_after_the_other():
    row = {"amount": "1.00", "transactionCategory": "CREDIT", "currency": "PLN"}
    door = BankDoor(
        {"transactions": [row], "pageInfo": {"nextPage": "p2"}},
        {"transactions": [row, row], "pageInfo": {"nextPage": "p3"}},
        {"transactions": None, "pageInfo": None},
    )
    pages = run(door, pages_of)
    assert [len(page.rows) for page in pages] == [1, 2, 0]
    assert [page.is_last for page in pages] == [False, False, True]
    assert [body.get("pageId") for body in door.bodies] == [None, "p2", "p3"]
    for body in door.bodies:
        assert body["accountNumber"] == "A"
        assert body["transactionDateFrom"] == "2020-01-01"
        assert body["perPage"] > 0


def test_a_page_is_fetched_only_when_asked_for():
    door = BankDoor({"transactions": [], "pageInfo": {"nextPage": "p2"}})

    async def first_only(connector: PolishApi) -> None:
        since = date(2020, 1, 1)
        await anext(connector.pages(ACCESS, "A", "getTransactionsDone", since, None))

    run(door, first_only)
    assert len(door.sent) == 1


def test_days_before_the_granted_history_are_not_asked_for():
    door = BankDoor({})
    run(door, lambda connector: pages_of(connector, replace(ACCESS, history_days=30)))
    assert door.bodies[0]["transactionDateFrom"] == "2026-01-31"


def test_a_circle_of_pages_is_nonsense():
    door = BankDoor({"pageInfo": {"nextPage": "p2"}})
    with pytest.raises(errors.BankAnsweredNonsense, match=r"pageInfo\.nextPage"):
        run(door, pages_of)
    assert len(door.sent) == 2


def test_a_list_without_end_is_nonsense(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trail, "PAGES_MAX", 3)
    door = BankDoor(*({"pageInfo": {"nextPage": str(n)}} for n in range(5)))
    with pytest.raises(errors.BankAnsweredNonsense, match="at most 3 pages"):
        run(door, pages_of)
    assert len(door.sent) == 3


def test_holds_come_under_their_own_name():
    door = BankDoor({"holds": [{"amount": 5}]})
    (page,) = run(door, lambda connector: pages_of(connector, list_name="getHolds"))
    assert page.rows[0].amount == -5


def test_quirks_are_applied_in_order():
    aux = {"owners": '[{"name":"Jan Próbny"}]', "openedOn": "2019-01-01"}
    account = {"accountNumber": "A", "currency": "PLN", "auxData": aux}
    door = BankDoor({"account": account})
    quirky = replace(PROFILE, quirks=("kontobank_aux_data",))
    reading = run(door, lambda connector: connector.account(ACCESS, "A", PSU), quirky)
    assert reading.owners[0].name == "Jan Próbny"
    door = BankDoor({"account": account})
    assert run(door, lambda connector: connector.account(ACCESS, "A", PSU)).owners == ()


def test_revoking_needs_no_token():
    door = BankDoor(signed(None, 204))
    run(door, lambda connector: connector.revoke(ACCESS))
    assert door.sent[0].endpoint == "deleteConsent"
    assert "Authorization" not in door.sent[0].headers
    assert door.bodies[0]["consentId"] == ACCESS.grant


# --- refusals and nonsense
async def _account(connector: PolishApi) -> Any:
    return await connector.account(ACCESS, "A", PSU)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (signed({"code": "MAINTENANCE"}, 503), errors.BankMaintenance),
        (signed({"code": 5}, 503), errors.BankUnavailable),
        (signed({"code": "CONSENT_WITHDRAWN"}, 403), errors.BankConsentWithdrawn),
        (signed([], 401), errors.BankAccessEnded),
        (Incoming(status=503, headers={}, body=b"<html>"), errors.BankUnavailable),
        (Incoming(status=429, headers={}, body=b""), errors.BankDailyLimit),
        (
            Incoming(status=503, headers={}, body=b'{"code":"MAINTENANCE"}'),
            errors.BankUnavailable,  # an unsigned code is not believed
        ),
        (Incoming(status=200, headers={}, body=b"<html>"), errors.BankAnsweredNonsense),
        (Incoming(status=200, headers={}, body=b"{}"), errors.BankAnsweredNonsense),
        (signed(None), errors.BankAnsweredNonsense),
        (signed({}), errors.BankAnsweredNonsense),
        (signed({"account": None}), errors.BankAnsweredNonsense),
        (signed({"account": 5}), errors.BankAnsweredNonsense),
        (signed({"code": "X", "message": "m"}), errors.BankUnavailable),
        (
            signed({"account": {}, "responseHeader": {"requestId": "x"}}),
            errors.BankAnsweredNonsense,
        ),
        (signed({"responseHeader": {"isCallback": True}}), errors.BankAnsweredNonsense),
    ],
)
def test_every_other_answer_has_its_error(answer: Incoming, expected: type[Exception]):
    with pytest.raises(expected) as caught:
        run(BankDoor(answer), _account)
    assert type(caught.value) is expected


def test_any_2xx_with_the_content_is_success():
    door = BankDoor(signed({"account": {"accountNumber": "A", "currency": "PLN"}}, 201))
    assert run(door, _account).account.currency == "PLN"


def test_an_error_hidden_in_a_list_is_not_an_empty_list():
    door = BankDoor({"code": "ERR", "message": "try later"})
    with pytest.raises(errors.BankUnavailable):
        run(door, pages_of)
    with pytest.raises(errors.BankUnavailable):
        run(
            door,
            lambda connector: connector.account_numbers(replace(ACCESS, account_numbers=()), None),
        )
    assert run(BankDoor({"code": None, "transactions": []}), pages_of)[0].rows == ()
