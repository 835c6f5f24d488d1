"""What a bank sent, once each: repeated pages go, truly equal payments stay."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.domain.receipt import Skip
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.sifting import sifted

SINCE = date(2026, 1, 1)
COFFEE = Transaction(amount=Decimal(-4), booked_on=SINCE, title="Coffee")


def numbered(count: int, **facts: object) -> tuple[Transaction, ...]:
    return tuple(replace(COFFEE, bank_id=f"id-{place}", **facts) for place in range(count))


def test_two_truly_equal_payments_stay_two():
    assert sifted([(COFFEE, COFFEE)], SINCE).rows == (COFFEE, COFFEE)
    assert len(sifted([numbered(2)], SINCE).rows) == 2


@pytest.mark.parametrize("page", [numbered(3), (COFFEE, replace(COFFEE, title="Tea"))])
def test_a_page_sent_twice_counts_once(page: tuple[Transaction, ...]):
    found = sifted([page, page], SINCE)
    assert len(found.rows) == len(page)
    assert found.skipped == {Skip.SENT_TWICE: len(page)}
    assert (found.fetched, len(found.booked)) == (2 * len(page), len(page))


def test_a_row_on_two_pages_counts_once_where_ids_hold():
    first, second = numbered(3)[:2], numbered(3)[1:]
    assert sifted([first, second], SINCE).skipped == {Skip.SENT_TWICE: 1}


@pytest.mark.parametrize("bank_id", ["", "  ", None, "computed:1"])
def test_rows_without_an_id_of_the_banks_are_not_taken_for_each_other(bank_id: str | None):
    row = replace(COFFEE, bank_id=bank_id)
    assert len(sifted([(row,), (row,)], SINCE).rows) == 2


def test_ids_that_a_bank_gives_twice_are_no_ids():
    same, other = replace(COFFEE, bank_id="0"), replace(COFFEE, bank_id="0", title="Tea")
    assert len(sifted([(same, other), (same,)], SINCE).rows) == 3


def test_a_pending_row_beside_the_same_one_booked_is_left_out():
    booked = replace(COFFEE, bank_id="7")
    pending = replace(booked, status=TransactionStatus.PENDING, booked_on=None, title="Hold")
    found = sifted([(booked,), (pending, replace(pending, bank_id="8"))], SINCE)
    assert [row.bank_id for row in found.rows] == ["8", "7"]
    assert found.skipped == {Skip.BOOKED_BESIDES: 1}


def test_rows_outside_the_range_and_rows_that_move_nothing_are_counted():
    early = replace(COFFEE, booked_on=SINCE - timedelta(days=1), title="early")
    planned = replace(COFFEE, status=TransactionStatus.SCHEDULED)
    found = sifted([(COFFEE, early, planned)], SINCE)
    assert found.rows == (COFFEE,)
    assert found.skipped == {Skip.OUTSIDE_RANGE: 1, Skip.NO_MONEY_MOVED: 1}
    assert found.booked == (COFFEE, early)


@given(st.lists(st.integers(0, 5), max_size=12), st.integers(1, 5))
def test_nothing_is_lost_however_the_rows_are_paged(titles: list[int], size: int):
    rows = [replace(COFFEE, title=str(t), bank_id=f"{i}") for i, t in enumerate(titles)]
    pages = [tuple(rows[at : at + size]) for at in range(0, len(rows), size)]
    again = [*pages, *pages[:1]]
    assert Counter(sifted(again, SINCE).rows) == Counter(rows)
