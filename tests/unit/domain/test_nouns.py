"""The small laws of the nouns: order of rows, what a target serves, environments, counts, time."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo import domain
from opensaldo.domain.account import Holdings
from opensaldo.domain.client import TEST_SUFFIX, Environment, environment_of
from opensaldo.domain.clock import system_clock
from opensaldo.domain.command import FINAL_STATES, CommandState
from opensaldo.domain.target import AccessMode
from opensaldo.domain.transaction import Transaction, newest_first
from tests.support.builders import (
    a_card,
    a_deposit,
    a_holdings,
    a_target,
    a_transaction,
    an_account,
)

MODULES = [
    importlib.import_module(f"{domain.__name__}.{found.name}")
    for found in pkgutil.iter_modules(domain.__path__)
]
RECORDS = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type)
    and dataclasses.is_dataclass(value)
    and value.__module__ == module.__name__
]
FIRST = date(2026, 2, 1)


# --- all of them ---------------------------------------------------------------------------------
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_noun_is_frozen_and_has_slots(record: Any):
    assert record.__dataclass_params__.frozen
    assert hasattr(record, "__slots__")


# --- transactions --------------------------------------------------------------------------------
def row(number: int, booked: date | None = None, made: date | None = None) -> Transaction:
    return Transaction(amount=Decimal(number), booked_on=booked, transaction_on=made)


days = st.one_of(st.none(), st.dates(min_value=FIRST, max_value=FIRST + timedelta(days=4)))
lists = st.lists(st.tuples(days, days)).map(
    lambda pairs: [row(number, *pair) for number, pair in enumerate(pairs)]
)


def test_the_day_is_that_of_the_transaction_then_that_of_the_booking_then_none():
    later = FIRST + timedelta(days=1)
    assert row(1, later, FIRST).day == FIRST
    assert row(1, later).day == later
    assert row(1).day is None


@given(lists)
def test_newest_first_keeps_every_row_once(rows: list[Transaction]):
    assert sorted(one.amount for one in newest_first(rows)) == [one.amount for one in rows]


@given(lists)
def test_newest_first_never_goes_up(rows: list[Transaction]):
    found = [one.day or date.max for one in newest_first(rows)]
    assert found == sorted(found, reverse=True)


@given(lists)
def test_undated_rows_lead_in_the_banks_order(rows: list[Transaction]):
    undated = [one for one in rows if one.day is None]
    assert list(newest_first(rows)[: len(undated)]) == undated


@given(lists)
def test_rows_of_one_day_keep_the_banks_order(rows: list[Transaction]):
    ordered = newest_first(rows)
    for day in {one.day for one in rows}:
        assert [r for r in ordered if r.day == day] == [r for r in rows if r.day == day]


@given(lists)
def test_ordering_twice_changes_nothing(rows: list[Transaction]):
    assert newest_first(list(newest_first(rows))) == newest_first(rows)


# --- holdings ------------------------------------------------------------------------------------
def test_holdings_count_rows_of_accounts_and_cards():
    three = (a_transaction(),) * 3
    held = a_holdings(
        accounts=(an_account(transactions=three), an_account(transactions=())),
        cards=(a_card(transactions=three[:2]),),
        deposits=(a_deposit(),),
    )
    assert held.transaction_count == 5
    assert Holdings().transaction_count == 0


# --- targets -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("multiple_access", "mode", "serves", "grants"),
    [
        (True, AccessMode.SINGLE, True, False),
        (True, AccessMode.MULTIPLE, True, True),
        (True, AccessMode.MIXED, True, True),
        (False, AccessMode.SINGLE, True, False),
        (False, AccessMode.MULTIPLE, False, False),
        (False, AccessMode.MIXED, True, False),
    ],
)
def test_what_a_target_serves_and_whether_a_consent_remains(
    multiple_access: bool, mode: AccessMode, serves: bool, grants: bool
):
    target = a_target(multiple_access=multiple_access)
    assert (target.serves(mode), target.grants_consent(mode)) == (serves, grants)


# --- clients, commands, time ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("client_id", "environment"),
    [
        ("acme-test", Environment.TEST),
        ("acme", Environment.PRODUCTION),
        ("acme-test-2", Environment.PRODUCTION),
        ("test", Environment.PRODUCTION),
        ("acme-TEST", Environment.PRODUCTION),
        (TEST_SUFFIX, Environment.TEST),
        ("", Environment.PRODUCTION),
    ],
)
def test_the_end_of_a_client_id_says_its_environment(client_id: str, environment: Environment):
    assert environment_of(client_id) is environment


def test_three_states_are_final():
    assert set(CommandState) - FINAL_STATES == {CommandState.SETUP, CommandState.IN_PROGRESS}


def test_the_clock_is_aware_and_utc_and_goes_on():
    first, second = system_clock(), system_clock()
    assert first.tzinfo is UTC
    assert first.utcoffset() == timedelta(0)
    assert first <= second
