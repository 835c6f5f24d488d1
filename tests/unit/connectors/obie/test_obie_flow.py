"""What an OBIE connector sends: who asks, for whom, and nothing to strangers."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from opensaldo import errors
from opensaldo.connectors.base import (
    Access,
    AccountReading,
    PsuContext,
    Redirect,
    Spare,
)
from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.obie.flow import CONSENT, LIST, Obie
from opensaldo.connectors.signing import Seal
from opensaldo.domain.secret import Secret
from tests.support.examples import a_sign_in, an_example_target

NOW = datetime(2026, 3, 2, 10, 30, 15, tzinfo=UTC)
PSU = PsuContext(ip_address="192.0.2.7", user_agent="Browser/1")
PROFILE = Profile(
    bank="ExampleApi_lt",
    country="lt",
    base_url="https://api.example.org/open-banking",
    version="v3.1",
    history_days_initial=400,
    history_days_later=90,
    calls_at_once_max=4,
)
TARGET = an_example_target("obie", "lt")
REQUEST = a_sign_in(TARGET, PSU, NOW)
ACCESS = Access(
    grant="g" * 32,
    access_token=Secret("t0ken"),
    expires_at=NOW,
    refresh_token=Secret("r3fresh"),
    memory={CONSENT: "c1"},
)
TOKEN = {"access_token": "n3w", "expires_in": 300, "refresh_token": "r2"}
CREATED = {"Data": {"ConsentId": "c1", "Status": "AwaitingAuthorisation"}}


@cache
def our_seal() -> Seal:
    return Seal(make_seal(NOW))


class BankDoor(Door):
    """A bank that gives prepared answers."""

    def __init__(self, *answers: object) -> None:
        super().__init__()
        self.answers = list(answers)
        self.sent: list[Outgoing] = []

    async def call(self, request: Outgoing) -> Incoming:
        self.sent.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Incoming):
            return answer
        return Incoming(status=200, headers={}, body=json.dumps(answer).encode())


def run(door: BankDoor, work: Callable[[Obie], Any], profile: Profile = PROFILE) -> Any:
    connector = Obie(profile, door=door, seal=our_seal(), clock=lambda: NOW)
    return asyncio.run(work(connector))


def claims_of(text: str) -> dict[str, Any]:
    payload = text.split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert isinstance(found, dict)
    return found


async def rows(connector: Obie, psu: PsuContext | None = PSU) -> list[Any]:
    pages = connector.pages(ACCESS, "a1", LIST, date(2026, 1, 1), psu)
    return [page async for page in pages]


def test_the_consent_asks_for_what_is_read_and_the_request_is_signed():
    door = BankDoor(TOKEN, CREATED)
    step = run(door, lambda connector: connector.begin(REQUEST))
    assert isinstance(step, Redirect)
    own, consent = door.sent
    form = {name: values[0] for name, values in parse_qs(own.body.decode()).items()}
    assert (own.url, form["grant_type"]) == (f"{PROFILE.base_url}/token", "client_credentials")
    assert claims_of(form["client_assertion"])["aud"] == own.url
    assert consent.url == f"{PROFILE.base_url}/v3.1/aisp/account-access-consents"
    asked = json.loads(consent.body)["Data"]
    assert asked["Permissions"] == [
        "ReadAccountsDetail",
        "ReadBalances",
        "ReadParty",
        "ReadTransactionsCredits",
        "ReadTransactionsDebits",
        "ReadTransactionsDetail",
    ]
    assert asked["ExpirationDateTime"] == "2026-08-29T10:30:15+00:00"
    assert asked["TransactionFromDateTime"] == "2025-01-26T00:00:00+00:00"
    query = {name: values[0] for name, values in parse_qs(urlsplit(step.url).query).items()}
    claims = claims_of(query["request"])
    assert claims["claims"]["id_token"]["openbanking_intent_id"]["value"] == "c1"
    for name in ("redirect_uri", "state", "client_id", "response_type"):
        assert claims[name] == query[name]
    assert query["redirect_uri"] == REQUEST.return_url


def test_with_a_client_certificate_nothing_else_is_shown():
    door = BankDoor(TOKEN)
    profile = replace(PROFILE, certificate="qwac", client_id="app-1", token_url="https://a.org/t")
    run(door, lambda connector: connector.renew(ACCESS, None), profile)
    form = parse_qs(door.sent[0].body.decode())
    assert door.sent[0].url == "https://a.org/t"
    assert form["client_id"] == ["app-1"]
    assert "client_assertion" not in form


@pytest.mark.parametrize("psu", [PSU, None])
def test_presence_is_never_faked(psu: PsuContext | None):
    door = BankDoor({"Data": {"Transaction": []}})
    run(door, lambda connector: rows(connector, psu))
    headers = door.sent[0].headers
    assert headers.get("x-fapi-customer-ip-address") == (psu.ip_address if psu else None)
    assert ("x-customer-user-agent" in headers) == (psu is not None)
    assert headers["Authorization"] == "Bearer t0ken"
    assert len(headers["x-fapi-interaction-id"]) == 36
    assert door.sent[0].url.endswith("?fromBookingDateTime=2026-01-01T00%3A00%3A00Z")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.org/aisp/accounts",
        "http://api.example.org/open-banking/v3.1/aisp/accounts",
        "//evil.example.org/x",
        "https://api.example.org@evil.example.org/",
    ],
)
def test_a_link_to_strangers_is_not_followed(link: str):
    door = BankDoor({"Data": {"Transaction": []}, "Links": {"Next": link}})
    with pytest.raises(errors.BankAnsweredNonsense, match=r"Links\.Next"):
        run(door, rows)
    assert len(door.sent) == 1


def test_a_link_may_leave_the_bank_out():
    first = {"Data": {"Transaction": []}, "Links": {"Next": "accounts/a1/transactions?page=2"}}
    door = BankDoor(first, {"Data": {"Transaction": []}})
    pages = run(door, rows)
    assert [page.is_last for page in pages] == [False, True]
    assert door.sent[1].url == (f"{PROFILE.base_url}/v3.1/aisp/accounts/a1/transactions?page=2")


def test_an_identity_needs_no_balances():
    account = {"Data": {"Account": [{"AccountId": "a1", "Currency": "EUR"}]}}
    door = BankDoor(account, {"Data": {"Party": [{"Name": "Ana"}]}})

    async def work(connector: Obie) -> AccountReading:
        return await connector.sparing(frozenset({Spare.BALANCES})).account(ACCESS, "a1", PSU)

    reading = run(door, work)
    assert [owner.name for owner in reading.owners] == ["Ana"]
    assert [sent.endpoint for sent in door.sent] == ["getAccount", "getParties"]


def test_ids_cannot_leave_their_place_in_the_address():
    door = BankDoor({"Data": {"Account": []}})
    with pytest.raises(errors.BankAnsweredNonsense):
        run(door, lambda connector: connector.account(ACCESS, "../x?y#z", PSU))
    assert door.sent[0].url.endswith("/v3.1/aisp/accounts/..%2Fx%3Fy%23z")


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_consent_that_is_gone_is_revoked(status: int):
    gone = Incoming(status=status, headers={}, body=b"")
    door = BankDoor(TOKEN, gone)
    run(door, lambda connector: connector.revoke(ACCESS))
    assert door.sent[1].method == "DELETE"
    assert door.sent[1].url.endswith("/account-access-consents/c1")


def test_a_bank_that_knows_us_not_is_out_of_order_for_the_person():
    refused = Incoming(status=401, headers={}, body=b"{}")
    with pytest.raises(errors.BankUnavailable):
        run(BankDoor(refused), lambda connector: connector.begin(REQUEST))


def test_renewal_keeps_what_the_bank_does_not_repeat():
    silent = {"access_token": "n3w", "expires_in": "300"}
    fresh = run(BankDoor(silent), lambda connector: connector.renew(ACCESS, None))
    assert (fresh.access_token, fresh.refresh_token) == (Secret("n3w"), Secret("r3fresh"))
    assert fresh.memory == {CONSENT: "c1"}
    without = replace(ACCESS, refresh_token=None)
    with pytest.raises(errors.BankAccessEnded):
        run(BankDoor(silent), lambda connector: connector.renew(without, None))


@pytest.mark.parametrize("life", [None, "", "soon", "-5"])
def test_a_token_without_a_life_is_nonsense(life: object):
    door = BankDoor({"access_token": "n3w", "expires_in": life})
    with pytest.raises(errors.BankAnsweredNonsense, match="expires_in"):
        run(door, lambda connector: connector.renew(ACCESS, None))
