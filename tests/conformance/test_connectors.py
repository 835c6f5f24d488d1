"""The suite every connector passes, run against a real KontoBank over loopback."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.connectors.base import Access, AccountReading, Page, Redirect
from opensaldo.connectors.signing import Seal
from opensaldo.data import COUNTRIES
from opensaldo.domain.clock import system_clock
from opensaldo.domain.owner import OwnerKind
from opensaldo.domain.transaction import TransactionStatus
from tests.support.bank import (
    HALF_A_YEAR,
    PSU,
    Bank,
    Road,
    WrongPage,
    on_road,
    target_in,
    walk,
)
from tests.support.bank_faults import CALL_FAULTS, PERSON_FAULTS

pytestmark = pytest.mark.enable_socket


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_sign_in_reads_owners_account_and_transactions(
    bank: Bank, seal: Seal, country: str
) -> None:
    async def work(road: Road) -> tuple[AccountReading, list[Page]]:
        access = await road.sign_in()
        (number,) = await road.connector.account_numbers(access, PSU)
        reading = await road.connector.account(access, number, PSU)
        return reading, await road.pages(access)

    reading, pages = on_road(bank, seal, work, country=country)
    rows = [row for page in pages for row in page.rows]
    assert reading.account.iban is not None
    assert reading.account.iban.startswith(country.upper())
    assert reading.account.balance is not None
    kinds = [owner.kind for owner in reading.owners]
    assert kinds == ([OwnerKind.OWNER, OwnerKind.CO_OWNER] if country == "pl" else ["OWNER"])
    scope = read_bank_files()[target_in(country)].scope
    assert (reading.account.active_since == date(2019, 1, 1)) is ("active_since" in scope.account)
    assert (reading.account.direct_debit is True) is ("direct_debit" in scope.account)
    assert bool(reading.owners[0].address) is ("address" in scope.owner)
    assert bool(reading.owners[0].polish_pesel) is (country == "pl")
    assert rows
    assert {page.currency for page in pages} == {reading.account.currency}
    assert all(row.status is TransactionStatus.DONE and row.title for row in rows)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


def test_the_default_polish_person_has_72_transactions_in_half_a_year(
    bank: Bank, seal: Seal
) -> None:
    async def work(road: Road) -> list[Page]:
        access = await road.sign_in()
        return await road.pages(access, since=system_clock().date() - timedelta(days=182))

    pages = on_road(bank, seal, work)
    rows = [row for page in pages for row in page.rows]
    assert len(rows) in (71, 72, 73)
    assert all(row.booked_on and row.balance is not None and row.kind for row in rows)
    assert any(row.amount < 0 for row in rows)
    assert any(row.amount > 0 for row in rows)


def test_pages_follow_each_other_without_gap_or_repetition(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[Page]:
        return await road.pages(await road.sign_in("bench-1x450"))

    pages = on_road(bank, seal, work)
    ids = [row.bank_id for page in pages for row in page.rows]
    assert len(pages) > 1
    assert len(ids) == len(set(ids)) == 450


def test_unbooked_rows_are_pending(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> dict[str, list[Page]]:
        access = await road.sign_in("test2")
        return {name: await road.pages(access, name) for name in road.connector.capabilities.lists}

    lists = on_road(bank, seal, work)
    pending = [row for page in lists["getTransactionsPending"] for row in page.rows]
    holds = [row for page in lists["getHolds"] for row in page.rows]
    assert pending
    assert holds
    assert all(row.status is TransactionStatus.PENDING for row in pending + holds)
    assert all(row.amount < 0 for row in holds)


def test_card_and_deposit_accounts_are_told_apart(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[AccountReading]:
        access = await road.sign_in("test3")
        numbers = access.account_numbers
        return [await road.connector.account(access, number, PSU) for number in numbers]

    readings = on_road(bank, seal, work)
    assert len(readings) == 4
    cards = [reading.card for reading in readings if reading.card]
    deposits = [reading.deposit for reading in readings if reading.deposit]
    assert len(cards) == len(deposits) == 1
    assert cards[0].limit is not None
    assert deposits[0].opened_on is not None


def test_a_company_is_an_owner_of_its_own_kind(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> AccountReading:
        access = await road.sign_in("test4")
        return await road.connector.account(access, access.account_numbers[0], PSU)

    (owner,) = on_road(bank, seal, work).owners
    assert owner.kind is OwnerKind.COMPANY
    assert owner.polish_nip


def test_the_grant_says_how_far_back_and_until_when(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[Access, Access]:
        return await road.sign_in(), await road.sign_in(repeated=True)

    single, repeated = on_road(bank, seal, work)
    assert single.refresh_token is None
    assert repeated.refresh_token is not None
    for access in (single, repeated):
        assert access.history_days == 1460
        assert access.valid_until <= system_clock() + timedelta(days=180)
        assert access.expires_at > system_clock()
    assert "***" in repr(repeated)
    assert repeated.refresh_token.reveal() not in repr(repeated)


def test_a_renewed_access_reads_without_the_person(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[Access, Access, list[Page]]:
        access = await road.sign_in(repeated=True)
        fresh = await road.connector.renew(access, None)
        return access, fresh, await road.pages(fresh, psu=None)

    old, fresh, pages = on_road(bank, seal, work)
    assert fresh.access_token.reveal() != old.access_token.reveal()
    assert fresh.account_numbers == old.account_numbers
    assert fresh.grant == old.grant
    assert pages[0].rows


def test_what_cannot_be_renewed_has_ended(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        single = await road.sign_in()
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.renew(single, None)
        repeated = await road.sign_in(repeated=True)
        road.bank.withdraw(repeated.grant)
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.connector.renew(repeated, None)

    on_road(bank, seal, work)


def test_presence_is_said_only_when_true_and_ids_are_version_1(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        number = access.account_numbers[0]
        await road.connector.account(access, number, PSU)
        await road.connector.account(access, number, None)

    on_road(bank, seal, work)
    rows = bank.log()
    reads = [row for row in rows if row["endpoint"] == "getAccount"]
    assert [row["attended"] for row in reads] == [True, False]
    assert all(row["status"] == 200 for row in rows)


def test_the_fifth_unattended_read_of_a_day_is_refused(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        number = access.account_numbers[0]
        for _ in range(4):
            await road.connector.account(access, number, None)
        with pytest.raises(errors.BankRateLimited):
            await road.connector.account(access, number, None)
        await road.connector.account(access, number, PSU)

    on_road(bank, seal, work)


@pytest.mark.parametrize(("login", "expected"), PERSON_FAULTS.items())
def test_a_refused_person_gets_the_bank_reason(
    bank: Bank, seal: Seal, login: str, expected: type[errors.OpenSaldoError]
) -> None:
    async def work(road: Road) -> None:
        with pytest.raises(expected):
            await road.sign_in(login)

    on_road(bank, seal, work)


def test_wrong_passwords_and_second_thoughts(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        request = road.request()
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        for _ in range(2):
            with pytest.raises(WrongPage, match="InvalidCredentials"):
                await walk(road.door, step.url, "test1", password="wrong")
        answer = await walk(road.door, step.url, "test1", password="wrong")
        with pytest.raises(errors.InvalidCredentials):
            await road.connector.resume(request, step, answer)
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        answer = await walk(road.door, step.url, "test1", decision="cancel")
        with pytest.raises(errors.SignInCancelled):
            await road.connector.resume(request, step, answer)

    on_road(bank, seal, work)


def test_a_code_serves_once(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        request = road.request()
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        answer = await walk(road.door, step.url, "test1")
        await road.connector.resume(request, step, answer)
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.resume(request, step, answer)

    on_road(bank, seal, work)


def test_a_consent_revoked_by_us_is_over(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        await road.connector.revoke(access)  # type: ignore[attr-defined]
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.pages(access)

    on_road(bank, seal, work)


@pytest.mark.parametrize(
    ("login", "expected"), [*CALL_FAULTS.items(), ("test-fatal", errors.Defect)]
)
def test_the_fault_logins_end_in_their_error(
    bank: Bank, seal: Seal, login: str, expected: type[errors.OpenSaldoError]
) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(login)
        with pytest.raises(expected) as caught:
            await road.connector.account(access, access.account_numbers[0], PSU)
        assert type(caught.value) is expected

    on_road(bank, seal, work)


def test_a_slow_bank_can_be_left(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> int:
        access = await road.sign_in("test-slow")
        number, since = access.account_numbers[0], system_clock().date() - HALF_A_YEAR
        pages = road.connector.pages(access, number, "getTransactionsDone", since, PSU)
        first = await anext(pages)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(pages), timeout=1)
        return len(first.rows)

    assert on_road(bank, seal, work) > 0


def test_a_withdrawn_consent_ends_the_next_import(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in("test-withdrawn", repeated=True)
        await road.pages(access)
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.pages(access)

    on_road(bank, seal, work)


PLANNED = [
    ("reset", {}, errors.BankUnreachable),
    ("truncate", {}, errors.BankUnreachable),
    ("status", {"status": 500}, errors.BankUnavailable),
    ("status", {"status": 503}, errors.BankUnavailable),
    ("status", {"status": 503, "code": "MAINTENANCE"}, errors.BankMaintenance),
    ("status", {"status": 429}, errors.BankDailyLimit),
    ("status", {"status": 401}, errors.BankAccessEnded),
    ("status", {"status": 403}, errors.BankAccessEnded),
    ("status", {"status": 403, "code": "CONSENT_WITHDRAWN"}, errors.BankConsentWithdrawn),
    ("status", {"status": 422}, errors.BankUnavailable),
    ("html", {}, errors.BankAnsweredNonsense),
    ("nonsense", {}, errors.BankAnsweredNonsense),
    ("bad_signature", {}, errors.BankAnsweredNonsense),
    ("missing_signature", {}, errors.BankAnsweredNonsense),
    ("expired_token", {}, errors.BankAccessEnded),
    ("withdrawn", {}, errors.BankConsentWithdrawn),
]


@pytest.mark.parametrize(("kind", "more", "expected"), PLANNED)
def test_every_planned_fault_ends_in_its_error(
    bank: Bank,
    seal: Seal,
    kind: str,
    more: dict[str, Any],
    expected: type[errors.OpenSaldoError],
) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in()
        road.bank.plan(kind, path="getAccount", **more)
        with pytest.raises(expected) as caught:
            await road.connector.account(access, access.account_numbers[0], PSU)
        assert type(caught.value) is expected

    on_road(bank, seal, work)


def test_retry_after_is_passed_on(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in()
        road.bank.plan("status", status=429, retry_after_s=77, path="getAccount")
        with pytest.raises(errors.BankRateLimited) as caught:
            await road.connector.account(access, access.account_numbers[0], PSU)
        assert caught.value.retry_after_s == 77

    on_road(bank, seal, work)


def test_a_list_that_leads_in_a_circle_is_nonsense(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in("bench-1x450")
        road.bank.plan("loop_pages", path="getTransactionsDone", times=50)
        with pytest.raises(errors.BankAnsweredNonsense, match="nextPage"):
            await road.pages(access)

    on_road(bank, seal, work)


def test_hostile_text_does_not_stop_an_import(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[AccountReading, list[Page]]:
        access = await road.sign_in()
        road.bank.plan("hostile_text", path="*", times=50)
        reading = await road.connector.account(access, access.account_numbers[0], PSU)
        return reading, await road.pages(access)

    reading, pages = on_road(bank, seal, work)
    assert reading.owners
    titles = {row.title for page in pages for row in page.rows}
    assert None in titles
    assert "12345" in titles
    for title in titles - {None}:
        assert title is not None
        title.encode("utf-8")


def test_a_page_that_fails_midway_is_not_a_whole_list(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in("bench-1x450")
        road.bank.plan("truncate", path="getTransactionsDone", after=2)
        with pytest.raises(errors.BankUnreachable):
            await road.pages(access)

    on_road(bank, seal, work)


def test_another_seal_is_not_ours(bank: Bank, seal: Seal, tmp_path: Path) -> None:
    async def first(road: Road) -> Access:
        return await road.sign_in(repeated=True)

    async def second(road: Road) -> None:
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.account(access, access.account_numbers[0], PSU)

    access = on_road(bank, seal, first)
    other = Seal.open(tmp_path, clock=system_clock)
    assert other.tpp_id != seal.tpp_id
    on_road(bank, other, second)


def test_declared_capabilities_are_those_observed(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        able = road.connector.capabilities
        access = await road.sign_in()
        await road.connector.account(access, access.account_numbers[0], PSU)
        for name in able.lists:
            await road.pages(access, name)
        seen = {row["endpoint"] for row in road.bank.log()} - {"authorize", "token"}
        assert seen == {able.account_endpoint, *able.lists}

    on_road(bank, seal, work)
