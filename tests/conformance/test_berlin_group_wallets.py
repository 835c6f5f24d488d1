"""Accounts of several currencies, and consents of several signatories, at a real KontoBank."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from opensaldo.connectors.base import Access, AccountReading, Page
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from opensaldo.errors import ManualActionRequired
from tests.support.bank import PSU, Bank
from tests.support.switchboard import unattended_counts
from tests.support.xs2a_road import Way, along

pytestmark = pytest.mark.enable_socket

Read = list[tuple[AccountReading, list[Page]]]


def read(bank: Bank, seal: Seal, login: str) -> Read:
    async def work(way: Way) -> Any:
        access = await way.sign_in(login)
        return [
            (await way.connector.account(access, one, PSU), await way.pages(access, one))
            for one in access.account_numbers
        ]

    found: Read = along(bank, seal, work)
    return found


@pytest.mark.parametrize("login", ["quirk-wallet", "quirk-sub-accounts"])
def test_a_wallet_is_one_account_for_each_currency_with_its_own_rows(
    bank: Bank, seal: Seal, login: str
) -> None:
    found = read(bank, seal, login)
    accounts = [reading.account for reading, _ in found]
    assert [one.currency for one in accounts] == ["RON", "EUR", "USD"]
    assert len({one.iban for one in accounts}) == 1
    for reading, pages in found:
        assert {page.currency for page in pages} == {reading.account.currency}
        rows = [row for page in pages for row in page.rows if row.booked_on]
        assert rows
        newest = max(rows, key=lambda row: row.booked_on or system_clock().date())
        assert reading.account.balance == newest.balance
    ids = [row.bank_id for _, pages in found for page in pages for row in page.rows]
    assert len(ids) == len(set(ids))


def test_a_wallet_alone_and_its_sub_accounts_hold_the_same(bank: Bank, seal: Seal) -> None:
    alone, apart = read(bank, seal, "quirk-wallet"), read(bank, seal, "quirk-sub-accounts")
    for (_, one), (_, other) in zip(alone[1:], apart[1:], strict=True):
        amounts = [[row.amount for page in pages for row in page.rows] for pages in (one, other)]
        assert amounts[0] == amounts[1]


def test_an_import_of_a_wallet_is_one_call_of_each_kind_however_many_currencies_it_holds(
    bank: Bank, seal: Seal
) -> None:
    async def one_import(way: Way, access: Access) -> list[Any]:
        run = replace(access)  # each run has an access of its own
        numbers = run.account_numbers
        details = [way.connector.account(run, one, None) for one in numbers]
        await asyncio.gather(*details)
        return await asyncio.gather(*(way.pages(run, one, psu=None) for one in numbers))

    async def work(way: Way) -> tuple[Any, list[Any]]:
        access = await way.sign_in("quirk-wallet", repeated=True)
        attended = [await way.pages(access, one) for one in access.account_numbers]
        return attended, [await one_import(way, access) for _ in range(4)]

    attended, imports = along(bank, seal, work)
    assert [imports[0]] * 3 == imports[1:]
    assert attended == imports[0]
    counted = unattended_counts(bank.url)
    assert counted
    assert {row["count"] for row in counted} == {4}
    assert {row["refused"] for row in counted} == {0}


def test_a_consent_that_a_second_person_must_sign_says_who_must_act(bank: Bank, seal: Seal) -> None:
    async def work(way: Way) -> None:
        with pytest.raises(ManualActionRequired, match="Another person must authorise"):
            await way.sign_in("test-partial")

    along(bank, seal, work)
