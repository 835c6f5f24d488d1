"""Any bank of the whole catalogue is found, whatever goes wrong while its name is typed."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.data import COUNTRIES
from opensaldo.domain.client import Environment
from opensaldo.domain.target import Interface, Target
from opensaldo.web.widget.search import fold, matching

ALL = [one.offered(Environment.TEST, simulated=False) for one in read_bank_files().values()]
FIRST = 3


def _of(country: str) -> list[Target]:
    return [one for one in ALL if one.country == country]


def _names(query: str, country: str = "pl") -> list[str]:
    return [one.name for one in matching(_of(country), query)]


@st.composite
def _mistyped(draw: st.DrawFn) -> tuple[Target, str]:
    """A bank and its name with one letter more, less, other, or two swapped; in any case."""
    target = draw(st.sampled_from(ALL))
    name = draw(st.sampled_from((target.official_name, fold(target.official_name))))
    at = draw(st.integers(0, len(name) - 1))
    letter = draw(st.sampled_from(string.ascii_lowercase))
    typed = draw(
        st.sampled_from(
            (
                name[:at] + name[at + 1 :],
                name[:at] + letter + name[at:],
                name[:at] + letter + name[at + 1 :],
                name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :],
            )
        )
    )
    return target, draw(st.sampled_from((typed, typed.upper(), typed.lower())))


@given(_mistyped())
def test_a_name_with_one_typing_error_finds_its_bank_among_the_first_three(
    mistyped: tuple[Target, str],
) -> None:
    target, typed = mistyped
    assert target in matching(_of(target.country), typed)[:FIRST]


@given(st.sampled_from(ALL), st.data())
def test_what_is_typed_so_far_always_shows_the_bank(target: Target, data: st.DataObject) -> None:
    name = fold(target.official_name)
    typed = name[: data.draw(st.integers(1, len(name)))]
    assert target in matching(_of(target.country), typed)


@settings(max_examples=30)
@given(st.text(max_size=110))
def test_no_text_whatever_breaks_the_search_and_nothing_is_found_twice(typed: str) -> None:
    found = matching(_of("pl"), typed)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("pko", "PkoApi"),
        ("bph", "PekaoApi"),
        ("wbk", "SantanderApi"),
        ("bz wbk", "SantanderApi"),
        ("polska kasa opieki", "PekaoApi"),
        ("aliorbank", "AliorApi"),
        ("nestbank", "NestBankApi"),
        ("slaski bank ing", "IngApi"),
        ("śląsik ing", "IngApi"),
        ("milenium", "MillenniumApi"),
        ("credit agrikol", "AgricoleApi"),
        ("getin", "GetinApi"),
        ("bank", "MBankApi"),
        ("pko bp bizens", "PkoCorporateApi"),
        ("sant", "SantanderApi"),
    ],
)
def test_people_in_poland_type_and_find(typed: str, first: str) -> None:
    assert _names(typed)[0] == first


@pytest.mark.parametrize("typed", ["nordea", "revolut", "zzz", "123456", "x" * 100])
def test_a_bank_that_is_not_there_is_not_made_up(typed: str) -> None:
    assert _names(typed) == []


def test_a_beginning_comes_before_an_inside_before_a_likeness() -> None:
    assert _names("mb")[:2] == ["MBankApi", "MBankCorporateApi"]
    assert _names("biznes")[0] == "PkoCorporateApi"
    assert _names("s", "es")[0] == "Santander_es"


@pytest.mark.parametrize("country", COUNTRIES)
def test_without_a_query_the_largest_banks_come_first_then_the_rest_by_name(country: str) -> None:
    listed = matching(_of(country), "")
    ranks = [one.popular for one in listed]
    known = [rank for rank in ranks if rank is not None]
    assert ranks == sorted(known) + [None] * (len(ranks) - len(known))
    rest = [fold(one.official_name) for one in listed if one.popular is None]
    assert rest == sorted(rest)


def test_a_banks_interface_stands_before_its_other_way_in() -> None:
    listed = [one for one in matching(_of("pl"), "") if one.institution == "Pko"]
    assert [one.interface for one in listed] == [Interface.PSD2, Interface.FALLBACK]
