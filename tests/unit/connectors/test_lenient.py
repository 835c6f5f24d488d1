"""Lenient in form, strict in meaning: the rules every standard reads by."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors import lenient
from opensaldo.errors import BankAnsweredNonsense

AMOUNT_MAX = Decimal(10**15) - Decimal("0.01")


class Holder(msgspec.Struct, frozen=True):
    """One member of any form."""

    member: lenient.Anything = msgspec.UNSET


def raw(written: str) -> lenient.Anything:
    return lenient.decode(f'{{"member":{written}}}'.encode(), Holder).member


def refused(work: Any, *arguments: Any) -> BankAnsweredNonsense:
    with pytest.raises(BankAnsweredNonsense) as caught:
        work(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("35", "35"),
        ('"35"', "35"),
        ("35.10", "35.10"),
        ('" 35.10 "', "35.10"),
        ("-4520.15", "-4520.15"),
        ("1e3", "1000"),
        ("1.5E+2", "150"),
        ("1234.1199999999999", "1234.120000"),
        ("0.30000000000000004", "0.300000"),
        ("0", "0"),
    ],
)
def test_amounts_come_as_numbers_or_texts_and_keep_their_digits(written: str, expected: str):
    assert str(lenient.amount(raw(written), "amount")) == expected


@pytest.mark.parametrize("written", ["null", '""', '"  "'])
def test_an_empty_amount_is_absent(written: str):
    assert lenient.amount(raw(written), "amount") is None


@pytest.mark.parametrize(
    "written",
    ['"1,5"', '"1e3"', '"NaN"', "1e400", "1" * 70, "1e15", "true", "{}", "[1]", '"1 000.00"'],
)
def test_what_is_no_amount_is_an_error_with_its_place(written: str):
    fault = refused(lenient.amount, raw(written), "rows[3].amount")
    assert fault.path == "rows[3].amount"


@given(st.decimals(-AMOUNT_MAX, AMOUNT_MAX, places=2))
def test_no_amount_of_two_decimals_loses_a_digit(value: Decimal):
    assert lenient.amount(raw(str(value)), "amount") == value


@pytest.mark.parametrize(
    "written",
    [
        "2017-01-31",
        "2017-01-31T00:00:00.000+01",
        "2017-01-31T23:59:59.999+0100",
        "2017-01-31T00:00:00Z",
        "2017-01-31 10:00",
        "2017-01-31+01:00",
        " 2017-01-31 ",
    ],
)
def test_a_day_is_the_banks_own_whatever_follows_it(written: str):
    assert lenient.day(written, "on") == date(2017, 1, 31)


@pytest.mark.parametrize("written", ["31.02.2017", "2017-02-30", "20170132", "yesterday", "2017-1"])
def test_what_is_no_day_is_an_error_with_its_place(written: str):
    assert refused(lenient.day, written, "on").path == "on"


def test_a_moment_without_an_offset_is_utc():
    moment = datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert lenient.instant("2026-03-01T10:00:00", "at") == moment
    assert lenient.instant("2026-03-01T12:00:00+02:00", "at") == moment
    assert lenient.instant(None, "at") is None
    assert refused(lenient.instant, "soon", "at").path == "at"


def test_currencies_are_three_letters():
    assert lenient.currency("czk", "currency") == "CZK"
    assert lenient.currency(" ", "currency") is None
    assert refused(lenient.currency, "KČ", "currency").path == "currency"


def test_all_texts_of_a_member_are_found_in_any_form():
    assert lenient.texts_of(raw('"VS:1"')) == ("VS:1",)
    assert lenient.texts_of(raw('{"reference":["VS:1","KS:2",null,true]}')) == ("VS:1", "KS:2")
    assert lenient.texts_of(raw('[{"reference":"VS:1"},{"reference":5}]')) == ("VS:1", "5")
    assert lenient.texts_of(raw("null")) == lenient.texts_of(msgspec.UNSET) == ()


def test_breaks_and_repeated_blanks_are_one_blank():
    assert lenient.line_of("Nájem<br>únor <BR/> \n 2026") == "Nájem únor 2026"
    assert lenient.line_of("<br>") is None


def test_numbers_lose_their_blanks_only():
    assert lenient.account_number("CZ37 9990 0000") == "CZ3799900000"
    assert lenient.account_number("CZ**********0021") == "CZ**********0021"
    assert lenient.distinct(["a", None, " a ", "", 5]) == ("a", "5")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_nonsense(body: bytes):
    assert refused(lenient.as_written, body).path == "body"


def test_a_mark_at_the_start_and_half_a_pair_do_not_spoil_a_page():
    body = b"\xef\xbb\xbf" + b'{"member":"\\ud83d lone"}'
    assert lenient.text_of(lenient.decode(body, Holder).member) == "\ufffd lone"


def test_an_impossible_type_is_named_by_its_place():
    fault = refused(lenient.decode, json.dumps([1]).encode(), Holder)
    assert fault.path == "body"
