"""What the bank files say of the banks' places in the list and of their other names."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from opensaldo.connectors.bank_files import BankTarget, read_bank_files
from opensaldo.data import COUNTRIES
from opensaldo.web.widget.search import fold

FILES = tuple(read_bank_files().values())


def _ranks(targets: Iterable[BankTarget], country: str) -> dict[str, set[int | None]]:
    found: dict[str, set[int | None]] = {}
    for one in targets:
        if one.country == country:
            found.setdefault(one.institution, set()).add(one.popular)
    return found


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_largest_banks_are_counted_from_one_and_each_place_is_taken_once(country: str) -> None:
    of_institutions = _ranks(FILES, country)
    assert all(len(ranks) == 1 for ranks in of_institutions.values()), "one place an institution"
    taken = [rank for (rank,) in of_institutions.values() if rank is not None]
    assert sorted(taken) == list(range(1, len(taken) + 1))
    assert taken


def test_the_mock_bank_has_no_place_among_real_ones() -> None:
    assert not [one.name for one in FILES if one.test_only and one.popular is not None]


@pytest.mark.parametrize("one", FILES, ids=lambda one: one.name)
def test_another_name_is_one_the_bank_is_not_found_by_anyway(one: BankTarget) -> None:
    named = [fold(one.official_name), *map(fold, one.also_known_as)]
    assert len(set(named)) == len(named)
