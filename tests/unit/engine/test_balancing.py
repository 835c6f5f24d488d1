"""Rows that carry balances form one chain up to the account's; a row lost or doubled breaks it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.domain.receipt import Reason
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.balancing import Before, Stand, chained_since, newest_day, weighed

SINCE = date(2026, 1, 1)
START = Decimal(100)
amounts = st.lists(st.integers(-(10**6), 10**6).filter(bool), min_size=2, max_size=30)


def are_balances_distinct(moves: list[int]) -> bool:
    return len({*accumulate(moves, initial=0)}) == len(moves) + 1


def booked(moves: list[int]) -> list[Transaction]:
    """Rows of these amounts, one a day from well inside the range, with the balance after each."""
    balances = list(accumulate(moves, initial=int(START)))[1:]
    return [
        Transaction(
            amount=Decimal(move),
            booked_on=SINCE + timedelta(days=20 + place),
            balance=Decimal(after),
        )
        for place, (move, after) in enumerate(zip(moves, balances, strict=True))
    ]


def end_of(rows: list[Transaction]) -> Decimal:
    assert rows[-1].balance is not None
    return rows[-1].balance


def judged(rows, balance=None, pending=(), before=None):
    stand = Stand(balance=end_of(rows) if balance is None else balance)
    return weighed(stand, rows, pending, before, SINCE)


@given(amounts, st.randoms(use_true_random=False))
def test_a_whole_chain_is_proven_in_any_order(moves: list[int], chance: random.Random):
    rows = booked(moves)
    end = end_of(rows)
    chance.shuffle(rows)
    assert judged(rows, end) == (0, None)


@given(amounts, st.randoms(use_true_random=False))
def test_a_chain_is_proven_since_its_oldest_row(moves: list[int], chance: random.Random):
    rows = booked(moves)
    oldest = SINCE + timedelta(days=20)
    chance.shuffle(rows)
    assert chained_since(rows) == oldest
    left = [row for row in rows if row.booked_on != oldest]
    assert chained_since(left) == oldest + timedelta(days=1), "the oldest is cut: proven later"
    assert chained_since([replace(rows[0], balance=None), *rows[1:]]) is None
    assert chained_since([]) is None


@given(amounts.filter(are_balances_distinct), st.data())
def test_a_row_lost_among_others_is_the_gap(moves: list[int], data: st.DataObject):
    rows = booked(moves)
    end = end_of(rows)
    lost = rows.pop(data.draw(st.integers(1, len(rows) - 1)))
    assert judged(rows, end) == (lost.amount, None)


@given(amounts.filter(are_balances_distinct), st.data())
def test_a_row_sent_twice_is_the_gap(moves: list[int], data: st.DataObject):
    rows = booked(moves)
    twice = data.draw(st.sampled_from(rows))
    assert judged([*rows, twice], end_of(rows)) == (-twice.amount, None)


def test_rows_lost_whose_sum_is_nothing_are_no_success():
    rows = booked([-5, 7, -7, 3, 4])
    gap, reason = judged([rows[0], *rows[3:]], end_of(rows))
    assert (gap, reason) == (0, None)  # +7 -7 comes back to where it was: the chain is whole
    rows = booked([-5, 7, 11, -7, 9])
    kept = [row for row in rows if abs(row.amount) != 7]
    assert judged(kept, end_of(rows)) == (None, None)


def test_holes_where_the_range_begins_are_the_ranges():
    rows = booked([1, 2, 3, 4, 5])
    early = [
        replace(row, booked_on=SINCE + timedelta(days=place)) for place, row in enumerate(rows[:3])
    ]
    assert judged([early[0], early[2], *rows[3:]], end_of(rows)) == (0, Reason.HISTORY_CUT)
    assert judged([rows[0], *rows[2:]]) == (2, None)


def test_the_reasons_for_a_gap_are_stated():
    rows = booked([10, 20, 30])
    hold = Transaction(amount=Decimal(-4), status=TransactionStatus.PENDING)
    assert judged(rows, end_of(rows) - 4, [hold]) == (-4, Reason.PENDING_INCLUDED)
    assert judged(rows, rows[1].balance) == (-30, Reason.BALANCE_OLDER)
    assert judged(rows, end_of(rows) + 1) == (1, None)
    assert weighed(Stand(balance=None), rows, (), None, SINCE) == (None, Reason.NO_BALANCE)


def test_balances_that_never_follow_from_each_other_prove_nothing():
    rows = [
        replace(row, balance=Decimal(1000 * place)) for place, row in enumerate(booked([1] * 9))
    ]
    assert judged(rows) == (None, Reason.ROW_BALANCES_UNUSABLE)


BEFORE = Before(
    balance=START,
    pending=Decimal(0),
    booked_since=Decimal(6),
    is_range_whole=True,
    has_lost_rows=False,
)
BARE = [replace(row, balance=None) for row in booked([1, 2, 3])]


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (106, None, (None, Reason.FIRST_IMPORT)),
        (106, BEFORE, (0, None)),
        (107, BEFORE, (1, None)),
        (103, BEFORE, (-3, Reason.PENDING_INCLUDED)),
        (107, replace(BEFORE, is_range_whole=False), (None, Reason.HISTORY_CUT)),
        (107, replace(BEFORE, has_lost_rows=True), (None, Reason.ROWS_WITHDRAWN)),
        (107, replace(BEFORE, balance=None), (None, Reason.FIRST_IMPORT)),
    ],
)
def test_without_balances_of_rows_the_earlier_import_is_the_measure(now, before, verdict):
    hold = Transaction(amount=Decimal(-3), status=TransactionStatus.PENDING)
    assert weighed(Stand(balance=Decimal(now)), BARE, [hold], before, SINCE) == verdict


def test_the_newest_day_is_that_of_the_newest_dated_row():
    assert newest_day([*BARE, Transaction(amount=Decimal(1))]) == BARE[-1].booked_on
    assert newest_day([Transaction(amount=Decimal(1))]) is None
