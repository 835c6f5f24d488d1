"""Only a balance of booked rows must come to them; every other one has its reason, and no alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors.base import AccountReading
from opensaldo.domain.account import Account, BalanceKind
from opensaldo.domain.receipt import Reason
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.balancing import Before, Stand, ahead_of, weighed
from opensaldo.engine.receipts import stand_of

SINCE = date(2026, 1, 1)
TODAY = date(2026, 3, 1)
HOLD = Transaction(amount=Decimal(-7), status=TransactionStatus.PENDING)
NOT_BOOKED_KINDS = (BalanceKind.AVAILABLE, BalanceKind.EXPECTED, BalanceKind.UNKNOWN)
REASONS = {
    BalanceKind.AVAILABLE: Reason.NOT_BOOKED,
    BalanceKind.EXPECTED: Reason.NOT_BOOKED,
    BalanceKind.UNKNOWN: Reason.KIND_UNKNOWN,
}


def row(amount: int, days_ago: int, balance: int | None = None, **more: date) -> Transaction:
    return Transaction(
        amount=Decimal(amount),
        booked_on=TODAY - timedelta(days=days_ago),
        balance=None if balance is None else Decimal(balance),
        **more,
    )


CHAIN = [row(10, 9, 110), row(20, 4, 130), row(-5, 0, 125)]
BARE = [replace(one, balance=None) for one in CHAIN]
BEFORE = Before(
    balance=Decimal(110),
    pending=Decimal(0),
    booked_since=Decimal(15),
    is_range_whole=True,
    has_lost_rows=False,
)


def verdict(balance: int, kind=BalanceKind.BOOKED, on=TODAY, rows=CHAIN, before=None, pending=()):
    return weighed(Stand(balance=Decimal(balance), kind=kind, on=on), rows, pending, before, SINCE)


@pytest.mark.parametrize("kind", NOT_BOOKED_KINDS)
def test_a_limit_or_a_hold_in_the_only_balance_is_said_and_no_error(kind: BalanceKind):
    assert verdict(1125, kind) == (1000, REASONS[kind])
    assert verdict(118, kind, pending=[HOLD]) == (-7, Reason.PENDING_INCLUDED)
    assert verdict(125, kind) == (0, None)
    assert verdict(1125, kind, rows=BARE) == (None, REASONS[kind])
    assert verdict(1125, kind, rows=BARE, before=BEFORE) == (1000, REASONS[kind])
    assert verdict(118, kind, rows=BARE, before=BEFORE, pending=[HOLD])[1] is (
        Reason.PENDING_INCLUDED
    )


@pytest.mark.parametrize("kind", NOT_BOOKED_KINDS)
def test_rows_that_contradict_each_other_are_an_error_whatever_the_balance(kind: BalanceKind):
    rows = [row(1, 30 - place, 100 + place) for place in range(12)]
    assert verdict(111, kind, rows=[*rows[:5], *rows[6:]])[1] is None
    assert verdict(111, kind, rows=[*rows[:5], *rows[6:]])[0] == 1


def test_a_booked_balance_that_nothing_explains_is_a_contradiction():
    assert verdict(126) == (1, None)
    assert verdict(127, rows=BARE, before=BEFORE) == (2, None)


def test_an_opening_balance_knows_nothing_of_its_own_day():
    assert verdict(130) == (5, Reason.BALANCE_OLDER)
    assert verdict(130, rows=BARE, before=BEFORE) == (5, Reason.BALANCE_OLDER)
    yesterday = TODAY - timedelta(days=1)
    assert verdict(130, on=yesterday, rows=BARE, before=BEFORE) == (5, Reason.BALANCE_OLDER)


def test_what_an_opening_balance_did_not_know_it_knows_the_next_day():
    then = Stand(balance=Decimal(110), on=TODAY - timedelta(days=4))
    before = replace(BEFORE, booked_since=Decimal(-5), ahead=ahead_of(then, BARE[:2]))
    assert verdict(130, rows=BARE, before=before) == (25, Reason.BALANCE_OLDER)


def test_rows_that_count_from_a_later_day_are_not_in_the_balance_yet():
    later = row(-50, 0, 75, transaction_on=TODAY + timedelta(days=2))
    rows = [*CHAIN[:2], row(-5, 0, 125), later]
    assert verdict(125, rows=rows)[1] is Reason.BALANCE_OLDER
    bare = [replace(one, balance=None) for one in rows]
    before = replace(BEFORE, booked_since=Decimal(-35))
    assert verdict(125, rows=bare, before=before) == (50, Reason.VALUED_LATER)


@given(
    st.lists(st.tuples(st.integers(-500, 500).filter(bool), st.integers(0, 20)), max_size=12),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_a_balance_that_lags_never_raises_an_alarm_without_balances_of_rows(
    moves: list[tuple[int, int]], then_ago: int, now_ago: int
):
    """Two imports of a bank whose balance is that of some day's start: always explained."""
    rows = [row(amount, ago) for amount, ago in moves]
    first_on, second_on = TODAY - timedelta(days=10), TODAY
    stood = [
        Stand(
            balance=sum((r.amount for r in rows if r.booked_on < on), Decimal(0)),
            on=on,
        )
        for on in (first_on - timedelta(days=then_ago), second_on - timedelta(days=now_ago))
    ]
    listed_first = [r for r in rows if r.booked_on <= first_on]
    before = Before(
        balance=stood[0].balance,
        pending=Decimal(0),
        booked_since=sum((r.amount for r in rows if r.booked_on > first_on), Decimal(0)),
        ahead=ahead_of(stood[0], listed_first),
        is_range_whole=True,
        has_lost_rows=False,
    )
    gap, reason = weighed(stood[1], rows, (), before, SINCE)
    assert gap == 0 or reason is not None


def test_where_only_the_available_balance_is_told_it_is_weighed_as_such():
    read = AccountReading(
        account=Account(iban=None, currency="PLN", available=Decimal(5)), owners=()
    )
    assert stand_of(read, TODAY) == Stand(balance=Decimal(5), kind=BalanceKind.AVAILABLE, on=TODAY)
