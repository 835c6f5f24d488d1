"""Answers as other banks might write them: read as what they mean, or refused by their place.

Each row is one deviation of an otherwise plain answer: what comes out, or the place of the error.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from opensaldo.cli.bank_answers import answered

ROWS: dict[str, dict[str, Any]] = {
    "berlin_group": {
        "transactionId": "1",
        "bookingDate": "2026-03-02",
        "transactionAmount": {"amount": "-12.50", "currency": "EUR"},
        "creditorName": "Pavyzdys",
    },
    "polish_api": {
        "itemId": "1",
        "bookingDate": "2026-03-02",
        "amount": "12.50",
        "currency": "PLN",
        "transactionCategory": "DEBIT",
        "recipient": {"nameAddress": {"value": ["Pavyzdys"]}},
    },
    "czech_standard": {
        "entryReference": "1",
        "bookingDate": {"date": "2026-03-02"},
        "amount": {"value": 12.50, "currency": "CZK"},
        "creditDebitIndicator": "DBIT",
        "status": "BOOK",
        "entryDetails": {
            "transactionDetails": {"relatedParties": {"creditor": {"name": "Pavyzdys"}}}
        },
    },
    "obie": {
        "TransactionId": "1",
        "BookingDateTime": "2026-03-02T08:15:00Z",
        "Amount": {"Amount": "12.50", "Currency": "EUR"},
        "CreditDebitIndicator": "Debit",
        "Status": "Booked",
        "CreditorAccount": {"Name": "Pavyzdys"},
    },
}
PLAIN = {"amount": "-12.50", "booked_on": "2026-03-02", "party": "Pavyzdys", "bank_id": "1"}
NO_PARTY = {"party": None}
NO_DAY = {"booked_on": None}


def around(standard: str, rows: Any) -> Any:
    """The rows in the place where the standard has them."""
    return {
        "berlin_group": {"transactions": {"booked": rows}},
        "polish_api": {"responseHeader": {"requestId": "x"}, "transactions": rows},
        "czech_standard": {"pageNumber": 0, "pageCount": 1, "transactions": rows},
        "obie": {"Data": {"Transaction": rows}, "Links": {}, "Meta": {}},
    }[standard]


def bg_amount(written: Any, currency: Any = "EUR") -> dict[str, Any]:
    return {"transactionAmount": {"amount": written, "currency": currency}}


def czk(written: Any) -> dict[str, Any]:
    return {"amount": {"value": written, "currency": "CZK"}}


def money(written: Any, currency: str = "EUR") -> dict[str, Any]:
    return {"Amount": {"Amount": written, "Currency": currency}}


def party(written: Any) -> dict[str, Any]:
    return {"entryDetails": written}


FIRST = "transactions.booked[0]"
# standard, what one row says otherwise, and what comes out of it or where it is refused
CASES: list[tuple[str, dict[str, Any], dict[str, Any] | str]] = [
    ("berlin_group", bg_amount(-12.5), {}),
    ("berlin_group", bg_amount("-12,50"), {}),
    ("berlin_group", bg_amount("-1.234,50"), {"amount": "-1234.50"}),
    ("berlin_group", bg_amount("1'234.50-"), {"amount": "-1234.50"}),
    ("berlin_group", bg_amount("-12.50", "eur"), {}),
    ("berlin_group", bg_amount("(12.50)"), f"{FIRST}.transactionAmount.amount"),
    ("berlin_group", bg_amount("-12.50", "€"), f"{FIRST}.transactionAmount.currency"),
    ("berlin_group", bg_amount("-12.50", 978), f"{FIRST}.transactionAmount.currency"),
    ("berlin_group", bg_amount(None), f"{FIRST}.transactionAmount.amount"),
    ("berlin_group", {"bookingDate": "02.03.2026"}, {}),
    ("berlin_group", {"bookingDate": "2.3.2026"}, {}),
    ("berlin_group", {"bookingDate": "20260302"}, {}),
    ("berlin_group", {"bookingDate": "2026-03-02+01:00"}, {}),
    ("berlin_group", {"bookingDate": "0000-00-00"}, NO_DAY),
    ("berlin_group", {"bookingDate": 1772409600000}, f"{FIRST}.bookingDate"),
    ("berlin_group", {"bookingDate": "31.02.2026"}, f"{FIRST}.bookingDate"),
    ("berlin_group", {"creditorName": {"name": "Pavyzdys"}}, {}),
    ("berlin_group", {"creditorName": ["Pavyzdys"]}, {}),
    ("berlin_group", {"remittanceInformationUnstructured": {"a": "x", "b": "y"}}, {"title": "x y"}),
    ("berlin_group", {"transactionId": 1}, {}),
    ("polish_api", {"amount": 12.5}, {"amount": "-12.5"}),
    ("polish_api", {"amount": "12,50"}, "transactions[0].amount"),
    ("polish_api", {"amount": "-12.50"}, "transactions[0].amount"),
    ("polish_api", {"amount": None}, "transactions[0].amount"),
    ("polish_api", {"transactionCategory": "debit"}, {}),
    ("polish_api", {"transactionCategory": "DBIT"}, {}),
    ("polish_api", {"transactionCategory": None}, "transactions[0].transactionCategory"),
    ("polish_api", {"transactionCategory": "OUT"}, "transactions[0].transactionCategory"),
    ("polish_api", {"bookingDate": "02-03-2026"}, {}),
    ("polish_api", {"bookingDate": "2026-03-02T00:00:00.000Z"}, {}),
    ("polish_api", {"bookingDate": 1772409600000}, "transactions[0].bookingDate"),
    ("polish_api", {"recipient": {"nameAddress": "Pavyzdys"}}, {}),
    ("polish_api", {"recipient": {"nameAddress": {"value": "Pavyzdys"}}}, {}),
    ("polish_api", {"recipient": [], "sender": ""}, NO_PARTY),
    ("polish_api", {"recipient": "Pavyzdys"}, "transactions[0].recipient"),
    ("polish_api", {"transactionStatus": "DONE"}, {}),
    ("polish_api", {"currency": "pln", "itemId": 1}, {}),
    ("czech_standard", czk("12,50"), {}),
    ("czech_standard", czk("-12.50"), {}),
    ("czech_standard", {"amount": {"value": None}}, "transactions[0].amount"),
    ("czech_standard", {"creditDebitIndicator": "debit"}, {}),
    ("czech_standard", {"creditDebitIndicator": None}, "transactions[0].creditDebitIndicator"),
    ("czech_standard", {"status": {"code": "BOOK"}}, {}),
    ("czech_standard", {"status": None}, {}),
    ("czech_standard", {"bookingDate": "2.3.2026"}, {}),
    ("czech_standard", {"bookingDate": {"date": "2026-03-02T00:00:00.000+01"}}, {}),
    ("czech_standard", {"bookingDate": {}}, NO_DAY),
    ("czech_standard", {"bookingDate": {"date": "2026-13-02"}}, "transactions[0].bookingDate.date"),
    ("czech_standard", party([]), NO_PARTY),
    ("czech_standard", party([ROWS["czech_standard"]["entryDetails"]]), {}),
    ("czech_standard", party({"transactionDetails": None}), NO_PARTY),
    ("czech_standard", {"entryReference": 1}, {}),
    ("obie", money(12.5), {}),
    ("obie", money("12.5000", "eur"), {}),
    ("obie", money("-12.50"), {}),
    ("obie", money("12,50"), "Data.Transaction[0].Amount.Amount"),
    ("obie", {"Amount": "12.50"}, "Data.Transaction[0].Amount"),
    ("obie", {"CreditDebitIndicator": "DBIT"}, {}),
    ("obie", {"CreditDebitIndicator": None}, "Data.Transaction[0].CreditDebitIndicator"),
    ("obie", {"Status": "BOOK"}, {}),
    ("obie", {"Status": "Posted"}, "Data.Transaction[0].Status"),
    ("obie", {"BookingDateTime": "02/03/2026"}, {}),
    ("obie", {"BookingDateTime": 1772409600}, "Data.Transaction[0].BookingDateTime"),
    ("obie", {"CreditorAccount": [{"Name": "Pavyzdys"}]}, {}),
    ("obie", {"CreditorAccount": []}, NO_PARTY),
    ("obie", {"CreditorAccount": {}, "MerchantDetails": "Pavyzdys"}, {}),
    ("obie", {"TransactionInformation": ["x", "y"]}, {"title": "x y"}),
]


def converted(standard: str, kind: str, answer: Any) -> dict[str, Any]:
    """What `opensaldo banks convert` prints."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return answered(standard, kind, body)


@pytest.mark.parametrize(("standard", "change", "expected"), CASES)
def test_a_deviation_means_what_it_must_or_is_named(
    standard: str, change: dict[str, Any], expected: dict[str, Any] | str
):
    shown = converted(standard, "transactions", around(standard, [ROWS[standard] | change]))
    if isinstance(expected, str):
        assert shown["error"]["name"] == "BankAnsweredNonsense"
        assert f": {expected}: expected" in shown["error"]["message"]
        return
    wanted = PLAIN | expected
    (row,) = shown["transactions"]
    assert {name: row.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("standard", ROWS)
@pytest.mark.parametrize("empty", [{}, [], ""])
def test_nothing_in_the_place_of_rows_is_no_rows(standard: str, empty: Any):
    shown = converted(standard, "transactions", around(standard, empty))
    if (
        "error" in shown
    ):  # a blank text is absent, and an answer without a list is not one of its standard
        assert (empty, shown["error"]["name"]) == ("", "BankAnsweredNonsense")
    else:
        assert shown["transactions"] == []


@pytest.mark.parametrize("standard", ROWS)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\n "])
def test_one_row_stands_for_a_list_of_one_whatever_stands_before_it(standard: str, mark: bytes):
    body = mark + json.dumps(around(standard, ROWS[standard])).encode()
    shown = converted(standard, "transactions", body)
    assert [row["bank_id"] for row in shown["transactions"]] == ["1"]


@pytest.mark.parametrize("standard", ROWS)
@pytest.mark.parametrize("kind", ["accounts", "balances", "transactions"])
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"{}", b'"text"', b"[[]]", b"[1]", b"{", b"NaN", b"\xff\xfe{\x00", b"[" * 9999],
)
def test_what_is_no_answer_at_all_is_a_named_error(standard: str, kind: str, body: bytes):
    assert converted(standard, kind, body)["error"]["name"] == "BankAnsweredNonsense"
