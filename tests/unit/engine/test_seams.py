"""Pages that overlap lose their repeats, pages with a gap between them are noticed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors.base import Page, TornList
from opensaldo.domain.transaction import COMPUTED_ID, Transaction
from opensaldo.engine.seams import Seams
from opensaldo.engine.sifting import once

TODAY, SINCE = date(2026, 3, 2), date(2025, 3, 2)
ROWS = 24


def rows(*, named: bool = True, balanced: bool = True, amounts: list[int] | None = None):
    """Rows, newest first."""
    balance, found = Decimal(1000), []
    for place, amount in enumerate(amounts or [-place for place in range(1, ROWS + 1)]):
        on = TODAY - timedelta(days=place)
        found.append(
            Transaction(
                amount=Decimal(amount),
                booked_on=on,
                balance=balance if balanced else None,
                bank_id=f"id-{place}" if named else f"{COMPUTED_ID}same",
            )
        )
        balance -= amount
    return found


def pages(listed, *cuts, count=None):
    last = len(cuts) - 1
    return [
        Page(rows=tuple(listed[a:b]), is_last=place == last, list_count=count)
        for place, (a, b) in enumerate(cuts)
    ]


def read(*all_pages, since=SINCE):
    seams = Seams("list", since)
    for page in all_pages:
        seams.check(page)
    return once([page.rows for page in all_pages])


@pytest.mark.parametrize("order", ["newest first", "oldest first"])
@pytest.mark.parametrize("named", [True, False])
@given(overlap=st.integers(0, 8))
def test_an_overlap_is_taken_once(order, named, overlap):
    listed = rows(named=named)[:: 1 if order == "newest first" else -1]
    assert read(*pages(listed, (0, 10), (10 - overlap, 20), (20 - overlap, ROWS))) == listed


@pytest.mark.parametrize("order", ["newest first", "oldest first"])
@given(gap=st.integers(1, 9))
def test_a_gap_in_the_chain_of_balances_is_noticed(order, gap):
    listed = rows()[:: 1 if order == "newest first" else -1]
    with pytest.raises(TornList):
        read(*pages(listed, (0, 10), (10 + gap, ROWS)))


def test_a_bank_without_a_chain_is_not_judged_by_it():
    listed = rows()
    shuffled = [*listed[3:10], *listed[:3], *listed[11:]]
    assert read(*pages(shuffled, (0, 10), (10, 23))) == shuffled
    bare = rows(balanced=False)
    assert read(*pages(bare, (0, 10), (11, ROWS))) == [*bare[:10], *bare[11:]]


def test_a_gap_at_the_old_end_of_the_range_is_the_banks_filter():
    listed = rows()
    since = listed[12].booked_on - timedelta(days=3)
    found = read(*pages(listed, (0, 10), (11, 15)), since=since)
    assert len(found) == 14


def test_two_equal_payments_stay_two_where_nothing_tells_them_apart():
    twice = rows(named=False, balanced=False, amounts=[-5, -5])
    twice[1] = twice[0]
    assert read(*pages(twice, (0, 1), (1, 2))) == twice


def test_equal_payments_with_balances_are_told_apart():
    equal = rows(named=False, amounts=[-5] * 12)
    assert read(*pages(equal, (0, 6), (6, 12))) == equal


def test_a_page_of_repeats_alone_has_hidden_its_own_rows():
    listed = rows()
    with pytest.raises(TornList):
        read(*pages(listed, (0, 10), (0, 10)))


@pytest.mark.parametrize(
    ("cuts", "counts"),
    [(((0, 10),), (ROWS,)), (((0, 10), (10, ROWS)), (ROWS, ROWS - 1)), (((0, 10),), (9,))],
)
def test_the_banks_own_count_must_be_met(cuts, counts):
    bare = rows(balanced=False)
    found = pages(bare, *cuts)
    counted = [
        Page(rows=page.rows, is_last=page.is_last, list_count=count)
        for page, count in zip(found, counts, strict=True)
    ]
    with pytest.raises(TornList):
        read(*counted)


def test_a_count_on_some_pages_only_is_no_count():
    bare = rows(balanced=False)
    first, second = pages(bare, (0, 10), (10, 20))
    counted = Page(rows=second.rows, is_last=True, list_count=3)
    assert len(read(first, counted)) == 20
