"""A torn list is read once more, as a call that counts, and never a third time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from opensaldo.connectors.base import Access, Page, PsuContext, TornList
from opensaldo.errors import BankRateLimited
from tests.unit.engine.small_bank import SINCE, Notebook, SmallBank, a_reading, plain, row

ROWS = tuple(row(SINCE + timedelta(days=20 + day), f"{day}") for day in range(3))
WHOLE = Page(rows=ROWS, is_last=True, list_count=len(ROWS))
TORN = Page(rows=ROWS[1:], is_last=True, list_count=len(ROWS))


@dataclass
class TearingBank(SmallBank):
    """A bank whose list of booked rows is another one each time it is asked for."""

    turns: list[Page] = field(default_factory=list)

    async def pages(
        self, access: Access, number: str, list_name: str, since: date, psu: PsuContext | None
    ) -> AsyncIterator[Page]:
        if list_name == "done":
            self.begun.append((number, list_name))
            yield self.turns.pop(0)


class Spent(Notebook):
    """A ledger that has no call left after the first ones."""

    async def book(self, calls):  # type: ignore[no-untyped-def]
        if self.booked:
            raise BankRateLimited
        await super().book(calls)


def bank_of(*turns: Page) -> TearingBank:
    return TearingBank({"A": plain("A")}, turns=list(turns))


def test_a_list_torn_once_is_read_again_as_another_call_and_is_whole():
    bank, ledger = bank_of(TORN, WHOLE), Notebook()
    reading = a_reading(bank, ("A",), ledger=ledger)
    asyncio.run(reading.read())
    assert reading.is_complete
    assert sorted(reading.rows_of("A").rows, key=lambda one: one.title or "") == list(ROWS)
    assert ledger.booked.count(("A", "done")) == ledger.called.count(("A", "done")) == 2


def test_a_list_torn_twice_is_the_banks_fault():
    bank = bank_of(TORN, TORN, WHOLE)
    with pytest.raises(TornList):
        asyncio.run(a_reading(bank, ("A",)).read())
    assert bank.begun.count(("A", "done")) == 2


def test_a_list_is_not_read_again_when_no_call_is_left():
    bank = bank_of(TORN, WHOLE)
    with pytest.raises(TornList):
        asyncio.run(a_reading(bank, ("A",), ledger=Spent()).read())
    assert bank.begun.count(("A", "done")) == 1
