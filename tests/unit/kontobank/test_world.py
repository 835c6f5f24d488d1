import itertools
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kontobank.people.countries import COUNTRIES
from kontobank.world import world_of
from kontobank.world.cycle import cycle
from kontobank.world.nouns import month_length_days, months

DAYS = st.dates(date(2023, 1, 1), date(2031, 12, 31))
LOGINS = st.sampled_from(("test1", "test2", "test3", "test4", "test-io", "bench-2x90"))
TODAY = date(2026, 11, 21)

# the counts of the contract's test facilities (wire 20)
LABEL_SETS = {
    "cash deposit": 9,
    "": 5,
    "apparel": 5,
    "healthcare": 5,
    "monthly+healthcare": 5,
    "monthly+compensation+regular wage+salary": 5,
    "compensation+regular wage+salary": 4,
    "press+leisure": 4,
    "verification": 4,
    "nightlife": 4,
    "payment processor+food with delivery": 4,
    "payment processor+cash withdrawal": 3,
    "payment processor": 2,
    "monthly+verification": 2,
    "monthly+apparel": 2,
    "grocery": 2,
    "fee": 2,
    "compensation": 2,
    "zus+tax": 2,
    "public transport": 1,
}


def six_months_before(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - 6, 12)
    return date(year, month + 1, min(day.day, month_length_days(year, month + 1)))


def default_rows(day: date):
    (account,) = world_of(1, "pl", "test1", day).accounts
    return account.rows(six_months_before(day) + timedelta(days=1), day)


@given(DAYS)
@settings(max_examples=300)
def test_default_person_has_72_rows_in_any_six_months(day):
    rows = default_rows(day)
    assert len(rows) == 72
    assert {row.status for row in rows} == {"done"}


@given(DAYS)
def test_default_person_shows_every_row_of_the_cycle_once_in_any_six_months(day):
    expected = Counter(row.title for month in cycle() for row in month)
    assert Counter(row.title for row in default_rows(day)) == expected


def test_label_sets_of_the_cycle_are_those_of_the_contract():
    assert Counter("+".join(row.labels) for month in cycle() for row in month) == LABEL_SETS


@given(st.sampled_from(COUNTRIES), LOGINS, DAYS)
@settings(max_examples=40, deadline=None)
def test_same_arguments_give_the_same_world(code, login, day):
    first = world_of(1, code, login, day)
    world_of.cache_clear()
    second = world_of(1, code, login, day)
    for one, other in zip(first.accounts, second.accounts, strict=True):
        assert one.number == other.number
        since = day - timedelta(days=60)
        assert one.rows(since, day) == other.rows(since, day)


@given(st.sampled_from(COUNTRIES), LOGINS, DAYS, st.integers(1, 80))
@settings(max_examples=40, deadline=None)
def test_overlapping_ranges_of_different_days_agree(code, login, day, later_days):
    later = day + timedelta(days=later_days)
    for one, other in zip(
        world_of(1, code, login, day).accounts,
        world_of(1, code, login, later).accounts,
        strict=True,
    ):
        first = max(one.oldest_on, other.oldest_on, day - timedelta(days=100))
        assert one.rows(first, day) == other.rows(first, day)


@pytest.mark.parametrize("code", COUNTRIES)
@pytest.mark.parametrize("login", ["test1", "test2", "test3", "test4"])
def test_each_balance_follows_from_the_row_before(code, login):
    for account in world_of(1, code, login, TODAY).accounts:
        rows = account.rows(date(2025, 1, 1), TODAY)
        for before, row in itertools.pairwise(rows):
            assert row.balance_minor == before.balance_minor + row.minor
        if rows:
            assert account.balance_minor == rows[-1].balance_minor
        assert account.type_code == "CARD" or all(row.balance_minor >= 0 for row in rows)


@pytest.mark.parametrize("code", COUNTRIES)
def test_other_people_have_30_to_60_rows_a_month(code):
    (account,) = world_of(1, code, "test2", TODAY).accounts
    for year, month in months(date(2025, 1, 1), date(2026, 10, 1)):
        assert 25 <= len(account.book(year, month)) <= 60


def test_item_ids_are_unique():
    ids = [
        row.item_id
        for login in ("test1", "test2", "test3")
        for account in world_of(1, "pl", login, TODAY).accounts
        for row in [*account.rows(date(2022, 1, 1), TODAY), *account.unbooked]
    ]
    assert len(ids) == len(set(ids))


def test_history_goes_back_five_and_a_half_years():
    (account,) = world_of(1, "pl", "test1", TODAY).accounts
    assert account.opened_on <= TODAY - timedelta(days=2009)
    assert account.rows(account.opened_on, TODAY)[0].booked_on < date(2019, 2, 1)


def test_only_other_people_have_rows_on_their_way():
    (quiet,) = world_of(1, "pl", "test1", TODAY).accounts
    (busy,) = world_of(1, "pl", "test2", TODAY).accounts
    assert quiet.unbooked == ()
    assert {row.status for row in busy.unbooked} == {
        "hold",
        "pending",
        "rejected",
        "cancelled",
        "scheduled",
    }


def test_test3_has_two_accounts_a_card_and_a_deposit():
    accounts = world_of(1, "pl", "test3", TODAY).accounts
    assert [account.type_code for account in accounts] == ["CURRENT", "SAVINGS", "CARD", "DEPOSIT"]


@given(st.integers(1, 5), st.integers(1, 400), DAYS)
@settings(max_examples=30, deadline=None)
def test_bench_logins_have_what_they_say(accounts, rows, day):
    world = world_of(1, "pl", f"bench-{accounts}x{rows}", day)
    assert len(world.accounts) == accounts
    for account in world.accounts:
        assert len(account.rows(date(2019, 1, 1), day)) == rows


def test_another_seed_has_other_people():
    one, other = (world_of(seed, "pl", "test1", TODAY).accounts[0] for seed in (1, 2))
    assert one.number != other.number
