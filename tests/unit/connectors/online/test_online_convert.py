"""From pages and files to nouns: every form people write in, nothing guessed, hostile text kept."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors.protocols.online import convert
from opensaldo.connectors.protocols.online.file import rows_of
from opensaldo.connectors.protocols.online.layout import PAGES
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.errors import BankAnsweredNonsense

HEADINGS = PAGES.noun_of_heading
OWNER = Owner(name="Halina Wzór", address="ul. Lipowa 1", polish_pesel="00000000000")
MINORS = st.integers(-(10**13), 10**13)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60)


def grouped(minor: int, group: str, mark: str) -> str:
    whole = f"{abs(minor) // 100:,}".replace(",", group)
    return f"{'-' if minor < 0 else ''}{whole}{mark}{abs(minor) % 100:02d}"


# --- amounts and days --------------------------------------------------------------------------
@given(
    MINORS,
    st.sampled_from(
        [
            (" ", ","),
            ("\u00a0", ","),
            ("\u202f", ","),
            (".", ","),
            (",", "."),
            ("'", "."),
            ("", ","),
            ("", "."),
        ]
    ),
    st.sampled_from(["", " PLN", "EUR", "\u00a0CZK"]),
)
def test_an_amount_is_read_back_from_every_form(minor: int, marks: tuple[str, str], after: str):
    written = grouped(minor, *marks) + after
    assert convert.amount(written, "x") == Decimal(minor).scaleb(-2)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("35", "35"),
        ("1 234", "1234"),
        ("1.234.567", "1234567"),
        ("−12,50", "-12.50"),
        ("- 12,50", "-12.50"),
        ("12,50-", "-12.50"),
        ("+12,5 zł".replace(" zł", ""), "12.5"),
        ("1.234,56-", "-1234.56"),
        ("0,00", "0.00"),
    ],
)
def test_other_forms_of_amounts(written: str, value: str):
    assert convert.amount(written, "x") == Decimal(value)


@pytest.mark.parametrize(
    "written",
    [
        "1.234",
        "1,234",
        "1.23.456,00",
        "1 23,00",
        "12,345,6",
        "--1,00",
        "-1,00-",
        "1,00 zl",
        "NaN",
        "1e5",
        "٣,00",
        "1,00" + " " * 100 + "x",
        "9" * 40,
        "=1+1",
    ],
)
def test_what_is_no_certain_amount_is_refused(written: str):
    with pytest.raises(BankAnsweredNonsense) as raised:
        convert.amount(written, "row.amount")
    assert raised.value.path == "row.amount"
    assert written not in str(raised.value)


def test_no_amount_is_none():
    assert convert.amount(" \u00a0", "x") is None


@given(st.text(max_size=80))
def test_any_text_is_an_amount_or_named_nonsense(text: str):
    try:
        found = convert.amount(text, "x")
    except BankAnsweredNonsense:
        return
    assert found is None or found.is_finite()


@given(
    DAYS,
    st.sampled_from(
        [
            "%d.%m.%Y",
            "%d/%m/%Y",
            "%d-%m-%Y",
            "%Y-%m-%d",
            "%Y.%m.%d.",
            "%d. %m. %Y",
            "%d.%m.%Y 23:59",
        ]
    ),
)
def test_a_day_is_read_back_from_every_form(day: date, form: str):
    assert convert.day(day.strftime(form), "x") == day


@pytest.mark.parametrize(
    "written",
    ["31.02.2026", "2026-13-01", "yesterday", "1/2-2026", "12.2026", "٣.1.2026", "01.02.26"],
)
def test_what_is_no_day_is_refused(written: str):
    with pytest.raises(BankAnsweredNonsense):
        convert.day(written, "x")


# --- pages -------------------------------------------------------------------------------------
def history_page(rows: list[list[str]], tail: str = "") -> str:
    nouns = (
        "traded",
        "booked",
        "kind",
        "title",
        "party",
        "party-iban",
        "amount",
        "balance",
        "currency",
    )
    head = "".join(f'<th class="x c-{noun}">' for noun in nouns)
    lines = "".join("<tr>" + "".join(f"<td>{escape(one)}" for one in row) for row in rows)
    return f'<table id="history"><tr>{head}{lines}</table>{tail}'


@given(st.lists(st.tuples(DAYS, TEXTS, TEXTS, MINORS), max_size=5))
def test_rows_come_back_whatever_their_texts_say(rows: list[tuple[date, str, str, int]]):
    lines = [
        [day.strftime("%d.%m.%Y"), "", "K", title, party, "", grouped(minor, " ", ","), "", "PLN"]
        for day, title, party, minor in rows
    ]
    page = convert.history(history_page(lines)).page
    assert [row.amount for row in page.rows] == [Decimal(row[3]).scaleb(-2) for row in rows]
    assert [row.transaction_on for row in page.rows] == [row[0] for row in rows]
    for row, (_day, title, _party, _minor) in zip(page.rows, rows, strict=True):
        if "<br" not in title.lower():
            assert (row.title or "").split() == title.split()


@given(st.text())
def test_any_text_is_a_history_or_named_nonsense(html: str):
    for page in (html, history_page([[html] * 9])):
        with pytest.raises(BankAnsweredNonsense):
            convert.history(page)


def test_two_currencies_in_one_history_are_nonsense():
    rows = [["", "", "", "", "", "", "1,00", "", code] for code in ("PLN", "EUR")]
    with pytest.raises(BankAnsweredNonsense):
        convert.history(history_page(rows))


def test_links_of_a_history_are_those_of_their_class():
    tail = "<a class='x next' href='?page=2'>2</a><a class=export href=f.csv>CSV</a>"
    found = convert.history(history_page([], tail))
    assert (found.next_address, found.file_address, found.page.is_last) == (
        "?page=2",
        "f.csv",
        False,
    )


def test_an_owner_without_name_is_nonsense():
    with pytest.raises(BankAnsweredNonsense):
        convert.owner("<dl id=owner><dt class=d-name>Name<dd> </dl>")


def test_the_page_of_another_account_is_nonsense():
    listed = convert.Listed(section="accounts", number="PL1", details="/d", history="/h")
    with pytest.raises(BankAnsweredNonsense):
        convert.account("<dl id=account><dt class=d-iban><dd>PL2</dl>", listed, OWNER)


def test_only_the_holder_who_signed_in_has_all_that_is_known():
    listed = convert.Listed(section="accounts", number="PL1", details="/d", history="/h")
    page = """<dl id=account><dt class=d-iban><dd>PL 1<dt class=d-currency><dd>pln</dl>
      <table id=holders><tr><th class=c-name><th class=c-kind>
      <tr><td>Halina Wzór<td>OWNER<tr><td>Tadeusz <b>Wzór</b><td>co-owner</table>"""
    reading = convert.account(page, listed, OWNER)
    assert reading.account.currency == "PLN"
    assert reading.owners == (OWNER, Owner(name="Tadeusz Wzór", kind=OwnerKind.CO_OWNER))


def test_an_overview_line_that_leads_nowhere_is_nonsense():
    page = (
        "<table id=accounts><tr><th class=c-iban><tr><td>PL1<a class=details href=/d></a></table>"
    )
    with pytest.raises(BankAnsweredNonsense):
        convert.overview(page)


# --- files -------------------------------------------------------------------------------------
def a_file(rows: list[list[str]], headings: str = "Transaction date;Title;Amount;Currency") -> str:
    target = io.StringIO()
    csv.writer(target, delimiter=";").writerows([["About us"], [], headings.split(";"), *rows])
    return target.getvalue()


@given(st.lists(st.tuples(DAYS, TEXTS, MINORS), max_size=5))
def test_a_file_comes_back_whatever_its_texts_say(rows: list[tuple[date, str, int]]):
    lines = [
        [day.strftime("%d.%m.%Y"), title, grouped(minor, "", ","), "PLN"]
        for day, title, minor in rows
    ]
    body = ("\ufeff" + a_file(lines)).encode()
    page = convert.transactions_page(rows_of(body, "text/csv", HEADINGS), "file")
    assert [row.amount for row in page.rows] == [Decimal(row[2]).scaleb(-2) for row in rows]


@pytest.mark.parametrize("charset", ["windows-1250", "iso-8859-2", "utf-8"])
def test_a_file_is_read_in_the_encoding_it_names(charset: str):
    text = a_file([["01.02.2026", "Zażółć gęślą jaźń", "-1,00", "PLN"]])
    rows = rows_of(text.encode(charset), f"text/csv; charset={charset.upper()}", HEADINGS)
    assert rows[0]["title"] == "Zażółć gęślą jaźń"


def test_without_a_name_utf_8_is_tried_first():
    text = a_file([["01.02.2026", "Zażółć", "-1,00", "PLN"]])
    for charset in ("utf-8", "windows-1250"):
        assert rows_of(text.encode(charset), "text/csv", HEADINGS)[0]["title"] == "Zażółć"


def test_lines_without_an_amount_are_passed_over():
    rows = [["01.02.2026", "a", "1,00", "PLN"], ["Total", "", "", ""], []]
    assert len(rows_of(a_file(rows).encode(), "text/csv", HEADINGS)) == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_a_file_or_named_nonsense(body: bytes):
    with pytest.raises(BankAnsweredNonsense):
        rows_of(body, "text/csv; charset=utf-8", HEADINGS)
