"""Texts and amounts: hostile bank text can do nothing, money is exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from opensaldo.wire.text import allowed, amount_text, clean_text, one_line
from opensaldo.wire.xml_text import attribute, content, element

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("<>&\"'\r\n\t\x00\x0b\x1b\x85\u2028\ud800\udfff\ufffe\uffff]]>"),
    )
)
FINITE = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)


@given(HOSTILE)
def test_cleaning_twice_is_cleaning_once(text: str):
    once = clean_text(text)
    assert clean_text(once) == once


@given(HOSTILE)
def test_element_text_comes_back_from_any_reader(text: str):
    read = etree.fromstring(f"<a>{content(text)}</a>".encode()).text
    assert (read or None) == clean_text(text)


@given(HOSTILE)
def test_attribute_text_comes_back_from_any_reader(text: str):
    read = etree.fromstring(f"<a{attribute('b', text)}/>".encode()).get("b")
    assert read == allowed(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ZAKUPY 0412", "ZAKUPY 0412"),
        ("  A\x00B\x08 ", "AB"),
        ("\x1b[31mred", "[31mred"),
        ("tab\tline\nend", "tab\tline\nend"),
        ("\ud800\udc00", None),
        ("a\ufffeb\uffffc", "abc"),
        ("😀", "😀"),
        (" \x00 ", None),
        ("", None),
        (None, None),
    ],
)
def test_what_xml_does_not_allow_is_removed(text: str | None, shown: str | None):
    assert clean_text(text) == shown


def test_addresses_stand_on_one_line():
    assert one_line(" Lipowa 1\r\n 00-001\tPróbno ") == "Lipowa 1 00-001 Próbno"
    assert one_line("\n") is None
    assert one_line(None) is None


def test_an_element_without_a_value_is_left_out():
    assert element(1, "title", " \x00") == ""
    assert element(1, "title", None) == ""
    assert element(1, "title", "a & b") == "  <title>a &amp; b</title>\n"


def test_an_attribute_without_a_value_is_left_out():
    assert attribute("user", None) == ""
    assert attribute("user", 'a"b<c>&\t\n') == ' user="a&quot;b&lt;c&gt;&amp;&#9;&#10;"'


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("-41.20", "-41.20"),
        ("1200.5", "1200.50"),
        ("35", "35.00"),
        ("-0.00", "0.00"),
        ("-0", "0.00"),
        ("-0.004", "0.00"),
        ("0.005", "0.00"),
        ("0.015", "0.02"),
        ("-0.006", "-0.01"),
        ("1E+3", "1000.00"),
        ("1.25E+1", "12.50"),
        ("1E-30", "0.00"),
        ("999999999999999.99", "999999999999999.99"),
        ("0.00", "0.00"),
    ],
)
def test_amounts_have_two_decimals_and_no_minus_zero(amount: str, text: str):
    assert amount_text(Decimal(amount)) == text


@given(FINITE)
def test_amounts_are_the_nearest_cent(amount: Decimal):
    text = amount_text(amount)
    whole, _, cents = text.partition(".")
    assert len(cents) == 2
    assert text != "-0.00"
    assert abs(Decimal(text) - amount) <= Decimal("0.005")
    assert (whole.lstrip("-") + cents).isdigit()


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_no_number_is_refused(amount: str):
    with pytest.raises(ValueError, match="finite"):
        amount_text(Decimal(amount))
