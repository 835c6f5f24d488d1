"""The Czech standard's connector against a real KontoBank over loopback."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Access, AccountReading, Done, Page, Redirect
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from opensaldo.domain.owner import OwnerKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from tests.support.bank import PSU, Bank, Road, walk
from tests.support.czech import on_czech_road

pytestmark = pytest.mark.enable_socket

HOUR_S = 3_600
DAY_S = 86_400


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


async def rows_of(road: Road, access: Access, list_name: str, **more: Any) -> list[Transaction]:
    return [row for page in await road.pages(access, list_name, **more) for row in page.rows]


def last_consent(bank: Bank) -> str:
    return next(row["consentId"] for row in reversed(bank.log()) if row["consentId"])


# --- sign-in and what is read
def test_a_sign_in_reads_owner_account_and_transactions(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[AccountReading, list[Page]]:
        access = await road.sign_in()
        (number,) = await road.connector.account_numbers(access, PSU)
        reading = await road.connector.account(access, number, PSU)
        return reading, await road.pages(access, "transactions")

    reading, pages = on_czech_road(bank, seal, work)
    rows = [row for page in pages for row in page.rows]
    assert re.fullmatch(r"CZ\d{22}", reading.account.iban)
    assert reading.account.currency == "CZK"
    assert reading.account.balance is not None
    assert reading.account.available is not None
    assert reading.account.active_since == date(2019, 1, 1)
    assert [owner.kind for owner in reading.owners] == [OwnerKind.OWNER]
    assert {page.currency for page in pages} == {"CZK"}
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert len(rows) > 100
    assert all(row.booked_on and row.title and row.kind and row.party for row in rows)
    assert any(row.amount > 0 for row in rows)
    assert any(row.amount < 0 for row in rows)


def test_transfers_keep_their_three_symbols(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[Transaction]:
        return await rows_of(road, await road.sign_in(), "transactions")

    rows = on_czech_road(bank, seal, work)
    transfers = [row for row in rows if row.variable_symbol]
    assert 0 < len(transfers) < len(rows)
    assert {row.constant_symbol for row in transfers} == {"0308"}
    assert any(row.specific_symbol for row in transfers)
    assert all(re.fullmatch(r"[0-9]{1,10}", row.variable_symbol) for row in transfers)
    assert not any("VS:" in row.title for row in rows)


def test_pages_follow_each_other_without_gap_or_repetition(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[Page]:
        return await road.pages(await road.sign_in("bench-1x450"), "transactions")

    pages = on_czech_road(bank, seal, work)
    ids = [row.bank_id for page in pages for row in page.rows]
    assert len(pages) == 5
    assert len(ids) == len(set(ids)) == 450


def test_more_accounts_than_a_page_holds_are_all_found(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[Access, tuple[str, ...]]:
        access = await road.sign_in("bench-100x1", repeated=True)
        fresh = await road.connector.renew(access, None)
        return access, await road.connector.account_numbers(fresh, None)

    access, again = on_czech_road(bank, seal, work)
    assert len(access.account_numbers) == 100
    assert again == access.account_numbers


def test_held_and_awaiting_payments_are_told_apart(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[list[Transaction], list[Transaction]]:
        access = await road.sign_in("test2")
        held = await rows_of(road, access, "transactions")
        return held, await rows_of(road, access, "awaiting")

    rows, awaiting = on_czech_road(bank, seal, work)
    held = [row for row in rows if row.status is TransactionStatus.PENDING]
    assert len(held) == 1
    assert held[0].booked_on is None
    assert held[0].amount < 0
    assert [row.status for row in awaiting] == ["PENDING", "SCHEDULED"]
    assert all(row.amount < 0 and row.variable_symbol for row in awaiting)


def test_cards_deposits_and_companies_are_told_apart(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[AccountReading]:
        found = []
        for login in ("test3", "test4"):
            access = await road.sign_in(login)
            for number in access.account_numbers:
                found.append(await road.connector.account(access, number, PSU))
        return found

    readings = on_czech_road(bank, seal, work)
    assert [bool(one.card) for one in readings] == [False, False, True, False, False]
    assert [bool(one.deposit) for one in readings] == [False, False, False, True, False]
    assert [owner.kind for owner in readings[0].owners] == ["OWNER", "CO_OWNER"]
    assert [owner.kind for owner in readings[4].owners] == ["COMPANY"]
    assert readings[2].account.balance <= 0


def test_the_list_of_accounts_is_read_once_and_not_again(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        able = road.connector.capabilities
        access = await road.sign_in("test3")
        for number in access.account_numbers:
            await road.connector.account(access, number, PSU)
            for name in able.lists:
                await road.pages(access, name, number=number)
        seen = [row["endpoint"] for row in road.bank.log()]
        assert seen[:4] == ["register", "auth", "token", "accounts"]
        assert set(seen[4:]) == {able.account_endpoint, *able.lists}

    on_czech_road(bank, seal, work)


def test_a_list_that_failed_at_the_sign_in_is_read_by_the_import(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> AccountReading:
        bank.plan("status", status=503, path="accounts")
        access = await road.sign_in()
        assert access.account_numbers == ()
        (number,) = await road.connector.account_numbers(access, PSU)
        return await road.connector.account(access, number, PSU)

    assert on_czech_road(bank, seal, work).account.balance is not None


def test_version_2_knows_no_awaiting_payments(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[str, ...]:
        return road.connector.capabilities.lists

    assert on_czech_road(bank, seal, work, version="2.0") == ("transactions",)
    assert on_czech_road(bank, seal, work) == ("transactions", "awaiting")


@pytest.mark.parametrize("status", [404, 405, 501])
def test_awaiting_payments_that_are_not_offered_are_none(
    bank: Bank, seal: Seal, status: int
) -> None:
    async def work(road: Road) -> list[Page]:
        access = await road.sign_in()
        road.bank.plan("status", status=status, path="awaiting")
        return await road.pages(access, "awaiting")

    assert on_czech_road(bank, seal, work) == [Page(rows=(), is_last=True)]


# --- tokens and consents
def test_only_a_repeated_access_keeps_the_consent(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[Access, Access]:
        return await road.sign_in(), await road.sign_in(repeated=True)

    single, repeated = on_czech_road(bank, seal, work)
    assert single.refresh_token is None
    assert repeated.refresh_token is not None
    assert repeated.valid_until <= system_clock() + timedelta(days=180)
    for secret in (repeated.refresh_token.reveal(), repeated.memory["client_secret"]):
        assert secret not in repr(replace_memory(repeated))


def replace_memory(access: Access) -> tuple[object, ...]:
    """What an access shows of itself besides its memory, which is sealed wherever it is kept."""
    return access.access_token, access.refresh_token, access.account_numbers


@pytest.mark.parametrize("login", ["test1", "quirk-one-use-tokens"])
def test_an_access_is_renewed_as_often_as_needed(bank: Bank, seal: Seal, login: str) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(login, repeated=True)
        tokens = {access.refresh_token.reveal()}  # type: ignore[union-attr]
        for _ in range(3):
            access = await road.connector.renew(access, None)
            tokens.add(access.refresh_token.reveal())  # type: ignore[union-attr]
            (number,) = await road.connector.account_numbers(access, None)
            assert await road.pages(access, "transactions", psu=None, number=number)
        assert len(tokens) == (1 if login == "test1" else 4)

    on_czech_road(bank, seal, work)


def test_a_refresh_token_that_served_once_ends_the_consent(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in("quirk-one-use-tokens", repeated=True)
        await road.connector.renew(access, None)
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.connector.renew(access, None)

    on_czech_road(bank, seal, work)


def test_a_token_that_is_too_old_is_renewed_and_a_consent_that_is_not(
    bank: Bank, seal: Seal
) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        number = access.account_numbers[0]
        bank.advance(HOUR_S)
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.account(access, number, PSU)
        access = await road.connector.renew(access, None)
        await road.connector.account(access, number, PSU)
        bank.advance(180 * DAY_S)
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.connector.renew(access, None)

    on_czech_road(bank, seal, work)


def test_a_consent_revoked_by_us_is_over_and_may_be_revoked_again(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        for _ in range(2):
            await road.connector.revoke(access)
        with pytest.raises(errors.BankAccessEnded):
            await road.pages(access, "transactions")
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.connector.renew(access, None)

    on_czech_road(bank, seal, work)


def test_a_single_access_is_revoked_too(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in()
        await road.connector.revoke(access)
        with pytest.raises(errors.BankAccessEnded):
            await road.pages(access, "transactions")

    on_czech_road(bank, seal, work)


def test_a_consent_withdrawn_at_the_bank_ends_at_once(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        bank.withdraw(last_consent(bank))
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.pages(access, "transactions")
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.connector.renew(access, None)

    on_czech_road(bank, seal, work)


def test_a_withdrawn_consent_ends_the_next_import(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in("test-withdrawn", repeated=True)
        await road.pages(access, "transactions")
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.pages(access, "transactions")

    on_czech_road(bank, seal, work)


def test_a_code_serves_once_and_its_state_is_ours(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        request = road.request()
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        answer = await walk(road.door, step.url, "test1")
        with pytest.raises(errors.BankAnsweredNonsense, match="state"):
            await road.connector.resume(request, step, {**answer, "state": "another"})
        assert isinstance(await road.connector.resume(request, step, answer), Done)
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.resume(request, step, answer)

    on_czech_road(bank, seal, work)


def test_another_process_goes_on_with_a_sign_in(bank: Bank, seal: Seal) -> None:
    async def begin(road: Road) -> Any:
        request = road.request(repeated=True)
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        return request, step, await walk(road.door, step.url, "test1")

    async def end(road: Road) -> Access:
        done = await road.connector.resume(*begun)
        assert isinstance(done, Done)
        return await road.connector.renew(done.access, None)

    begun = on_czech_road(bank, seal, begin)
    assert on_czech_road(bank, seal, end).refresh_token


# --- history and unattended calls
@pytest.mark.parametrize(("days", "served"), [(89, 89), (90, 90), (91, 90), (400, 90)])
def test_a_first_day_too_old_without_the_person_is_moved_once(
    bank: Bank, seal: Seal, days: int, served: int
) -> None:
    async def work(road: Road) -> list[Transaction]:
        access = await road.sign_in(repeated=True)
        bank.advance(HOUR_S)
        access = await road.connector.renew(access, None)
        (number,) = await road.connector.account_numbers(access, None)
        since = now.date() - timedelta(days=days)
        rows = await rows_of(road, access, "transactions", psu=None, number=number, since=since)
        codes = [row["code"] for row in bank.log() if row["endpoint"] == "transactions"]
        assert codes.count("DT01") == (days > served)
        return rows

    now = datetime.now(UTC).replace(hour=10)
    bank.stop_clock(now)
    rows = on_czech_road(bank, seal, work, clock=lambda: now)
    oldest = min(row.booked_on for row in rows if row.booked_on)
    assert timedelta(days=served - 8) <= now.date() - oldest <= timedelta(days=served)


def test_right_after_the_sign_in_the_whole_history_is_read(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[Transaction]:
        since = system_clock().date() - timedelta(days=400)
        return await rows_of(road, await road.sign_in(), "transactions", since=since)

    rows = on_czech_road(bank, seal, work)
    oldest = min(row.booked_on for row in rows if row.booked_on)
    assert system_clock().date() - oldest > timedelta(days=390)


def test_the_fifth_unattended_reading_of_a_day_is_refused(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        for _ in range(4):
            await road.pages(access, "transactions", psu=None)
        with pytest.raises(errors.BankRateLimited):
            await road.pages(access, "transactions", psu=None)
        assert await road.pages(access, "transactions", psu=PSU)

    on_czech_road(bank, seal, work)


def test_calls_say_whether_the_person_is_there(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        before = len(bank.log())
        assert all(row["attended"] for row in bank.log() if row["endpoint"] != "auth")
        access = await road.connector.renew(access, None)
        (number,) = await road.connector.account_numbers(access, None)
        await road.connector.account(access, number, None)
        for name in road.connector.capabilities.lists:
            await road.pages(access, name, psu=None, number=number)
        assert not any(row["attended"] for row in bank.log()[before:])

    on_czech_road(bank, seal, work)


# --- masks and strangers
def test_a_token_of_one_client_is_nothing_to_another_country(bank: Bank, seal: Seal) -> None:
    async def first(road: Road) -> Access:
        return await road.sign_in(repeated=True)

    async def second(road: Road) -> None:
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.account(access, access.account_numbers[0], PSU)

    access = on_czech_road(bank, seal, first)
    on_czech_road(bank, seal, second, base_url="{kontobank}/czech-standard/pl")
