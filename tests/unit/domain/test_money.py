"""Money and amounts: exact to the smallest unit, and nothing but plain decimals is read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.domain.money import (
    AMOUNT_DIGITS_MAX,
    MINOR_UNITS_OF_CURRENCY,
    Money,
    minor_unit_digits,
    parse_amount,
)

DIGITS_OF = {"JPY": 0, "ISK": 0, "KRW": 0, "PLN": 2, "EUR": 2, "CZK": 2, "HUF": 2, "KWD": 3}
UNITS_MAX = 10**17
units = st.integers(min_value=-UNITS_MAX, max_value=UNITS_MAX)


@pytest.mark.parametrize(("currency", "digits"), DIGITS_OF.items())
def test_a_currency_has_the_digits_of_iso_4217(currency: str, digits: int):
    assert minor_unit_digits(currency) == digits


def test_the_table_names_currencies_of_no_two_and_three_digits():
    assert set(MINOR_UNITS_OF_CURRENCY.values()) == {0, 2, 3}


@given(units, st.sampled_from(sorted(DIGITS_OF)))
def test_minor_units_come_back_as_they_went(minor_units: int, currency: str):
    assert Money.from_minor_units(minor_units, currency).minor_units == minor_units


@given(units, st.sampled_from(sorted(DIGITS_OF)))
def test_an_amount_made_of_minor_units_has_no_more_digits_than_its_currency(
    minor_units: int, currency: str
):
    exponent = Money.from_minor_units(minor_units, currency).amount.as_tuple().exponent
    assert exponent == -DIGITS_OF[currency]


@given(units)
def test_the_sign_of_money_is_the_sign_of_its_units(minor_units: int):
    money = Money.from_minor_units(minor_units, "PLN")
    assert (money.amount < 0) == (minor_units < 0)


@pytest.mark.parametrize(
    ("amount", "currency", "minor_units"),
    [
        ("-41.20", "PLN", -4120),
        ("0.005", "PLN", 0),
        ("0.015", "PLN", 2),
        ("-0.025", "PLN", -2),
        ("1500", "JPY", 1500),
        ("1500.5", "JPY", 1500),
        ("1501.5", "JPY", 1502),
        ("1.2345", "KWD", 1234),
    ],
)
def test_halves_of_a_unit_go_to_the_even_one(amount: str, currency: str, minor_units: int):
    assert Money(Decimal(amount), currency).minor_units == minor_units


@pytest.mark.parametrize("currency", ["", "PL", "PLNN", "pln", "P1N", "PLN ", "PLN\n", "ŁŁŁ"])
def test_what_is_no_currency_is_refused(currency: str):
    with pytest.raises(ValueError, match="currency: expected three capital letters"):
        Money(Decimal(1), currency)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_not_finite_is_refused(amount: str):
    with pytest.raises(ValueError, match="amount: expected a finite number"):
        Money(Decimal(amount), "PLN")


@pytest.mark.parametrize(
    "text",
    ["0", "35", "-0.00", "+12.5", "007.10", "123456789012345.123456789", "-1.1"],
)
def test_plain_decimals_are_read_exactly(text: str):
    assert parse_amount(text) == Decimal(text)
    assert parse_amount(text).as_tuple().exponent == -len(text.partition(".")[2])


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1 ",
        " 1",
        "1\n",
        "1,5",
        "1 000",
        "1_000",
        "1.000,00",
        ".5",
        "5.",
        "--1",
        "- 1",
        "1e3",
        "1E-3",
        "NaN",
        "Infinity",
        "-inf",
        "0x10",
        "١٢",
        "１",
        "−1",
        "1" * (AMOUNT_DIGITS_MAX + 1),
        "1.1234567890",
        "1.2.3",
    ],
)
def test_anything_else_is_refused_without_quoting_it(text: str):
    with pytest.raises(ValueError, match=r"^amount: expected digits with a decimal point$"):
        parse_amount(text)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**14), max_value=10**14
    )
)
def test_every_decimal_in_plain_form_is_read_back(amount: Decimal):
    assert parse_amount(f"{amount:f}") == amount


@given(st.text(max_size=30))
def test_any_text_is_read_exactly_or_refused_with_a_value_error(text: str):
    try:
        amount = parse_amount(text)
    except ValueError:
        return
    sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    assert digits.isascii()
    assert digits.replace(".", "", 1).isdigit()
    assert amount == Decimal(digits) * (-1 if sign == "-" else 1)
