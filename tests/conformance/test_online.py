"""The fallback against a real KontoBank: every way in, everything read, and nothing else asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import AccountReading, Ask, Done, Page, Wait
from opensaldo.data import COUNTRIES
from opensaldo.domain.owner import OwnerKind
from opensaldo.domain.transaction import TransactionStatus
from tests.support.bank import PASSWORD, PSU, Bank, running_bank
from tests.support.online import OnlineRoad, on_online, target_of

pytestmark = pytest.mark.enable_socket

KINDS = (
    "STATIC_LOGIN",
    "DOCUMENT",
    "QUALIFIED_CERTIFICATE",
    "PASSPORT",
    "CARD_NUMBER",
    "CLIENT_CERTIFICATE",
    "PERSONAL_NUMBER",
    "TAX_NUMBER",
    "CORPORATE_TAX_NUMBER",
    "FOREIGN_CITIZEN_NUMBER",
    "COMPANY_LOGIN",
    "CHOICE",
)
# The only requests a login and an import may send, by method, path and kind.
ALLOWED = {
    ("GET", "/login", "page"),
    ("POST", "/login", "page"),
    ("GET", "/confirm", "page"),
    ("POST", "/confirm", "page"),
    ("GET", "/challenge.png", "picture"),
    ("GET", "/start", "page"),
    ("GET", "/owner", "data"),
    ("GET", "/cards", "data"),
    ("GET", "/accounts/{account}", "data"),
    ("GET", "/accounts/{account}/history", "data"),
    ("GET", "/accounts/{account}/history.csv", "data"),
    ("GET", "/keep-alive", "keepalive"),
    ("GET", "/logout", "page"),
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with running_bank(tmp_path_factory.mktemp("bank")) as started:
        yield started


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


def requests(bank: Bank) -> list[tuple[str, str, str]]:
    return [(row["method"], row["path"], row["kind"]) for row in bank.log()]


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_sign_in_reads_owners_account_and_transactions(bank: Bank, country: str) -> None:
    async def work(road: OnlineRoad) -> tuple[AccountReading, list[Page]]:
        access = await road.sign_in()
        (number,) = await road.connector.account_numbers(access, PSU)
        reading = await road.connector.account(access, number, PSU)
        return reading, await road.pages(access)

    reading, pages = on_online(bank, work, target=target_of(country=country))
    rows = [row for page in pages for row in page.rows]
    assert reading.account.iban is not None
    assert reading.account.iban.startswith(country.upper())
    assert reading.account.balance is not None
    assert reading.account.active_since == date(2019, 1, 1)
    assert reading.account.direct_debit is True
    kinds = [owner.kind for owner in reading.owners]
    assert kinds == ([OwnerKind.OWNER, OwnerKind.CO_OWNER] if country == "pl" else ["OWNER"])
    assert reading.owners[0].address
    assert (reading.owners[0].polish_pesel is not None) == (country == "pl")
    assert rows
    assert {page.currency for page in pages} == {reading.account.currency}
    assert all(row.status is TransactionStatus.DONE and row.title for row in rows)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


@pytest.mark.parametrize("kind", KINDS)
def test_every_credential_kind_signs_in(bank: Bank, kind: str) -> None:
    async def work(road: OnlineRoad) -> list[Any]:
        await road.sign_in("test2")
        return road.steps

    first, *_rest, done = on_online(bank, work, target=target_of((kind,)))
    assert isinstance(first, Ask)
    assert [one.name for one in first.fields][-2:] == ["login", "password"]
    assert kind in {one.credential for one in first.fields}
    assert isinstance(done, Done)


def test_of_several_kinds_the_person_chooses_one(bank: Bank) -> None:
    async def work(road: OnlineRoad) -> list[Any]:
        await road.sign_in("test2", kind="PASSPORT")
        return road.steps

    choice, first, _done = on_online(bank, work, target=target_of(("DOCUMENT", "PASSPORT")))
    assert [value for value, _text in choice.fields[0].options] == ["DOCUMENT", "PASSPORT"]
    assert first.fields[0].credential == "PASSPORT"


@pytest.mark.parametrize(
    ("login", "forms"),
    [
        ("test1", [Ask, Ask, Done]),
        ("test2", [Ask, Done]),
        ("test-token", [Ask, Ask, Done]),
        ("test-otp", [Ask, Ask, Done]),
        ("test-app", [Ask, Wait, Wait, Done]),
        ("test-captcha", [Ask, Ask, Ask, Done]),
        ("test-picture", [Ask, Ask, Ask, Done]),
        ("test-notice", [Ask, Ask, Done]),
        ("test-all", [Ask, Ask, Ask, Wait, Wait, Ask, Done]),
    ],
)
def test_every_way_of_confirming_leads_in(bank: Bank, login: str, forms: list[type]) -> None:
    async def work(road: OnlineRoad) -> list[Any]:
        await road.sign_in(login)
        return road.steps

    steps = on_online(bank, work)
    assert [type(step) for step in steps] == forms
    assert set(requests(bank)) <= ALLOWED


@pytest.mark.parametrize(
    ("login", "error"),
    [
        ("nobody", errors.InvalidCredentials),
        ("test-blocked", errors.AccessBlocked),
        ("test-locked", errors.AccessTemporarilyBlocked),
        ("test-action", errors.ManualActionRequired),
        ("test-mismatch", errors.TargetCredentialsMismatch),
        ("test-method", errors.UnsupportedLoginMethod),
        ("test-language", errors.UnsupportedLanguage),
        ("test-level", errors.InsufficientIdentificationLevel),
        ("test-corporate", errors.BankUnavailable),
        ("test-app-refused", errors.SignInCancelled),
        ("test-terms", errors.ManualActionRequired),
    ],
)
def test_who_is_not_let_in_learns_why(bank: Bank, login: str, error: type[Exception]) -> None:
    async def work(road: OnlineRoad) -> int:
        with pytest.raises(error) as raised:
            await road.sign_in(login)
        assert login not in str(raised.value)
        assert PASSWORD not in str(raised.value)
        return len(road.connector.logins)

    assert on_online(bank, work) == 0
    assert set(requests(bank)) <= ALLOWED
