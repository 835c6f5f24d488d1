"""What a connector calls besides its lists, and rows of which no money moved."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from opensaldo.connectors.base import Capabilities, PsuContext
from opensaldo.domain.transaction import TransactionStatus
from tests.unit.engine.small_bank import (
    ABLE,
    SINCE,
    Notebook,
    SmallBank,
    a_reading,
    page,
    plain,
    row,
)

PSU = PsuContext(ip_address="192.0.2.7", user_agent="Browser/1")


@dataclass
class DetailedBank(SmallBank):
    """A bank whose connector asks for details while the person is there."""

    @property
    def capabilities(self) -> Capabilities:
        return replace(ABLE, attended_endpoints=("detail",))


@pytest.mark.parametrize("psu", [PSU, None])
def test_further_calls_are_booked_once_an_account_and_only_with_the_person(psu: PsuContext | None):
    ledger = Notebook()
    reading = a_reading(DetailedBank({"A": plain("A"), "B": plain("B")}), ledger=ledger)
    reading.psu = psu
    asyncio.run(reading.read())
    details = [call for call in ledger.booked if call[1] == "detail"]
    assert details == ([("A", "detail"), ("B", "detail")] if psu else [])
    assert set(ledger.called) == set(ledger.booked)


def test_rows_of_which_no_money_moved_are_left_out():
    rows = [replace(row(SINCE, status), status=status) for status in TransactionStatus]
    bank = SmallBank({"A": plain("A")}, {("A", "done"): [page(*rows)]})
    reading = a_reading(bank, ("A",))
    asyncio.run(reading.read())
    (account,) = reading.holdings().accounts
    assert {one.title for one in account.transactions} == {"DONE", "PENDING"}
