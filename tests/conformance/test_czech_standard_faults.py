"""Every way a Czech bank refuses or fails ends in its own error, over loopback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import AccountReading, Page, Redirect
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from tests.support.bank import HALF_A_YEAR, PSU, Bank, Road, WrongPage, walk
from tests.support.bank_faults import CALL_FAULTS, PERSON_FAULTS
from tests.support.czech import on_czech_road

pytestmark = pytest.mark.enable_socket


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


@pytest.mark.parametrize(("login", "expected"), PERSON_FAULTS.items())
def test_a_refused_person_gets_the_bank_reason(
    bank: Bank, seal: Seal, login: str, expected: type[errors.OpenSaldoError]
) -> None:
    async def work(road: Road) -> None:
        with pytest.raises(expected):
            await road.sign_in(login)

    on_czech_road(bank, seal, work)


def test_wrong_passwords_and_second_thoughts(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        request = road.request()
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        with pytest.raises(WrongPage, match="InvalidCredentials"):
            await walk(road.door, step.url, "test1", password="wrong")
        answer = await walk(road.door, step.url, "test1", decision="cancel")
        with pytest.raises(errors.SignInCancelled):
            await road.connector.resume(request, step, answer)

    on_czech_road(bank, seal, work)


@pytest.mark.parametrize(("login", "expected"), CALL_FAULTS.items())
def test_the_fault_logins_sign_in_and_fail_at_the_import(
    bank: Bank, seal: Seal, login: str, expected: type[errors.OpenSaldoError]
) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(login)
        with pytest.raises(expected) as caught:
            await road.connector.account_numbers(access, PSU)
        assert type(caught.value) is expected

    on_czech_road(bank, seal, work)


def test_a_defect_asked_for_is_one_of_the_import(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in("test-fatal")
        with pytest.raises(errors.Defect):
            await road.connector.account(access, access.account_numbers[0], PSU)

    on_czech_road(bank, seal, work)


def test_a_slow_bank_can_be_left(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> int:
        access = await road.sign_in("test-slow")
        number, since = access.account_numbers[0], system_clock().date() - HALF_A_YEAR
        pages = road.connector.pages(access, number, "transactions", since, PSU)
        first = await anext(pages)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(pages), timeout=1)
        return len(first.rows)

    assert on_czech_road(bank, seal, work) > 0


PLANNED = [
    ("reset", {}, errors.BankUnreachable),
    ("truncate", {}, errors.BankUnreachable),
    ("status", {"status": 500}, errors.BankUnavailable),
    ("status", {"status": 503}, errors.BankUnavailable),
    ("status", {"status": 503, "code": "MAINTENANCE"}, errors.BankMaintenance),
    ("status", {"status": 500, "code": "UNAUTHORISED"}, errors.BankUnavailable),
    ("status", {"status": 429}, errors.BankDailyLimit),
    ("status", {"status": 401}, errors.BankAccessEnded),
    ("status", {"status": 403}, errors.BankAccessEnded),
    ("status", {"status": 403, "code": "CONSENT_WITHDRAWN"}, errors.BankConsentWithdrawn),
    ("status", {"status": 404, "code": "ID_NOT_FOUND"}, errors.BankUnavailable),
    ("status", {"status": 422, "code": "UNPROCESSABLE_ENTITY"}, errors.BankUnavailable),
    ("html", {}, errors.BankAnsweredNonsense),
    ("nonsense", {}, errors.BankAnsweredNonsense),
    ("expired_token", {}, errors.BankAccessEnded),
    ("withdrawn", {}, errors.BankConsentWithdrawn),
]


@pytest.mark.parametrize("endpoint", ["balance", "transactions"])
@pytest.mark.parametrize(("kind", "more", "expected"), PLANNED)
def test_every_planned_fault_ends_in_its_error(
    bank: Bank,
    seal: Seal,
    endpoint: str,
    kind: str,
    more: dict[str, Any],
    expected: type[errors.OpenSaldoError],
) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in()
        road.bank.plan(kind, path=endpoint, **more)
        number = access.account_numbers[0]
        of_balance = road.connector.account(access, number, PSU)
        of_list = road.pages(access, "transactions")
        called, other = (of_balance, of_list) if endpoint == "balance" else (of_list, of_balance)
        other.close()
        with pytest.raises(expected) as caught:
            await called
        assert type(caught.value) is expected

    on_czech_road(bank, seal, work)


def test_a_bank_that_does_not_register_us_is_out_of_order(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        for status in (401, 403, 500):
            bank.plan("status", status=status, path="register")
            with pytest.raises(errors.BankUnavailable):
                await road.connector.begin(road.request())

    on_czech_road(bank, seal, work)


def test_retry_after_is_passed_on(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in()
        road.bank.plan("status", status=429, retry_after_s=77, path="balance")
        with pytest.raises(errors.BankRateLimited) as caught:
            await road.connector.account(access, access.account_numbers[0], PSU)
        assert caught.value.retry_after_s == 77

    on_czech_road(bank, seal, work)


def test_a_list_that_leads_in_a_circle_is_nonsense(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in("bench-1x450")
        road.bank.plan("loop_pages", path="transactions", times=50)
        with pytest.raises(errors.BankAnsweredNonsense, match="nextPage"):
            await road.pages(access, "transactions")

    on_czech_road(bank, seal, work)


def test_a_page_that_fails_midway_is_not_a_whole_list(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in("bench-1x450")
        road.bank.plan("truncate", path="transactions", after=2)
        with pytest.raises(errors.BankUnreachable):
            await road.pages(access, "transactions")

    on_czech_road(bank, seal, work)


def test_hostile_text_does_not_stop_an_import(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[AccountReading, list[Page]]:
        road.bank.plan("hostile_text", path="*", times=50)
        access = await road.sign_in()
        reading = await road.connector.account(access, access.account_numbers[0], PSU)
        return reading, await road.pages(access, "transactions")

    reading, pages = on_czech_road(bank, seal, work)
    assert reading.owners
    titles = {row.title for page in pages for row in page.rows}
    assert "12345" in titles
    for title in titles - {None}:
        assert title is not None
        title.encode("utf-8")
