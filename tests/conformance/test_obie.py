"""The OBIE connector against a real KontoBank, in both versions."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Access, AccountReading, Done, Redirect
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.obie.flow import CONSENT, LIST, Obie
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from opensaldo.domain.owner import OwnerKind
from opensaldo.domain.target import AccountType, Interface, Target
from opensaldo.domain.transaction import Transaction, TransactionStatus
from tests.support.bank import PSU, Bank, Road, WrongPage, walk

pytestmark = pytest.mark.enable_socket

VERSIONS = ("v3.1", "v4.0", "")
YEAR = timedelta(days=365)
DAY_S = 86_400
TARGET = Target(
    name="ExampleApi_lt",
    country="lt",
    institution="Example_lt",
    official_name="Example",
    official_url="https://example.org",
    interface=Interface.PSD2,
    protocol="obie",
    account_types=(AccountType.INDIVIDUAL,),
    commands=("DefaultImportCommand",),
    credentials=("API_SETUP",),
)


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


def mask_of(**members: Any) -> str:
    text = base64.urlsafe_b64encode(json.dumps(members).encode()).decode()
    return f"lt.{text.rstrip('=')}"


def on_obie(
    bank: Bank,
    seal: Seal,
    work: Callable[[Road], Awaitable[Any]],
    *,
    place: str = "lt",
    version: str = "v3.1",
) -> Any:
    """What the work gives on an OBIE road of this place."""

    async def run() -> Any:
        async with Door() as door:
            profile = Profile(
                bank="ExampleApi_lt",
                country="lt",
                base_url=f"{bank.url}/obie/{place}",
                version=version,
                history_days_initial=1460,
                history_days_later=90,
                calls_at_once_max=4,
            )
            connector = Obie(profile, door=door, seal=seal, clock=system_clock)
            return await work(Road(bank, door, TARGET, connector, system_clock))

    return asyncio.run(run())


async def rows_of(road: Road, access: Access, number: str, **more: Any) -> list[Transaction]:
    since = system_clock().date() - more.pop("ago", YEAR)
    psu = more.pop("psu", PSU)
    found = road.connector.pages(access, number, LIST, since, psu)
    return [row async for page in found for row in page.rows]


async def first_account(road: Road, access: Access) -> str:
    return (await road.connector.account_numbers(access, PSU))[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sign_in_reads_owners_accounts_and_transactions(
    bank: Bank, seal: Seal, version: str
) -> None:
    async def work(road: Road) -> tuple[list[AccountReading], list[Transaction]]:
        access = await road.sign_in("test3")
        numbers = await road.connector.account_numbers(access, PSU)
        readings = [await road.connector.account(access, number, PSU) for number in numbers]
        return readings, await rows_of(road, access, numbers[0])

    readings, rows = on_obie(bank, seal, work, version=version)
    assert len(readings) == 4
    first = readings[0]
    assert first.account.iban is not None
    assert first.account.iban.startswith("LT")
    assert first.account.currency == "EUR"
    assert first.account.balance is not None
    assert first.account.active_since is not None
    assert [one.kind for one in first.owners] == [OwnerKind.OWNER, OwnerKind.CO_OWNER]
    assert first.owners[0].address
    (card,) = [one.card for one in readings if one.card]
    assert card.limit is not None
    assert card.available is not None
    statuses = {row.status for row in rows}
    assert statuses == {TransactionStatus.DONE, TransactionStatus.PENDING}
    booked = [row for row in rows if row.status is TransactionStatus.DONE]
    assert all(row.title and row.booked_on and row.balance is not None for row in booked)
    assert {row.amount > 0 for row in booked} == {True, False}
    assert all(row.booked_on is None for row in rows if row.status is TransactionStatus.PENDING)


def test_a_company_is_an_owner_of_its_own_kind(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> AccountReading:
        access = await road.sign_in("test4")
        return await road.connector.account(access, await first_account(road, access), PSU)

    (owner,) = on_obie(bank, seal, work).owners
    assert owner.kind is OwnerKind.COMPANY


def test_pages_follow_each_other_without_gap_or_repetition(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[Transaction]:
        access = await road.sign_in("bench-1x450")
        return await rows_of(road, access, await first_account(road, access))

    ids = [row.bank_id for row in on_obie(bank, seal, work)]
    assert len(ids) == len(set(ids)) == 450
    assert [row["page"] for row in bank.log() if row["endpoint"] == "getTransactions"] == [
        "first", "next", "next", "next", "next",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("loop_pages", errors.BankAnsweredNonsense),
        ("nonsense", errors.BankAnsweredNonsense),
        ("html", errors.BankAnsweredNonsense),
        ("truncate", errors.BankUnreachable),
        ("reset", errors.BankUnreachable),
        ("expired_token", errors.BankAccessEnded),
        ("withdrawn", errors.BankConsentWithdrawn),
    ],
)
def test_every_fault_has_its_error(
    bank: Bank, seal: Seal, kind: str, expected: type[Exception]
) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in()
        number = await first_account(road, access)
        bank.plan(kind, path="getTransactions", times=3)
        with pytest.raises(expected):
            await rows_of(road, access, number)

    on_obie(bank, seal, work)


@pytest.mark.parametrize("version", ["v3.1", "v4.0"])
@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "Field.Invalid", errors.BankUnavailable),
        (401, "Header.Invalid", errors.BankAccessEnded),
        (403, "Reauthenticate", errors.BankAccessEnded),
        (403, "Resource.InvalidConsentStatus", errors.BankConsentWithdrawn),
        (429, "Rules.TooMany", errors.BankRateLimited),
        (500, "UnexpectedError", errors.BankUnavailable),
        (503, "MAINTENANCE", errors.BankMaintenance),
    ],
)
def test_every_refusal_has_its_error(
    bank: Bank, seal: Seal, version: str, status: int, code: str, expected: type[Exception]
) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in()
        number = await first_account(road, access)
        bank.plan("status", path="getAccount", status=status, code=code, retry_after_s=7)
        with pytest.raises(expected) as caught:
            await road.connector.account(access, number, PSU)
        assert type(caught.value) is expected

    on_obie(bank, seal, work, version=version)


def test_a_bank_without_parties_names_the_owner_beside_the_number(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> AccountReading:
        access = await road.sign_in()
        bank.plan("status", path="getParties", status=404)
        return await road.connector.account(access, await first_account(road, access), PSU)

    (owner,) = on_obie(bank, seal, work).owners
    assert owner.name
    assert owner.address is None


def test_hostile_texts_are_read_as_texts(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[Transaction]:
        access = await road.sign_in()
        bank.plan("hostile_text", path="getTransactions", times=9)
        return await rows_of(road, access, await first_account(road, access))

    assert on_obie(bank, seal, work)


def test_presence_is_never_faked_and_four_calls_a_day_are_enough(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        number = await first_account(road, access)
        access = await road.connector.renew(access, None)
        for _ in range(4):
            assert await rows_of(road, access, number, psu=None)
        with pytest.raises(errors.BankRateLimited):
            await rows_of(road, access, number, psu=None)
        assert await rows_of(road, access, number)

    on_obie(bank, seal, work)
    calls = [row for row in bank.log() if row["endpoint"] == "getTransactions"]
    firsts = [row["attended"] for row in calls if row["page"] == "first"]
    assert firsts == [False] * 5 + [True]


def test_a_mask_sets_the_limit_the_history_and_the_name(bank: Bank, seal: Seal) -> None:
    place = mask_of(name="Masked", calls_per_day=1, history_days_initial=400, history_days_later=90)

    async def work(road: Road) -> tuple[int, int]:
        request = road.request(repeated=True)
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        page = await road.door.browse("GET", step.url, None, {})
        shown = await road.door.browse("GET", page.location or "", None, {})
        assert "Masked" in shown.body
        done = await road.connector.resume(request, step, await walk(road.door, step.url, "test1"))
        assert isinstance(done, Done)
        access = done.access
        number = await first_account(road, access)
        fresh = await rows_of(road, access, number, ago=timedelta(days=700))
        bank.advance(3_600)
        access = await road.connector.renew(access, None)
        later = await rows_of(road, access, number, ago=timedelta(days=700), psu=None)
        with pytest.raises(errors.BankRateLimited):
            await rows_of(road, access, number, psu=None)
        return _reach_days(fresh), _reach_days(later)

    fresh, later = on_obie(bank, seal, work, place=place)
    assert 360 < fresh <= 400
    assert 60 < later <= 91


def _reach_days(rows: list[Transaction]) -> int:
    return (system_clock().date() - min(row.booked_on for row in rows if row.booked_on)).days


def test_a_token_lives_five_minutes_and_can_be_renewed(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        number = await first_account(road, access)
        bank.advance(301)
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.account(access, number, PSU)
        renewed = await road.connector.renew(access, None)
        await road.connector.account(renewed, number, PSU)
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.renew(replace(access, refresh_token=None), None)

    on_obie(bank, seal, work)


def test_a_consent_ends_by_us_by_the_person_or_by_time(bank: Bank, seal: Seal) -> None:
    async def ended_by(road: Road, way: Callable[[Access], Awaitable[None]]) -> type[Exception]:
        access = await road.sign_in(repeated=True)
        await way(access)
        with pytest.raises(errors.BankError) as caught:
            await road.connector.renew(access, None)
        return type(caught.value)

    async def work(road: Road) -> list[type[Exception]]:
        async def revoke(access: Access) -> None:
            await road.connector.revoke(access)
            await road.connector.revoke(access)

        async def withdraw(access: Access) -> None:
            bank.withdraw(access.memory[CONSENT])

        async def wait(access: Access) -> None:
            del access
            bank.advance(181 * DAY_S)

        return [await ended_by(road, way) for way in (revoke, withdraw, wait)]

    assert on_obie(bank, seal, work) == [errors.BankAccessEnded] * 3


@pytest.mark.parametrize("version", ["v3.1", "v4.0"])
def test_a_withdrawn_consent_is_told_from_a_dead_token(
    bank: Bank, seal: Seal, version: str
) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in()
        number = await first_account(road, access)
        bank.withdraw(access.memory[CONSENT])
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.connector.account(access, number, PSU)

    on_obie(bank, seal, work, version=version)


def test_a_person_who_gives_up_has_given_up(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        request = road.request()
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        answer = await walk(road.door, step.url, "test1", decision="cancel")
        with pytest.raises(errors.SignInCancelled):
            await road.connector.resume(request, step, answer)
        with pytest.raises((WrongPage, AssertionError)):  # a decided consent is not asked again
            await walk(road.door, step.url, "test1")

    on_obie(bank, seal, work)


def test_a_code_serves_once_and_a_foreign_state_never(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        request = road.request()
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        answer = await walk(road.door, step.url, "test1")
        with pytest.raises(errors.BankAnsweredNonsense):
            await road.connector.resume(request, step, {**answer, "state": "other"})
        await road.connector.resume(request, step, answer)
        with pytest.raises(errors.BankAccessEnded):
            await road.connector.resume(request, step, answer)

    on_obie(bank, seal, work)


def test_a_request_that_was_changed_on_its_way_is_refused(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        step = await road.connector.begin(road.request())
        assert isinstance(step, Redirect)
        changed = step.url.replace(
            "redirect_uri=https%3A%2F%2Fshop", "redirect_uri=https%3A%2F%2Fx"
        )
        page = await road.door.browse("GET", changed, None, {})
        assert page.status == 400
        assert page.location is None

    on_obie(bank, seal, work)


LOGINS = {
    "test-io": errors.BankUnreachable,
    "test-maintenance": errors.BankMaintenance,
    "test-down": errors.BankUnavailable,
    "test-expired": errors.BankAccessEnded,
}


@pytest.mark.parametrize(("login", "expected"), LOGINS.items())
def test_the_fault_logins_end_in_their_error(
    bank: Bank, seal: Seal, login: str, expected: type[Exception]
) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(login)
        with pytest.raises(expected) as caught:
            await road.connector.account_numbers(access, PSU)
        assert type(caught.value) is expected

    on_obie(bank, seal, work)
