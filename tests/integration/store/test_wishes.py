"""Wishes in the database: counted by client and bank, bounded, and nothing else kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from opensaldo.domain.client import Environment
from opensaldo.domain.wish import Wish
from opensaldo.store.db import Store
from opensaldo.store.queries.wishes import all_wishes, count_wish
from tests.support.clock import SettableClock

BANKS_MAX = 3
AT_ONCE = 8


@pytest.fixture
def wish(clock: SettableClock) -> Wish:
    return Wish(
        client_id="acme-test", country="pl", bank="Bank Widmo", address="", count=1, last_at=clock()
    )


def _count(store: Store, wish: Wish) -> bool:
    with store.begin() as connection:
        return count_wish(connection, Environment.TEST, wish, BANKS_MAX)


def _all(store: Store) -> tuple[Wish, ...]:
    with store.read() as connection:
        return all_wishes(connection)


def test_a_bank_is_counted_whatever_its_case_and_the_first_address_stays(
    store: Store, clock: SettableClock, wish: Wish
) -> None:
    _count(store, wish)
    clock.advance(hours=1)
    _count(store, replace(wish, bank="BANK WIDMO", address="https://widmo.example"))
    _count(store, replace(wish, address="https://other.example", last_at=clock()))
    (kept,) = _all(store)
    assert kept == replace(wish, count=3, address="https://widmo.example", last_at=clock())


def test_clients_and_countries_are_counted_apart_the_most_wanted_first(
    store: Store, wish: Wish
) -> None:
    for one in (wish, replace(wish, country="cz"), replace(wish, client_id="other-test")):
        _count(store, one)
    _count(store, replace(wish, client_id="other-test"))
    first, *others = _all(store)
    assert (first.client_id, first.country, first.count) == ("other-test", "pl", 2)
    assert len(others) == 2


def test_nobody_fills_the_table_with_names(store: Store, wish: Wish) -> None:
    kept = [_count(store, replace(wish, bank=f"Bank {letter}")) for letter in "abcde"]
    assert kept == [True, True, True, False, False]
    assert _count(store, replace(wish, bank="Bank a"))
    assert _count(store, replace(wish, client_id="other-test"))
    assert len(_all(store)) == BANKS_MAX + 1


def test_people_who_wish_at_once_are_all_counted(store: Store, wish: Wish) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda _: _count(store, wish), range(AT_ONCE)))
    (kept,) = _all(store)
    assert kept.count == AT_ONCE
