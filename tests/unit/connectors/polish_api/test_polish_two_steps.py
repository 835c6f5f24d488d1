"""The two-step consent, details of tax rows, further lists, and what the versions differ in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Done, Redirect, ScaStep
from opensaldo.connectors.protocols.polish_api.flow import PolishApi
from opensaldo.connectors.protocols.polish_api.versions import Registration, version_of
from opensaldo.connectors.road import ConsentModel
from opensaldo.connectors.signing import BankKeys
from opensaldo.domain.secret import Secret
from opensaldo.domain.transaction import TransactionStatus
from tests.unit.connectors.polish_api.test_polish_flow import (
    ACCESS,
    NOW,
    PROFILE,
    PSU,
    REQUEST,
    BankDoor,
    our_seal,
    pages_of,
    run,
    signed,
)

TWO_STEPS = replace(PROFILE, consent=ConsentModel.DETAILED)
LISTING_TOKEN = {"access_token": "l1st", "expires_in": "60"}
READING_TOKEN = {"access_token": "r3ad", "expires_in": "300"}
ACCOUNTS = {"accounts": [{"accountNumber": "PL12****01"}, {"accountNumber": "PL12****02"}]}
LOGIN = {"aspspRedirectUri": "https://bank.example.org/login"}
BACK = {"code": "c0de", "state": REQUEST.state}
TAX_ROW = {
    "itemId": "t1",
    "amount": "81.00",
    "transactionCategory": "DEBIT",
    "transactionType": "PRZELEW PODATKOWY",
    "description": "Podatek",
}
PLAIN_ROW = {**TAX_ROW, "itemId": "p1", "transactionType": "PRZELEW", "description": "Kino"}


def listed(door: BankDoor) -> ScaStep:
    async def work(connector: PolishApi) -> ScaStep:
        step = await connector.begin(REQUEST)
        assert isinstance(step, Redirect)
        return await connector.resume(REQUEST, step, BACK)

    found: ScaStep = run(door, work, TWO_STEPS)
    return found


# --- two steps
def test_the_first_step_asks_for_the_list_of_accounts_only():
    door = BankDoor(LOGIN)
    run(door, lambda connector: connector.begin(REQUEST), TWO_STEPS)
    body = door.bodies[0]
    details = body["scope_details"]
    assert (body["scope"], details["scopeGroupType"]) == ("ais-accounts", "ais-accounts")
    assert details["privilegeList"] == [{"ais-accounts:getAccounts": {"scopeUsageLimit": "single"}}]
    assert details["consentId"] != REQUEST.grant


def test_the_listing_token_is_exchanged_for_one_that_reads_the_listed_accounts():
    door = BankDoor(LOGIN, LISTING_TOKEN, ACCOUNTS, READING_TOKEN)
    done = listed(door)
    assert isinstance(done, Done)
    assert done.access.account_numbers == ("PL12****01", "PL12****02")
    assert done.access.access_token == Secret("r3ad")
    assert [sent.endpoint for sent in door.sent] == ["authorize", "token", "getAccounts", "token"]
    exchange = door.bodies[3]
    assert (exchange["grant_type"], exchange["exchange_token"]) == ("exchange_token", "l1st")
    assert (exchange["scope"], exchange["scope_details"]["consentId"]) == ("ais", REQUEST.grant)
    items = exchange["scope_details"]["privilegeList"]
    assert [item["accountNumber"] for item in items] == ["PL12****01", "PL12****02"]
    assert all("ais:getAccount" in item for item in items)


def test_full_numbers_of_the_grant_take_the_place_of_masked_ones():
    scope = {"privilegeList": [{"accountNumber": "PL1201"}], "consentId": REQUEST.grant}
    done = listed(
        BankDoor(LOGIN, LISTING_TOKEN, ACCOUNTS, {**READING_TOKEN, "scope_details": scope})
    )
    assert isinstance(done, Done)
    assert done.access.account_numbers == ("PL1201",)


@pytest.mark.parametrize("status", [400, 401, 422, 500, 501])
def test_a_bank_that_exchanges_no_token_gets_a_second_sign_in(status: int):
    refusal = signed({"code": "X", "message": "x"}, status)
    door = BankDoor(LOGIN, LISTING_TOKEN, ACCOUNTS, refusal, LOGIN, READING_TOKEN)

    async def work(connector: PolishApi) -> tuple[ScaStep, ScaStep]:
        first = await connector.begin(REQUEST)
        assert isinstance(first, Redirect)
        second = await connector.resume(REQUEST, first, BACK)
        assert isinstance(second, Redirect)
        return second, await connector.resume(REQUEST, second, BACK)

    _second, done = run(door, work, TWO_STEPS)
    assert isinstance(done, Done)
    assert done.access.account_numbers == ("PL12****01", "PL12****02")
    body = door.bodies[4]
    assert body["scope"] == "ais"
    assert [item["accountNumber"] for item in body["scope_details"]["privilegeList"]] == [
        "PL12****01",
        "PL12****02",
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (signed({"code": "CONSENT_WITHDRAWN"}, 403), errors.BankConsentWithdrawn),
        (signed({"code": "X"}, 429), errors.BankRateLimited),
        (signed({"code": "MAINTENANCE"}, 503), errors.BankMaintenance),
    ],
)
def test_an_exchange_refused_for_another_reason_says_so(answer: Any, expected: type[Exception]):
    with pytest.raises(expected):
        listed(BankDoor(LOGIN, LISTING_TOKEN, ACCOUNTS, answer))


def test_a_person_without_accounts_grants_nothing():
    with pytest.raises(errors.BankAnsweredNonsense, match="accounts"):
        listed(BankDoor(LOGIN, LISTING_TOKEN, {"accounts": []}))


def test_a_listing_of_another_sign_in_is_refused():
    foreign = {**LISTING_TOKEN, "scope_details": {"consentId": REQUEST.grant}}
    with pytest.raises(errors.BankAnsweredNonsense, match="consentId"):
        listed(BankDoor(LOGIN, foreign))


# --- details of tax and social insurance rows
def detailed(door: BankDoor, details_max: int = 5, **changes: Any) -> list[Any]:
    profile = replace(PROFILE, details_max=details_max)
    pages = run(door, lambda connector: pages_of(connector, **changes), profile)
    return [row for page in pages for row in page.rows]


def test_a_tax_row_says_which_form_and_period():
    detail = {"usInfo": {"formCode": "VAT-7", "periodId": "05", "periodType": "M", "year": 2026}}
    door = BankDoor({"transactions": [PLAIN_ROW, TAX_ROW]}, detail)
    plain, tax = detailed(door)
    assert (plain.title, tax.title) == ("Kino", "Podatek VAT-7 05 M 2026")
    assert [sent.endpoint for sent in door.sent] == ["getTransactionsDone", "getTransactionDetail"]
    assert door.bodies[1]["itemId"] == "t1"
    assert door.bodies[1]["accountNumber"] == "A"
    assert door.bodies[1]["requestHeader"]["isDirectPsu"] is True


def test_a_social_insurance_row_says_which_month():
    detail = {"zusInfo": {"contributionType": "S", "contributionPeriod": "052026"}}
    row = {**TAX_ROW, "transactionType": "Przelew do ZUS"}
    (read,) = detailed(BankDoor({"transactions": [row]}, detail))
    assert read.title == "Podatek ZUS S 052026"


def test_details_are_asked_for_while_the_person_is_there_and_no_more_than_declared():
    rows = {"transactions": [{**TAX_ROW, "itemId": str(n)} for n in range(4)]}
    alone = BankDoor(rows)
    detailed(alone, psu=None)
    bounded = BankDoor(rows, {})
    detailed(bounded, details_max=3)
    switched_off = BankDoor(rows)
    detailed(switched_off, details_max=0)
    assert [len(door.sent) for door in (alone, bounded, switched_off)] == [1, 4, 1]


def test_a_refused_detail_leaves_the_row_as_it_was():
    door = BankDoor({"transactions": [TAX_ROW]}, signed({"code": "X"}, 403))
    (row,) = detailed(door)
    assert row.title == "Podatek"


def test_the_connector_declares_its_detail_calls_and_asks_for_their_privilege():
    door = BankDoor(LOGIN)
    profile = replace(PROFILE, details_max=2)

    async def work(connector: PolishApi) -> tuple[str, ...]:
        await connector.begin(REQUEST)
        return connector.capabilities.attended_endpoints

    assert run(door, work, profile) == ("getTransactionDetail",)
    (privileges,) = door.bodies[0]["scope_details"]["privilegeList"]
    assert privileges["ais:getTransactionDetail"] == {"scopeUsageLimit": "multiple"}


# --- further lists
@pytest.mark.parametrize("name", ["Scheduled", "Rejected", "Cancelled"])
def test_further_lists_are_read_where_the_road_names_them(name: str):
    profile = replace(PROFILE, lists=(f"getTransactions{name}",))
    door = BankDoor({"transactions": [TAX_ROW]})
    (page,) = run(door, lambda connector: pages_of(connector, list_name=profile.lists[0]), profile)
    assert page.rows[0].status is TransactionStatus(name.upper())
    assert not page.rows[0].status.moves_money


def test_an_unknown_list_is_refused_at_once():
    with pytest.raises(ValueError, match="getEverything"):
        run(BankDoor(), lambda _connector: None, replace(PROFILE, lists=("getEverything",)))


# --- versions
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("v2_1_1.1", (2, 1, 1)),
        ("v2_1_2.1", (2, 1, 2)),
        ("v3_0.1", (3, 0)),
        ("2_1.5", (2, 1)),
        ("", (2, 1, 2)),
        ("next", (2, 1, 2)),
    ],
)
def test_a_version_is_read_off_the_path(text: str, number: tuple[int, ...]):
    assert version_of(text).number == number
    assert version_of(text).is_unproven == (number >= (3, 0))


@pytest.mark.parametrize(("version", "has_header"), [("v2_1_1.1", False), ("v2_1_2.1", True)])
def test_delete_consent_has_a_header_from_2_1_2_on(version: str, has_header: bool):
    door = BankDoor(signed(None, 204))
    profile = replace(PROFILE, version=version)
    run(door, lambda connector: connector.revoke(ACCESS), profile)
    assert ("requestHeader" in door.bodies[0]) == has_header
    assert "Authorization" not in door.sent[0].headers


@pytest.mark.parametrize("status", [401, 403, 404, 410, 422])
def test_a_consent_that_is_gone_is_revoked(status: int):
    run(BankDoor(signed({"code": "X"}, status)), lambda connector: connector.revoke(ACCESS))


def test_a_consent_that_may_live_on_is_not():
    with pytest.raises(errors.BankUnavailable):
        run(BankDoor(signed({"code": "X"}, 500)), lambda connector: connector.revoke(ACCESS))


def gateway_calls(version: str) -> BankDoor:
    door = BankDoor({"account": {"accountNumber": "A", "currency": "PLN"}}, READING_TOKEN)
    registration = Registration(client_id="app-1", client_secret=Secret("s3cret"))
    profile = replace(PROFILE, version=version)

    async def work(_connector: PolishApi) -> None:
        keys = BankKeys(door, bank="x", url=profile.jwks_url, clock=lambda: NOW)
        registered = PolishApi(
            profile,
            door=door,
            seal=our_seal(),
            keys=keys,
            clock=lambda: NOW,
            registration=registration,
        )
        await registered.account(ACCESS, "A", PSU)
        await registered.renew(ACCESS, None)

    run(door, work)
    return door


def test_3_0_sends_the_gateways_headers_and_the_secret():
    door = gateway_calls("v3_0.1")
    for sent in door.sent:
        assert sent.headers["X-IBM-Client-Id"] == "app-1"
        assert sent.headers["X-IBM-Client-Secret"] == "s3cret"
    account, token = door.bodies
    assert account["requestHeader"]["directPsu"] is True
    assert account["requestHeader"]["isDirectPsu"] is True
    assert (token["client_id"], token["client_secret"]) == ("app-1", "s3cret")


def test_2_1_never_sends_a_secret():
    door = gateway_calls("v2_1_2.1")
    assert all(b"s3cret" not in sent.body for sent in door.sent)
    assert all("s3cret" not in str(sent.headers) for sent in door.sent)
    assert all(b"directPsu" not in sent.body for sent in door.sent)
