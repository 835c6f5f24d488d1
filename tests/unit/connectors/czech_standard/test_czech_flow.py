"""What a connector of the Czech standard sends, and what it makes of each kind of answer."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from opensaldo import errors
from opensaldo.connectors import trail
from opensaldo.connectors.base import Access, Done, Page, PsuContext, Redirect
from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.czech_standard.client import BankClient
from opensaldo.connectors.protocols.czech_standard.flow import CzechStandard
from opensaldo.connectors.signing import Seal
from opensaldo.domain.secret import Secret
from tests.support.builders import a_psd2_target
from tests.support.examples import a_sign_in

NOW = datetime(2026, 3, 2, 10, 30, 15, 123456, tzinfo=UTC)
PSU = PsuContext(ip_address="192.0.2.7", user_agent="Browser/1 č\r\nX: 1")
PROFILE = Profile(
    bank="ExampleApi_cz",
    country="cz",
    base_url="https://api.example.org/v1",
    version="8.0",
    history_days_initial=730,
    history_days_later=90,
    calls_at_once_max=4,
)
REQUEST = a_sign_in(a_psd2_target(), PSU, NOW, valid_until=NOW + timedelta(days=400))
CLIENT = BankClient("cl1ent", Secret("s3cret"))
ACCOUNT = {"id": "A/1", "identification": {"iban": "CZ3799900000002900000021"}, "currency": "CZK"}
ACCESS = Access(
    grant="g" * 32,
    access_token=Secret("t0ken"),
    expires_at=NOW,
    refresh_token=Secret("r3fresh"),
    account_numbers=("A/1",),
    memory={"client_id": "cl1ent", "client_secret": "s3cret", "accounts": json.dumps([ACCOUNT])},
)
TOKEN = {"access_token": "t0ken", "expires_in": 3600, "refresh_token": "r3fresh"}
BALANCES = {"balances": [{"type": {"code": "CLBD"}, "amount": {"value": 5, "currency": "CZK"}}]}
EMPTY = {"pageNumber": 0, "pageCount": 1, "pageSize": 0, "transactions": []}
TOO_OLD = {"errors": [{"error": "DT01", "parameters": {"DATE": "DATE_TO_OLD"}}]}


@cache
def our_seal() -> Seal:
    return Seal(make_seal(NOW))


class BankDoor(Door):
    """A bank that gives prepared answers, the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)
        self.sent: list[Outgoing] = []

    async def call(self, request: Outgoing) -> Incoming:
        self.sent.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Incoming):
            return answer
        return Incoming(status=200, headers={}, body=json.dumps(answer).encode())


def failing(status: int, body: Any = None) -> Incoming:
    raw = b"" if body is None else json.dumps(body).encode()
    return Incoming(status=status, headers={"retry-after": "9"}, body=raw)


def connector_of(
    door: Door, profile: Profile = PROFILE, client: BankClient | None = CLIENT
) -> CzechStandard:
    return CzechStandard(profile, door=door, seal=our_seal(), clock=lambda: NOW, client=client)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def read(
    door: Door,
    list_name: str = "transactions",
    *,
    since: date = date(2026, 1, 1),
    access: Access = ACCESS,
    psu: PsuContext | None = None,
) -> list[Page]:
    async def work() -> list[Page]:
        found = connector_of(door).pages(access, "A/1", list_name, since, psu)
        return [page async for page in found]

    return asyncio.run(work())


def form_of(request: Outgoing) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


# --- headers
def test_a_call_carries_exactly_the_headers_of_the_standard():
    door = BankDoor(BALANCES)
    run(connector_of(door).account(ACCESS, "A/1", PSU))
    headers = dict(door.sent[0].headers)
    assert uuid.UUID(headers.pop("X-Request-ID"))
    assert headers == {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Content-Type": "application/json",
        "Authorization": "Bearer t0ken",
        "Date": "Mon, 02 Mar 2026 10:30:15 GMT",
        "User-Involved": "true",
        "User-IP-Address": "192.0.2.7",
        "User-User-Agent": "Browser/1 ???X: 1",
        "TPP-Name": "OpenSaldo self-hosted",
        "TPP-Identification": our_seal().tpp_id,
    }
    assert door.sent[0].url == "https://api.example.org/v1/my/accounts/A%2F1/balance"


def test_an_unattended_call_says_so_and_nothing_of_the_person():
    door = BankDoor(TOKEN, {"accounts": [ACCOUNT]}, BALANCES, EMPTY, {**EMPTY, "payments": []})
    connector = connector_of(door)
    run(connector.renew(ACCESS, None))
    run(connector.account_numbers(replace(ACCESS, account_numbers=()), None))
    run(connector.account(ACCESS, "A/1", None))
    read(door)
    read(door, "awaiting")
    assert len(door.sent) == 5
    for request in door.sent:
        assert request.headers["User-Involved"] == "false"
        told = [name for name in request.headers if name.startswith("User-")]
        assert told == ["User-Involved"]
        assert b"192.0.2.7" not in request.body


def test_accounts_that_the_access_does_not_know_are_listed_once_an_import():
    other = {**ACCOUNT, "id": "B/2"}
    door = BankDoor({"accounts": [ACCOUNT, other], "totalCount": 2}, BALANCES, BALANCES)
    connector = connector_of(door)
    forgetful = replace(ACCESS, account_numbers=(), memory={})

    async def import_all() -> None:
        for number in await connector.account_numbers(forgetful, None):
            await connector.account(forgetful, number, None)

    run(import_all())
    assert [request.endpoint for request in door.sent] == ["accounts", "balance", "balance"]


def test_a_list_without_accounts_the_bank_counts_is_no_list():
    for listed in ([], [ACCOUNT]):
        door = BankDoor({"accounts": listed, "totalCount": 2, "pageNumber": 0})
        with pytest.raises(errors.BankAnsweredNonsense, match="accounts"):
            run(connector_of(door).account_numbers(replace(ACCESS, account_numbers=()), None))


def test_every_call_has_an_id_of_its_own():
    door = BankDoor({**EMPTY, "nextPage": 1, "transactions": []}, EMPTY)
    read(door)
    ids = [request.headers["X-Request-ID"] for request in door.sent]
    assert len(set(ids)) == 2


# --- sign-in
def test_a_person_is_sent_to_the_banks_own_address():
    step = run(connector_of(BankDoor({})).begin(REQUEST))
    assert isinstance(step, Redirect)
    assert step.url.startswith("https://api.example.org/v1/oauth2/auth?")
    assert parse_qs(urlsplit(step.url).query) == {
        "response_type": ["code"],
        "client_id": ["cl1ent"],
        "redirect_uri": ["https://we.example.org/back?id=1"],
        "scope": ["aisp"],
        "state": ["st4te"],
    }
    assert step.memory == {}
    elsewhere = replace(PROFILE, authorize_url="https://login.example.org/auth?tenant=cz")
    step = run(connector_of(BankDoor({}), elsewhere).begin(REQUEST))
    assert isinstance(step, Redirect)
    assert step.url.startswith("https://login.example.org/auth?tenant=cz&response_type=code&")


def test_without_a_client_of_the_operator_we_register_and_remember_it():
    door = BankDoor({"client_id": "n3w", "client_secret": "hush"}, TOKEN, {"accounts": [ACCOUNT]})
    connector = connector_of(door, client=None)
    step = run(connector.begin(REQUEST))
    body = json.loads(door.sent[0].body)
    assert body["redirect_uris"] == [REQUEST.return_url]
    assert body["client_name"] == "OpenSaldo self-hosted"
    assert step.memory == {"client_id": "n3w", "client_secret": "hush"}
    done = run(connector.resume(REQUEST, step, {"state": "st4te", "code": "c0de"}))
    assert form_of(door.sent[1]) == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": REQUEST.return_url,
        "client_id": "n3w",
        "client_secret": "hush",
    }
    assert isinstance(done, Done)
    assert done.access.account_numbers == ("A/1",)
    assert done.access.memory["client_secret"] == "hush"


def test_a_code_brings_an_access_no_longer_than_the_bank_or_the_person_allows():
    door = BankDoor(TOKEN, {"accounts": [ACCOUNT]})
    answer = {"state": "st4te", "code": "c0de"}
    access = run(connector_of(door).resume(REQUEST, Redirect(url=""), answer)).access
    assert access.access_token.reveal() == "t0ken"
    assert access.refresh_token.reveal() == "r3fresh"
    assert access.expires_at == NOW + timedelta(hours=1)
    assert access.valid_until == NOW + timedelta(days=180)
    once = replace(REQUEST, repeated=False, valid_until=NOW + timedelta(hours=1))
    access = run(connector_of(BankDoor(TOKEN, {})).resume(once, Redirect(url=""), answer)).access
    assert access.refresh_token is None
    assert access.valid_until == NOW + timedelta(hours=1)
    assert access.account_numbers == ()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"code": "c0de"}, errors.BankAnsweredNonsense),
        ({"code": "c0de", "state": "other"}, errors.BankAnsweredNonsense),
        ({"state": "st4te"}, errors.BankAnsweredNonsense),
        ({"state": "st4te", "code": "c" * 5000}, errors.BankAnsweredNonsense),
        ({"state": "st4te", "error": "access_denied"}, errors.SignInCancelled),
        (
            {"state": "st4te", "error": "access_denied", "error_description": "AccessBlocked"},
            errors.AccessBlocked,
        ),
        ({"state": "st4te", "error": "server_error"}, errors.BankUnavailable),
    ],
)
def test_what_comes_back_without_a_code_is_a_named_error(
    answer: dict[str, str], expected: type[Exception]
):
    door = BankDoor(TOKEN)
    with pytest.raises(expected) as caught:
        run(connector_of(door).resume(REQUEST, Redirect(url=""), answer))
    assert type(caught.value) is expected
    assert door.sent == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (failing(400, {"error": "invalid_grant"}), errors.BankAccessEnded),
        (failing(400), errors.BankAccessEnded),
        (failing(401), errors.BankAccessEnded),
        (failing(401, {"error": "invalid_client"}), errors.BankUnavailable),
        (failing(400, {"error": "invalid_client"}), errors.BankUnavailable),
        (failing(429), errors.BankRateLimited),
        (failing(503), errors.BankUnavailable),
    ],
)
def test_a_refused_code_is_a_named_error(reply: Incoming, expected: type[Exception]):
    answer = {"state": "st4te", "code": "c0de"}
    with pytest.raises(expected) as caught:
        run(connector_of(BankDoor(reply)).resume(REQUEST, Redirect(url=""), answer))
    assert type(caught.value) is expected


# --- tokens
def test_renewing_keeps_what_the_bank_does_not_repeat():
    door = BankDoor({"access_token": "n3w", "expires_in": 60})
    fresh = run(connector_of(door).renew(ACCESS, None))
    assert fresh.access_token.reveal() == "n3w"
    assert fresh.refresh_token == ACCESS.refresh_token
    assert fresh.account_numbers == ()
    assert fresh.memory == ACCESS.memory
    assert form_of(door.sent[0])["grant_type"] == "refresh_token"
    rotated = run(connector_of(BankDoor({**TOKEN, "refresh_token": "n3xt"})).renew(ACCESS, None))
    assert rotated.refresh_token.reveal() == "n3xt"


def test_a_refused_refresh_token_is_a_consent_that_is_over():
    with pytest.raises(errors.BankConsentWithdrawn):
        run(connector_of(BankDoor(failing(400, {"error": "invalid_grant"}))).renew(ACCESS, None))
    with pytest.raises(errors.BankAccessEnded):
        run(connector_of(BankDoor(TOKEN)).renew(replace(ACCESS, refresh_token=None), None))
    with pytest.raises(errors.BankUnavailable):
        run(connector_of(BankDoor(failing(500))).renew(ACCESS, None))


def test_revoking_ends_the_refresh_token_and_then_the_access_token():
    door = BankDoor(failing(200))
    connector = connector_of(door, replace(PROFILE, token_url="https://login.example.org/o/token"))
    run(connector.revoke(ACCESS))
    run(connector.revoke(replace(ACCESS, refresh_token=None)))
    assert [form_of(one)["token"] for one in door.sent] == ["r3fresh", "t0ken"]
    assert {one.url for one in door.sent} == {"https://login.example.org/o/revoke"}
    run(connector_of(BankDoor(failing(401))).revoke(ACCESS))
    with pytest.raises(errors.BankUnavailable):
        run(connector_of(BankDoor(failing(500))).revoke(ACCESS))


# --- reading
def test_an_account_takes_its_currency_from_the_balance_when_the_list_has_none():
    bare = replace(ACCESS, memory={"accounts": json.dumps([{**ACCOUNT, "currency": None}])})
    reading = run(connector_of(BankDoor(BALANCES)).account(bare, "A/1", None))
    assert (reading.account.currency, reading.account.balance) == ("CZK", 5)


def test_an_account_that_is_not_remembered_is_looked_for_once():
    door = BankDoor({"accounts": [ACCOUNT]}, BALANCES)
    access = replace(ACCESS, memory={})
    assert run(connector_of(door).account(access, "A/1", None)).account.balance == 5
    with pytest.raises(errors.BankAnsweredNonsense, match="accounts"):
        run(connector_of(BankDoor({"accounts": []})).account(access, "A/1", None))


def test_the_first_day_begins_at_midnight_in_prague_and_pages_are_asked_for_in_order():
    door = BankDoor({**EMPTY, "nextPage": 1}, {**EMPTY, "pageNumber": 1, "nextPage": None})
    assert [page.is_last for page in read(door)] == [False, True]
    queries = [parse_qs(urlsplit(request.url).query) for request in door.sent]
    assert queries == [
        {"fromDate": ["2026-01-01T00:00:00.000+02:00"], "size": ["100"], "page": [page]}
        for page in ("0", "1")
    ]


def test_a_first_day_too_old_is_moved_once():
    door = BankDoor(failing(400, TOO_OLD), EMPTY)
    read(door, since=date(2025, 1, 1))
    days = [parse_qs(urlsplit(one.url).query)["fromDate"][0][:10] for one in door.sent]
    assert days == ["2025-01-01", "2025-12-02"]
    door = BankDoor(failing(400, TOO_OLD))
    with pytest.raises(errors.BankUnavailable):
        read(door, since=date(2025, 1, 1))
    assert len(door.sent) == 2
    door = BankDoor(failing(400, TOO_OLD))
    with pytest.raises(errors.BankUnavailable):
        read(door, since=date(2026, 2, 1))
    assert len(door.sent) == 1


def test_a_day_in_the_future_or_another_fault_is_not_asked_again():
    future = {"errors": [{"error": "DT01", "parameters": {"DATE": "DATE_IN_FUTURE"}}]}
    other = {"errors": [{"error": "AC09", "scope": "currency"}]}
    for body in (future, other):
        door = BankDoor(failing(400, body))
        with pytest.raises(errors.BankUnavailable):
            read(door, since=date(2025, 1, 1))
        assert len(door.sent) == 1


def test_no_day_before_the_granted_history_is_asked_for():
    door = BankDoor(EMPTY)
    read(door, since=date(2020, 1, 1), access=replace(ACCESS, history_days=10))
    assert "fromDate=2026-02-20T" in door.sent[0].url


@pytest.mark.parametrize("following", [0, 1])
def test_pages_that_lead_in_a_circle_are_nonsense(following: int):
    door = BankDoor({**EMPTY, "nextPage": 1}, {**EMPTY, "pageNumber": 1, "nextPage": following})
    with pytest.raises(errors.BankAnsweredNonsense, match="nextPage"):
        read(door)


def test_pages_without_end_are_nonsense(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trail, "PAGES_MAX", 3)
    door = BankDoor(*({**EMPTY, "nextPage": page} for page in range(1, 9)))
    with pytest.raises(errors.BankAnsweredNonsense, match="at most 3 pages"):
        read(door)
    assert len(door.sent) == 3


def test_awaiting_payments_that_are_not_offered_are_none_and_others_are_pending():
    assert read(BankDoor(failing(404)), "awaiting") == [Page(rows=(), is_last=True)]
    amounts = [{"instructedAmount": {"value": 5, "currency": code}} for code in ("CZK", "EUR")]
    payments = [{"amount": one, "awaitingStatus": "OTHER"} for one in amounts]
    (page,) = read(BankDoor({**EMPTY, "payments": payments}), "awaiting")
    assert [row.status for row in page.rows] == ["PENDING"]
    assert page.currency is None
    with pytest.raises(errors.BankRateLimited) as caught:
        read(BankDoor(failing(429)), "awaiting")
    assert caught.value.retry_after_s == 9


def test_what_a_target_offers_depends_on_its_road():
    able = connector_of(BankDoor({})).capabilities
    assert able.lists == ("transactions", "awaiting")
    assert (able.account_endpoint, able.accounts_endpoint) == ("balance", "accounts")
    older = connector_of(BankDoor({}), replace(PROFILE, version="2.0"))
    assert older.capabilities.lists == ("transactions",)
    with pytest.raises(ValueError, match="holds"):
        connector_of(BankDoor({}), replace(PROFILE, lists=("holds",)))
