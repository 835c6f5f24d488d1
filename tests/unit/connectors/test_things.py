"""Lenient in form, strict in meaning: the rules every standard reads by."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors.amounts import amount_in, currency_in, decimal_of, scaled
from opensaldo.connectors.things import Thing, decode, text_of
from opensaldo.errors import BankAnsweredNonsense

AMOUNT_MAX = Decimal(10**15) - Decimal("0.01")


def thing(**members: Any) -> Thing:
    """The object as it comes over the wire."""
    return Thing(decode(json.dumps(members).encode()))


def written(text: str) -> Any:
    return decode(f'{{"member":{text}}}'.encode())["member"]


def refused(work: Any, *arguments: Any) -> str:
    with pytest.raises(BankAnsweredNonsense) as caught:
        work(*arguments)
    return caught.value.path


# --- amounts
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("35", "35"),
        ('"35"', "35"),
        ("35.10", "35.10"),
        ('" 35.10 "', "35.10"),
        ("-4520.15", "-4520.15"),
        ('"4520,15-"', "-4520.15"),
        ('"1 234 567,89"', "1234567.89"),
        ('"1.234.567,89"', "1234567.89"),
        ('"CZK 12.00"', "12.00"),
        ("1e3", "1000"),
        ("1.5E+2", "150"),
        ("1234.1199999999999", "1234.120000"),
        ("0.30000000000000004", "0.300000"),
        ("0", "0"),
    ],
)
def test_amounts_come_as_numbers_or_texts_and_keep_their_digits(text: str, expected: str):
    assert str(decimal_of(written(text), "amount")) == expected


@pytest.mark.parametrize(
    "text",
    ['"1,234"', '"NaN"', "1e400", "1" * 70, "1e15", "true", "{}", "[1]", '"--1"', '"1.0000000001"'],
)
def test_what_is_no_amount_is_an_error_with_its_place(text: str):
    assert refused(decimal_of, written(text), "rows[3].amount") == "rows[3].amount"


@given(st.decimals(-AMOUNT_MAX, AMOUNT_MAX, places=2))
def test_no_amount_of_two_decimals_loses_a_digit(value: Decimal):
    assert decimal_of(written(str(value)), "amount") == value
    assert decimal_of(str(value), "amount") == value


def test_a_word_for_the_direction_signs_an_amount():
    inside = thing(amount={"value": 5, "currency": "CZK", "creditDebitIndicator": "DBIT"})
    beside = thing(amount={"value": "5"}, creditDebitIndicator="CRDT", currency="CZK")
    bare = thing(amount=-5)
    assert amount_in(inside, "amount") == (Decimal(-5), "CZK", True)
    assert amount_in(beside, "amount") == (Decimal(5), None, True)
    assert amount_in(bare, "amount") == (Decimal(-5), None, True)
    assert amount_in(thing(amount=5), "amount") == (Decimal(5), None, False)
    assert amount_in(thing(amount={}), "amount", "value") is None


def test_an_amount_has_the_decimals_of_its_currency():
    assert str(scaled(Decimal(5), "CZK")) == "5.00"
    assert str(scaled(Decimal("5.123"), "CZK")) == "5.123"
    assert str(scaled(Decimal(5), None)) == "5"


def test_currencies_are_three_letters():
    assert currency_in(thing(currency="czk"), "currency") == "CZK"
    assert currency_in(thing(currency=" "), "currency") is None
    assert refused(currency_in, thing(currency="KČ"), "currency") == "currency"


# --- days and moments
@pytest.mark.parametrize(
    "text",
    [
        "2017-01-31",
        "2017-01-31T00:00:00.000+01",
        "2017-01-31T23:59:59.999+0100",
        "2017-01-31 10:00",
        "31.01.2017",
        " 2017-01-31 ",
    ],
)
def test_a_day_is_the_banks_own_whatever_follows_it(text: str):
    assert thing(on=text).day("on") == date(2017, 1, 31)


@pytest.mark.parametrize("text", ["2017-02-30", "yesterday", "2017-1", "01/31"])
def test_what_is_no_day_is_an_error_with_its_place(text: str):
    assert refused(thing(on=text).day, "on") == "on"


def test_a_moment_without_an_offset_is_utc():
    moment = datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert thing(at="2026-03-01T10:00:00").moment("at") == moment
    assert thing(at="2026-03-01T12:00:00+02:00").moment("at") == moment
    assert thing(at="soon").moment("at") is None


# --- members
def test_null_and_blank_are_absent_and_names_are_compared_without_case_and_marks():
    found = thing(entry_Reference="  1  ", title=" ", note=None)
    assert found.text("entryReference") == "1"
    assert "title" not in found
    assert "note" not in found


def test_one_object_stands_for_a_list_and_a_list_of_one_for_an_object():
    assert [one.text("id") for one in thing(rows={"id": 1}).things("rows") or []] == ["1"]
    assert thing(row=[{"id": 1}]).thing("row").text("id") == "1"  # type: ignore[union-attr]
    assert thing().things("rows") is None
    assert refused(thing(rows=[{}, 5]).things, "rows") == "rows[1]"


def test_all_texts_of_a_member_are_found_in_any_form():
    assert text_of({"reference": ["VS:1", "KS:2", None]}) == "VS:1 KS:2"
    assert text_of([{"reference": "VS:1"}, {"reference": 5}]) == "VS:1 5"
    assert text_of("Nájem<br>únor <BR/> \n 2026") == "Nájem únor 2026"
    assert text_of("<br>") is text_of([]) is text_of(None) is None


# --- bytes
@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000])
def test_what_is_no_json_is_nonsense(body: bytes):
    assert refused(decode, body) == "body"


def test_a_mark_at_the_start_and_half_a_pair_do_not_spoil_a_page():
    assert decode(b"\xef\xbb\xbf" + b'{"member":"\\ud83d lone"}') == {"member": "\ufffd lone"}


def test_latin_letters_are_read_all_the_same():
    assert decode(b'{"member":"\xe9"}') == {"member": "é"}
