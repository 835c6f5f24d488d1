from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontobank.people import numbers
from kontobank.people.countries import COUNTRIES, country
from kontobank.people.owners import owners

ANY_COUNTRY = pytest.mark.parametrize("code", COUNTRIES)


@given(st.sampled_from(COUNTRIES), st.text(max_size=20), st.integers(0, 50))
def test_every_account_number_has_right_iban_digits(code, login, place):
    number = numbers.account_iban(code, login, place)
    assert numbers.iban_remainder(number) == 1
    assert (
        len(number)
        == {"pl": 28, "cz": 24, "es": 24, "pt": 25, "ro": 24, "lt": 20, "lv": 21, "ee": 20}[code]
    )


@given(st.integers(0, 10_000))
def test_national_check_digits_are_right(place):
    czech = numbers.account_iban("cz", place)[4:]
    assert numbers.weighted(czech[10:], numbers.CZ_WEIGHTS) % 11 == 0
    polish = numbers.account_iban("pl", place)[4:]
    assert (numbers.weighted(polish[:7], numbers.PL_BANK_WEIGHTS) + int(polish[7])) % 10 == 0
    portuguese = numbers.account_iban("pt", place)[4:]
    assert int(portuguese) % 97 == 1
    spanish = numbers.account_iban("es", place)[4:]
    for ten, digit in (("00" + spanish[:8], spanish[8]), (spanish[10:], spanish[9])):
        total = numbers.weighted(ten, numbers.ES_WEIGHTS)
        assert (total + (1 if digit == "1" and total % 11 == 1 else int(digit))) % 11 in (0, 2)


@given(st.integers(0, 10_000))
def test_account_numbers_are_of_banks_that_do_not_exist(place):
    marks = {"pl": "9990000", "cz": "9990", "es": "9990", "pt": "9990", "lt": "99900", "ee": "99"}
    for code, mark in marks.items():
        assert numbers.account_iban(code, place)[4:].startswith(mark)
    for code in ("ro", "lv"):
        assert numbers.account_iban(code, place)[4:8] == numbers.BANK_WORD


@given(st.dates(date(1956, 1, 1), date(2005, 1, 1)), st.integers(0, 9_999))
def test_pesel_is_right_and_nobodys(born_on, serial):
    number = numbers.pesel(born_on, serial)
    assert len(number) == 11
    assert (numbers.weighted(number[:10], numbers.PESEL_WEIGHTS) + int(number[10])) % 10 == 0
    assert 61 <= int(number[2:4]) <= 72  # the 23rd century


@given(st.integers(0, 999_999))
def test_nip_is_right_and_of_no_office(serial):
    number = numbers.nip(serial)
    assert number.startswith("999")
    assert numbers.weighted(number[:9], numbers.NIP_WEIGHTS) % 11 == int(number[9])


@ANY_COUNTRY
def test_country_files_have_the_same_keys_and_short_names(code):
    place = country(code)
    assert {habit.key for habit in place.habits} == {habit.key for habit in country("pl").habits}
    assert set(place.kinds) == set(country("pl").kinds)
    assert len(place.bic) == 8
    assert all(len(name) <= 30 for name in place.account_names.values())


def test_unknown_country_is_a_key_error():
    with pytest.raises(KeyError):
        country("xx")


def test_default_polish_person_has_two_owners_first_with_address():
    first, second = owners(1, country("pl"), "test1")
    assert (first.kind, second.kind) == ("OWNER", "CO_OWNER")
    assert first.address
    assert second.address == ()
    assert first.name != second.name


def test_test_and_test1_are_one_person():
    assert owners(1, country("pl"), "test") == owners(1, country("pl"), "test1")


def test_default_person_elsewhere_is_alone():
    assert [owner.kind for owner in owners(1, country("cz"), "test1")] == ["OWNER"]


def test_test4_is_a_company():
    (company,) = owners(1, country("pl"), "test4")
    assert company.kind == "COMPANY"
    assert company.nip
