"""A plan touches only the calls it needs: details alone, or the lists of accounts known before."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from opensaldo.connectors.base import AccountReading, Spare
from opensaldo.engine import reading as module
from opensaldo.engine.plans import ACCOUNTS, CARDS, EVERYTHING, IDENTITY, Plan, spared
from opensaldo.engine.reading import Reading
from opensaldo.errors import BankAnsweredNonsense
from tests.support.builders import a_card, an_account, an_owner
from tests.unit.engine.small_bank import (
    SINCE,
    Notebook,
    SmallBank,
    a_reading,
    page,
    plain,
    row,
    two,
)

ROWS = {(number, "done"): [page(row(SINCE, number), currency="PLN")] for number in "AB"}


def read(bank: SmallBank, plan: Plan, **given: Any) -> tuple[Reading, Notebook]:
    ledger = Notebook()
    reading = a_reading(bank, ledger=ledger, plan=plan, **given)
    asyncio.run(reading.read())
    return reading, ledger


def test_details_alone_book_and_make_one_call_an_account():
    bank = two(lists=ROWS)
    reading, ledger = read(bank, ACCOUNTS)
    assert sorted(ledger.booked) == sorted(ledger.called) == [("A", "account"), ("B", "account")]
    assert sorted(bank.begun) == [("A", "account"), ("B", "account")]
    held = reading.holdings()
    assert [(one.iban, one.transactions, one.partial) for one in held.accounts] == [
        ("A", (), False),
        ("B", (), False),
    ]
    assert (reading.is_complete, reading.has_read_any, reading.pages) == (True, True, 0)


def test_a_known_accounts_lists_are_all_that_is_booked_and_read():
    bank = two(lists=ROWS)
    plan = Plan(known={"B": plain("B", name="Known before")})
    reading, ledger = read(bank, plan, numbers=())
    assert sorted(ledger.booked) == sorted(ledger.called) == [("B", "done"), ("B", "pending")]
    assert (bank.begun, bank.numbers_asked) == ([("B", "done"), ("B", "pending")], 0)
    (account,) = reading.holdings().accounts
    assert (account.name, [one.title for one in account.transactions]) == ("Known before", ["B"])
    assert reading.is_complete


def test_a_known_cards_rows_stand_in_the_card():
    card = AccountReading(account=an_account(), owners=(an_owner(),), card=a_card(transactions=()))
    reading, _ledger = read(two(lists=ROWS), Plan(known={"A": card}))
    held = reading.holdings()
    assert (held.accounts, [one.title for one in held.cards[0].transactions]) == ((), ["A"])


def test_rows_in_another_currency_than_the_known_accounts_are_refused():
    lists = {("A", "done"): [page(row(SINCE), currency="EUR")]}
    reading, _ledger = read(two(lists=lists), Plan(known={"A": plain("A")}))
    with pytest.raises(BankAnsweredNonsense, match="currency"):
        reading.holdings()


@pytest.mark.parametrize("pages", [0, 1])
def test_of_a_known_account_something_was_read_with_its_first_page(pages: int):
    lists: dict[Any, Any] = {("A", "done"): [page(row(SINCE))] * pages + [asyncio.Event()]}

    async def go() -> Reading:
        reading = a_reading(two(lists=lists), plan=Plan(known={"A": plain("A")}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reading.read()
        return reading

    reading = asyncio.run(go())
    assert (reading.has_read_any, reading.is_complete) == (pages > 0, False)
    assert reading.holdings().accounts[0].partial


@pytest.mark.parametrize("plan", [EVERYTHING, ACCOUNTS, Plan(known={"A": plain("A")})])
def test_progress_of_every_plan_ends_at_95(plan: Plan):
    seen: list[int] = []
    read(two(lists=ROWS), plan, on_progress=seen.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (module.PROGRESS_FOUND_ACCOUNTS, 95)


def test_details_show_owners_by_name_address_and_kind():
    owner = an_owner(polish_pesel="00000000000", phone="1")
    bank = SmallBank({"A": AccountReading(account=an_account(), owners=(owner,))})
    reading, _ledger = read(bank, ACCOUNTS, numbers=("A",))
    assert reading.details["A"].owners == (an_owner(),)
    assert reading.holdings().owners == (owner,)


# --- what can be left out -----------------------------------------------------------------------
@dataclass
class SparingBank(SmallBank):
    """A bank with calls of their own for balances and for the details of rows."""

    left_out: frozenset[Spare] = frozenset()

    def sparing(self, spares: frozenset[Spare]) -> SparingBank:
        return replace(self, left_out=spares)


def test_only_owners_are_read_without_balances():
    assert IDENTITY.spares == {Spare.BALANCES}
    assert EVERYTHING.spares == ACCOUNTS.spares == CARDS.spares == frozenset()


def test_a_connector_that_can_leaves_out_what_is_spared_and_stays_as_it_was():
    bank = SparingBank({"A": plain("A")})
    spares = frozenset({Spare.BALANCES})
    connector = spared(bank, spares)
    assert isinstance(connector, SparingBank)
    assert (connector.left_out, bank.left_out) == (spares, frozenset())
    assert spared(bank, frozenset()) is bank


def test_a_connector_that_has_nothing_to_leave_out_serves_as_it_is():
    bank = two()
    assert spared(bank, frozenset(Spare)) is bank


class CardNamingBank(SmallBank):
    """A bank whose cards' accounts are known by their names."""

    def is_card(self, number: str) -> bool:
        return number == "B"


@pytest.mark.parametrize(
    ("plan", "calls"),
    [(ACCOUNTS, ["A"]), (CARDS, ["B"]), (IDENTITY, ["A", "B"])],
    ids=["accounts", "cards", "owners"],
)
def test_cards_are_told_by_name_where_they_can_be(plan: Plan, calls: list[str]):
    bank = CardNamingBank(two().readings)
    reading, ledger = read(bank, plan)
    expected = [(number, "account") for number in calls]
    assert sorted(bank.begun) == sorted(ledger.booked) == expected
    assert reading.is_complete


def test_where_nothing_is_wanted_nothing_is_called():
    bank = CardNamingBank({"B": plain("B")})
    reading, ledger = read(bank, ACCOUNTS, numbers=("B",))
    assert (bank.begun, ledger.booked, reading.is_complete) == ([], [], True)
    assert reading.holdings().accounts == ()
