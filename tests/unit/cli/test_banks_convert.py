"""`opensaldo banks convert`: one JSON object whatever the bytes, never a traceback."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opensaldo import errors
from opensaldo.cli.bank_answers import answered
from opensaldo.cli.options import CONVERTED_STANDARDS
from tests.unit.cli.conftest import Opensaldo

KINDS = ("accounts", "balances", "transactions", "card_transactions")
ROW = {
    "transactionId": "t1",
    "bookingDate": "2026-03-02",
    "transactionAmount": {"amount": "-12.50", "currency": "RON"},
    "creditorName": "Atelier Popescu",
    "remittanceInformationUnstructured": "Factura 7",
}
ACCOUNT = {
    "resourceId": "a1",
    "iban": "RO49AAAA1B31007593840000",
    "currency": "RON",
    "ownerName": "Ana Popescu",
    "balances": [
        {"balanceType": "closingBooked", "balanceAmount": {"amount": 10.5, "currency": "RON"}}
    ],
}


def converted(
    opensaldo: Opensaldo, folder: Path, body: bytes, standard: str, kind: str, code: int = 0
) -> dict[str, Any]:
    path = folder / "answer"
    path.write_bytes(body)
    said = opensaldo("banks", "convert", standard, kind, str(path), "--json")
    assert (said.code, said.err, said.out.count("\n")) == (code, "", 1)
    shown: dict[str, Any] = json.loads(said.out)
    return shown


def test_transactions_are_our_nouns_with_exact_amounts(opensaldo: Opensaldo, tmp_path: Path):
    body = json.dumps({"transactions": {"booked": [ROW], "pending": []}}).encode()
    shown = converted(opensaldo, tmp_path, body, "berlin_group", "transactions")
    (row,) = shown["transactions"]
    assert (row["amount"], row["booked_on"]) == ("-12.50", "2026-03-02")
    assert (row["party"], row["title"]) == ("Atelier Popescu", "Factura 7")
    assert (row["status"], shown["currency"]) == ("DONE", "RON")


def test_accounts_come_with_their_owners_and_the_banks_own_id(opensaldo: Opensaldo, tmp_path: Path):
    body = json.dumps({"accounts": [ACCOUNT]}).encode()
    (account,) = converted(opensaldo, tmp_path, body, "berlin_group", "accounts")["accounts"]
    assert (account["type"], account["resource_id"]) == ("account", "a1")
    assert (account["iban"], account["balance"]) == (ACCOUNT["iban"], "10.50")
    assert [owner["name"] for owner in account["owners"]] == ["Ana Popescu"]


def test_balances_name_the_two_that_count(opensaldo: Opensaldo, tmp_path: Path):
    body = json.dumps({"balances": ACCOUNT["balances"]}).encode()
    shown = converted(opensaldo, tmp_path, body, "berlin_group", "balances")["balances"]
    assert (shown["booked"], shown["currency"]) == ("10.50", "RON")


def test_a_banks_error_is_a_named_error(opensaldo: Opensaldo, tmp_path: Path):
    body = b'{"tppMessages": [{"category": "ERROR", "code": "ACCESS_EXCEEDED"}]}'
    shown = converted(opensaldo, tmp_path, body, "berlin_group", "accounts", code=1)
    assert shown["error"]["name"] == "BankDailyLimit"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"PK\x03\x04rest", "a zip archive"),
        (b"\x1f\x8b\x08rest", "a gzip archive"),
        (b"%PDF-1.7", "a PDF file"),
        (b'<?xml version="1.0"?>\n<Document xmlns="urn:iso:x:camt.052.001.02">', "a camt.052 file"),
        (b"<?xml version='1.0'?><Other/>", "XML"),
        (b"<!DOCTYPE html><html>", "a page of HTML"),
        (b"{1:F01BANKXXXX}", "an MT940 file"),
        (b":20:START\r\n", "an MT940 file"),
        (b"", "JSON"),
        (b"\x00\x01", "JSON"),
        (b'{"accounts": [', "JSON"),
    ],
)
@pytest.mark.parametrize("standard", CONVERTED_STANDARDS)
def test_what_is_no_json_is_named(
    opensaldo: Opensaldo, tmp_path: Path, standard: str, body: bytes, words: str
):
    error = converted(opensaldo, tmp_path, body, standard, "transactions", code=1)["error"]
    assert error["name"] == "BankAnsweredNonsense"
    assert words in error["message"]


def test_standard_input_is_read_for_a_dash(opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch):
    body = json.dumps({"accounts": [ACCOUNT]}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
    said = opensaldo("banks", "convert", "berlin_group", "accounts", "-")
    assert len(json.loads(said.out)["accounts"]) == 1
    assert said.out.count("\n") > 1


def test_an_endless_answer_is_refused(
    opensaldo: Opensaldo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("opensaldo.cli.bank_answers.BYTES_MAX", 10)
    error = converted(opensaldo, tmp_path, b"[" * 11, "berlin_group", "accounts", code=1)["error"]
    assert error["name"] == "PayloadTooLarge"


def test_a_defect_of_a_reader_is_named_too(
    opensaldo: Opensaldo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from opensaldo.connectors.protocols.berlin_group import convert

    monkeypatch.setattr(convert, "CONVERT", {"accounts": lambda _body: 1 // 0})
    error = converted(opensaldo, tmp_path, b"{}", "berlin_group", "accounts", code=1)["error"]
    assert error["name"] == "Defect"


@pytest.mark.parametrize(
    "arguments",
    [
        ("pigeon_post", "accounts", "-"),
        ("berlin_group", "feathers", "-"),
        ("berlin_group", "accounts"),
        ("berlin_group", "accounts", "/no/such/file"),
        ("berlin_group", "accounts", "/"),
        ("berlin_group", "accounts", "a\x00b"),
    ],
)
def test_bad_usage_is_a_mistake_and_prints_nothing(
    opensaldo: Opensaldo, arguments: tuple[str, ...]
):
    said = opensaldo("banks", "convert", *arguments)
    assert (said.code, said.out) == (2, "")


MEMBERS = [
    "accounts",
    "transactions",
    "booked",
    "pending",
    "information",
    "amount",
    "currency",
    "cardTransactions",
    "cardAccounts",
    "_links",
    "next",
    "href",
    "tppMessages",
    "code",
    "balanceAmount",
    "balanceType",
    "holds",
    "pageInfo",
    "nextPage",
    "value",
    "accountNumber",
    "transactionCategory",
    "tradeDate",
    "bookingBalance",
    "nameAddress",
    "account",
    "identification",
    "entryDetails",
    "transactionDetails",
    "relatedParties",
    "debtor",
    "creditDebitIndicator",
    "date",
    "status",
    "remittanceInformation",
    "structured",
    "reference",
    "owners",
    "Data",
    "Account",
    "Transaction",
    "Balance",
    "errors",
    "error",
    "exchangeRate",
    "details",
]
NAMES = st.sampled_from(sorted({*ROW, *ACCOUNT, *MEMBERS}))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["", "1", "-1.50", "1e999", "NaN", "2026-03-02", "2026-02-30", "CREDIT", "DBIT", "EUR",
         "9" * 5000, "\ud800", "VS:1", "BOOK", "Infinity", "<br>", "0001-01-01T00:00:00+23:59"]
    )
)  # fmt: skip
ANSWERS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


def must_stay_calm(body: bytes) -> None:
    """Every reader answers these bytes with an object or a named error, and no defect of ours."""
    for standard in CONVERTED_STANDARDS:
        for kind in KINDS:
            shown = json.loads(json.dumps(answered(standard, kind, body)))
            if "error" in shown:
                name = shown["error"]["name"]
                assert isinstance(getattr(errors, name), type)
                assert name != "Defect", (standard, kind, shown)


CALM = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
)


@CALM
@given(answer=ANSWERS)
def test_no_shape_of_json_ends_in_a_traceback(answer: Any):
    must_stay_calm(json.dumps(answer).encode())


@CALM
@given(body=st.binary(max_size=80))
def test_no_bytes_end_in_a_traceback(body: bytes):
    must_stay_calm(body)


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 50_000, b'{"accounts":' * 3000 + b"1" + b"}" * 3000]
)
def test_no_depth_ends_in_a_traceback(body: bytes):
    must_stay_calm(body)
