"""Reading what was granted: all at once, pages in order, limits kept, progress never back."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from opensaldo.connectors.base import (
    Access,
    AccountReading,
)
from opensaldo.engine import reading as module
from opensaldo.engine.reading import Reading
from opensaldo.errors import BankAnsweredNonsense, BankRateLimited, BankUnavailable
from tests.support.builders import a_card, a_deposit, an_account, an_owner
from tests.unit.engine.small_bank import (
    ABLE,
    SINCE,
    Notebook,
    SmallBank,
    a_reading,
    page,
    plain,
    row,
    two,
)

DAY = timedelta(days=1)


def test_accounts_and_lists_are_asked_for_at_once():
    async def go() -> SmallBank:
        bank = two(gate=asyncio.Barrier(6))
        async with asyncio.timeout(5):
            await a_reading(bank).read()
        return bank

    bank = asyncio.run(go())
    assert sorted(bank.begun) == [(n, e) for n in "AB" for e in ("account", "done", "pending")]


def test_every_call_is_booked_before_the_first_is_made():
    ledger = Notebook()
    asyncio.run(a_reading(two(), ledger=ledger).read())
    assert sorted(ledger.called) == sorted(ledger.booked)


def test_nothing_is_called_when_the_ledger_refuses():
    bank = two()
    with pytest.raises(BankRateLimited):
        asyncio.run(a_reading(bank, ledger=Notebook(refuses=True)).read())
    assert bank.begun == []


def test_the_bank_is_asked_for_numbers_only_when_the_grant_names_none():
    named, unnamed = two(), two()
    asyncio.run(a_reading(named).read())
    ledger = Notebook()
    asyncio.run(a_reading(unnamed, (), ledger=ledger).read())
    assert (named.numbers_asked, unnamed.numbers_asked) == (0, 1)
    assert ledger.called[0] == ("-", "accounts")


def test_rows_older_than_asked_for_are_dropped_and_undated_ones_kept():
    rows = [row(None, "waits"), row(SINCE + DAY), row(SINCE), row(SINCE - DAY), row(date.min)]
    bank = two(lists={("A", "done"): [page(*rows[:3]), page(*rows[3:])]})
    reading = a_reading(bank)
    asyncio.run(reading.read())
    assert reading.holdings().accounts[0].transactions == tuple(rows[:3])
    assert (reading.pages, bank.asked_since) == (2, {SINCE})


def test_pages_of_one_list_keep_their_order_and_lists_come_together():
    day = [page(row(SINCE, "1"), row(SINCE, "2")), page(row(SINCE, "3"))]
    bank = two(lists={("A", "done"): list(day), ("A", "pending"): [page(row(SINCE + DAY, "0"))]})
    reading = a_reading(bank)
    asyncio.run(reading.read())
    (first, second) = reading.holdings().accounts
    assert [one.title for one in first.transactions] == ["0", "1", "2", "3"]
    assert second.transactions == ()
    assert reading.is_complete
    assert (first.partial, second.partial) == (False, False)


@pytest.mark.parametrize("pages", [0, 1, 5, 60])
def test_progress_never_goes_back_and_stays_at_95_until_all_is_kept(pages: int):
    seen: list[int] = []
    lists = {(n, e): [page(row(SINCE))] * pages for n in "AB" for e in ABLE.lists}
    asyncio.run(a_reading(two(lists=lists), on_progress=seen.append).read())
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (module.PROGRESS_FOUND_ACCOUNTS, 95)


def test_progress_moves_while_one_list_is_long():
    seen: list[int] = []
    lists = {("A", "done"): [page(row(SINCE))] * 4}
    bank = SmallBank({"A": plain("A")}, lists)
    asyncio.run(a_reading(bank, ("A",), on_progress=seen.append).read())
    assert len(set(seen)) > 3


def interrupted(bank: SmallBank) -> Reading:
    """The reading after it waited in vain."""

    async def go() -> Reading:
        reading = a_reading(bank)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reading.read()
        return reading

    return asyncio.run(go())


def test_an_account_cut_short_is_partial_and_the_other_is_whole():
    lists = {("A", "done"): [page(row(SINCE)), asyncio.Event()], ("B", "done"): [page(row(SINCE))]}
    reading = interrupted(two(lists=lists))
    first, second = reading.holdings().accounts
    assert (first.partial, second.partial) == (True, False)
    assert (len(first.transactions), len(second.transactions)) == (1, 1)
    assert (reading.is_complete, reading.has_read_any) == (False, True)


def test_an_account_without_its_details_is_left_out():
    class Silent(SmallBank):
        async def account(self, access: Access, number: str, psu: Any) -> AccountReading:
            if number == "A":
                await asyncio.Event().wait()
            return await super().account(access, number, psu)

    reading = interrupted(Silent(two().readings, {("A", "done"): [page(row(SINCE))]}))
    assert [one.iban for one in reading.holdings().accounts] == ["B"]
    assert [one.name for one in reading.holdings().owners] == ["Owner B"]
    assert not reading.is_complete


def test_rows_in_another_currency_than_the_accounts_are_refused():
    lists = {("A", "done"): [page(row(SINCE), currency="PLN"), page(row(SINCE), currency="EUR")]}
    reading = a_reading(two(lists=lists))
    asyncio.run(reading.read())
    with pytest.raises(BankAnsweredNonsense, match="currency"):
        reading.holdings()


def test_cards_and_deposits_stand_in_their_own_places():
    card = AccountReading(account=an_account(), owners=(an_owner(),), card=a_card(transactions=()))
    deposit = AccountReading(account=an_account(), owners=(an_owner(),), deposit=a_deposit())
    lists = {(n, "done"): [page(row(SINCE), currency="PLN")] for n in ("C", "D", "E")}
    bank = SmallBank({"C": plain("C"), "D": card, "E": deposit}, lists)
    reading = a_reading(bank, ("C", "D", "E"))
    asyncio.run(reading.read())
    held = reading.holdings()
    assert (len(held.accounts), len(held.cards), len(held.deposits)) == (1, 1, 1)
    assert len(held.cards[0].transactions) == 1
    assert held.transaction_count == 2
    assert held.deposits[0].owners == (an_owner(),)


def test_owners_are_listed_once_and_inside_an_account_only_by_name_address_and_kind():
    owner = an_owner(polish_pesel="00000000000", phone="1", email="a@example.org")
    same = AccountReading(account=an_account(), owners=(owner,))
    reading = a_reading(SmallBank({"A": same, "B": same}))
    asyncio.run(reading.read())
    held = reading.holdings()
    assert held.owners == (owner,)
    assert [one.owners for one in held.accounts] == [(an_owner(),)] * 2


def test_a_list_without_end_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "ROWS_MAX", 3)
    lists = {("A", "done"): [page(row(SINCE), row(SINCE))] * 100}
    reading = a_reading(two(lists=lists))
    with pytest.raises(BankAnsweredNonsense, match="at most 3 rows"):
        asyncio.run(reading.read())
    assert reading.pages == 2


def test_the_first_failure_is_raised_bare_and_stops_the_rest():
    lists: dict[Any, Any] = {
        ("A", "done"): [BankUnavailable("down")],
        ("B", "done"): [asyncio.Event()],
    }

    async def go() -> None:
        async with asyncio.timeout(5):
            await a_reading(two(lists=lists)).read()

    with pytest.raises(BankUnavailable, match="down"):
        asyncio.run(go())


@pytest.mark.parametrize("slow", ["A", "B"])
def test_in_step_a_failure_leaves_the_same_pages_whoever_is_slow(slow: str):
    lists: dict[Any, Any] = {
        ("A", "done"): [page(row(SINCE, str(n))) for n in range(3)],
        ("B", "done"): [page(row(SINCE)), BankUnavailable("down")],
    }
    lists[slow, "done"].insert(1, 0.02)
    reading = a_reading(two(lists=lists), goes_in_step=True)
    with pytest.raises(BankUnavailable, match="down"):
        asyncio.run(reading.read())
    assert reading.pages == 3
    assert [len(reading.rows_of(number).rows) for number in "AB"] == [2, 1]
