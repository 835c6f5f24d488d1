"""PolishAPI against a real KontoBank: what the common suite does not ask of every standard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.connectors.base import Access, Done, Redirect
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import profile_of
from opensaldo.connectors.protocols.polish_api.flow import PolishApi
from opensaldo.connectors.protocols.polish_api.versions import Registration
from opensaldo.connectors.road import ConsentModel
from opensaldo.connectors.signing import BankKeys, Seal
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import system_clock
from opensaldo.domain.secret import Secret
from opensaldo.domain.transaction import Transaction, TransactionStatus
from tests.support.bank import PSU, Bank, Road, walk

pytestmark = pytest.mark.enable_socket

YEAR = timedelta(days=365)
ALL_LISTS = (
    "getTransactionsDone",
    "getTransactionsPending",
    "getTransactionsRejected",
    "getTransactionsCancelled",
    "getTransactionsScheduled",
    "getHolds",
)


@pytest.fixture(autouse=True)
def _fresh(bank: Bank) -> None:
    bank.reset()


def on_changed_road(
    bank: Bank,
    seal: Seal,
    work: Callable[[Road], Awaitable[Any]],
    *,
    registration: Registration | None = None,
    **changes: Any,
) -> Any:
    """What the work gives on KontoBank's Polish road with these members changed."""

    async def run() -> Any:
        async with Door() as door:
            file = read_bank_files()["KontoBankApi"]
            target = file.offered(Environment.TEST, simulated=False)
            road = replace(file.road, **changes)
            profile = profile_of(road, bank=file.name, country="pl", kontobank_url=bank.url)
            keys = BankKeys(door, bank="x", url=profile.jwks_url, clock=system_clock)
            connector = PolishApi(
                profile,
                door=door,
                seal=seal,
                keys=keys,
                clock=system_clock,
                registration=registration,
            )
            return await work(Road(bank, door, target, connector, system_clock))

    return asyncio.run(run())


async def rows_of(road: Road, access: Access, name: str, **more: Any) -> list[Transaction]:
    since = system_clock().date() - YEAR
    pages = await road.pages(access, name, since=since, **more)
    return [row for page in pages for row in page.rows]


def test_two_steps_read_the_listed_accounts_without_a_second_sign_in(
    bank: Bank, seal: Seal
) -> None:
    async def work(road: Road) -> tuple[Access, int]:
        access = await road.sign_in("test3", repeated=True)
        access = await road.connector.renew(access, None)
        readings = [await road.connector.account(access, n, PSU) for n in access.account_numbers]
        return access, len(readings)

    access, count = on_changed_road(bank, seal, work, consent=ConsentModel.DETAILED)
    assert count == 4
    assert all("*" not in number for number in access.account_numbers)
    calls = [row["endpoint"] for row in bank.log()]
    assert calls[:4] == ["authorize", "token", "getAccounts", "token"]


def test_a_bank_without_exchange_is_signed_in_to_twice(bank: Bank, seal: Seal) -> None:
    bank.plan("status", path="token", status=400, code="GRANT_TYPE_INVALID", after=1)

    async def work(road: Road) -> Access:
        request = road.request()
        step = await road.connector.begin(request)
        assert isinstance(step, Redirect)
        again = await road.connector.resume(request, step, await walk(road.door, step.url, "test2"))
        assert isinstance(again, Redirect)
        done = await road.connector.resume(
            request, again, await walk(road.door, again.url, "test2")
        )
        assert isinstance(done, Done)
        await road.connector.account(done.access, done.access.account_numbers[0], PSU)
        return done.access

    access = on_changed_road(bank, seal, work, consent=ConsentModel.DETAILED)
    assert len(access.account_numbers) == 1
    calls = [row["endpoint"] for row in bank.log()]
    assert calls == [
        "authorize", "token", "getAccounts", "token", "authorize", "token", "getAccount",
    ]  # fmt: skip


def test_every_list_of_the_standard_is_read_where_the_road_names_it(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> dict[str, list[Transaction]]:
        access = await road.sign_in("test2")
        return {
            name: await rows_of(road, access, name) for name in road.connector.capabilities.lists
        }

    found = on_changed_road(bank, seal, work, lists=ALL_LISTS)
    assert {name: {row.status for row in rows} for name, rows in found.items()} == {
        "getTransactionsDone": {TransactionStatus.DONE},
        "getTransactionsPending": {TransactionStatus.PENDING},
        "getTransactionsRejected": {TransactionStatus.REJECTED},
        "getTransactionsCancelled": {TransactionStatus.CANCELLED},
        "getTransactionsScheduled": {TransactionStatus.SCHEDULED},
        "getHolds": {TransactionStatus.PENDING},
    }


def test_tax_rows_say_what_was_paid_while_the_person_is_there(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> tuple[list[Transaction], list[Transaction]]:
        access = await road.sign_in("test1", repeated=True)
        with_person = await rows_of(road, access, "getTransactionsDone")
        alone = await rows_of(road, access, "getTransactionsDone", psu=None)
        return with_person, alone

    with_person, alone = on_changed_road(bank, seal, work, details_max=3)
    titles = [row.title or "" for row in with_person if "ZUS I PODATEK" in (row.title or "")]
    assert len(titles) > 3
    said = [title for title in titles if "VAT-7" in title or "PIT-5" in title]
    assert len(said) == 3
    assert all(" M " in title for title in said)
    assert not any("VAT-7" in (row.title or "") for row in alone)
    asked = [row for row in bank.log() if row["endpoint"] == "getTransactionDetail"]
    assert [row["attended"] for row in asked] == [True] * 3


def test_a_consent_deleted_twice_is_deleted(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> None:
        access = await road.sign_in(repeated=True)
        await road.connector.revoke(access)
        await road.connector.revoke(access)
        await road.connector.revoke(replace(access, grant="never-given"))
        with pytest.raises(errors.BankConsentWithdrawn):
            await road.connector.renew(access, None)

    on_changed_road(bank, seal, work)
    on_changed_road(bank, seal, work, version="v2_1_1.1")


def test_2_1_1_reads_all_the_same(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[Transaction]:
        return await rows_of(road, await road.sign_in(), "getTransactionsDone")

    assert on_changed_road(bank, seal, work, version="v2_1_1.1")


def test_3_0_needs_the_gateways_secret(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[Transaction]:
        access = await road.sign_in(repeated=True)
        access = await road.connector.renew(access, None)
        return await rows_of(road, access, "getTransactionsDone")

    registration = Registration(client_id="app-1", client_secret=Secret("s3cret"))
    assert on_changed_road(bank, seal, work, version="v3_0.1", registration=registration)
    with pytest.raises(errors.BankError):
        on_changed_road(bank, seal, work, version="v3_0.1")
