"""Lenient in form, strict in meaning: what becomes of a Czech bank's answers."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.protocols.czech_standard import convert
from opensaldo.connectors.protocols.czech_standard.rows import read_awaiting
from opensaldo.domain.owner import OwnerKind
from opensaldo.domain.transaction import Transaction, TransactionStatus

IBAN = "CZ3799900000002900000021"
ACCOUNT = {
    "id": "A1",
    "identification": {"iban": IBAN, "other": "2900000021"},
    "currency": "CZK",
    "servicer": {"bankCode": "9990", "countryCode": "CZ", "bic": "XKTBCZP0"},
    "nameI18N": "Na domácnost",
    "productI18N": "Běžný účet",
}
BALANCE = {
    "type": {"codeOrProprietary": {"code": "CLBD"}},
    "amount": {"value": 4520.15, "currency": "CZK"},
    "creditDebitIndicator": "CRDT",
    "date": {"dateTime": "2026-02-17T12:32:41.0Z"},
}
PARTIES = {
    "creditor": {"name": "Bytové družstvo"},
    "creditorAccount": {"identification": {"iban": "CZ9499900000002900000048"}},
    "debtor": {"name": "Hana Vzorek"},
    "debtorAccount": {"identification": {"iban": IBAN}},
}
ROW = {
    "entryReference": "E1",
    "amount": {"value": 1050.5, "currency": "CZK"},
    "creditDebitIndicator": "DBIT",
    "status": "BOOK",
    "bookingDate": {"date": "2026-01-31T00:00:00.000+01"},
    "valueDate": {"date": "2026-01-30T00:00:00.000+01"},
    "bankTransactionCode": {"proprietary": {"code": "10000107000", "issuer": "CBA"}},
    "entryDetails": {
        "transactionDetails": {
            "relatedParties": PARTIES,
            "remittanceInformation": {
                "unstructured": "Nájemné 01/2026",
                "structured": {"creditorReferenceInformation": {"reference": ["VS:1234567890"]}},
            },
            "additionalTransactionInformation": "Trvalý příkaz",
        }
    },
}


def body_of(name: str, *rows: Any, **more: Any) -> bytes:
    return json.dumps(
        {"pageNumber": 0, "pageCount": 1, "pageSize": 25, name: rows, **more}
    ).encode()


def row_of(**changes: Any) -> Transaction:
    read = convert.transactions(body_of("transactions", ROW | changes))
    (row,) = read.booked + read.pending
    return row


def detailed(**changes: Any) -> Transaction:
    details = ROW["entryDetails"]["transactionDetails"] | changes  # type: ignore[index]
    return row_of(entryDetails={"transactionDetails": details})


def referring(written: Any) -> Transaction:
    structured = {"creditorReferenceInformation": {"reference": written}}
    return detailed(remittanceInformation={"unstructured": "Platba", "structured": structured})


def refused(work: Any, body: bytes) -> Any:
    with pytest.raises(errors.OpenSaldoError) as caught:
        work(body)
    return caught.value


# --- accounts
def test_an_account_has_its_number_names_and_currency():
    (one,) = convert.accounts(body_of("accounts", ACCOUNT))
    assert one.resource_id == "A1"
    account = one.reading.account
    assert (account.iban, account.currency) == (IBAN, "CZK")
    assert (account.name, account.friendly_name) == ("Běžný účet", "Na domácnost")
    assert one.reading.owners == ()


def test_owners_are_named_in_order_each_once():
    row = ACCOUNT | {"ownersNames": ["Hana Vzorek", None, "Oldřich Vzorek", "Hana Vzorek"]}
    (one,) = convert.accounts(body_of("accounts", row))
    assert [(owner.name, owner.kind) for owner in one.reading.owners] == [
        ("Hana Vzorek", OwnerKind.OWNER),
        ("Oldřich Vzorek", OwnerKind.CO_OWNER),
    ]


@pytest.mark.parametrize(
    ("identification", "number"),
    [
        ({"iban": "CZ37 9990 0000 0029 0000 0021"}, IBAN),
        ({"iban": "CZ**********0021"}, "CZ**********0021"),
        ({"iban": None, "other": "19-2900000021/9990"}, "19-2900000021/9990"),
        ({"other": {"identification": "2900000021"}}, "2900000021"),
        ({}, None),
        (None, None),
    ],
)
def test_a_number_in_any_form_is_kept_as_text(identification: Any, number: str | None):
    row = ACCOUNT | {"identification": identification}
    assert convert.accounts(body_of("accounts", row))[0].reading.account.iban == number


def test_an_account_may_name_no_currency_and_must_have_an_id():
    (one,) = convert.accounts(body_of("accounts", ACCOUNT | {"currency": None}))
    assert one.reading.account.currency == "XXX"
    fault = refused(convert.accounts, body_of("accounts", ACCOUNT, ACCOUNT | {"id": " "}))
    assert fault.path == "accounts[1].id"


def test_a_list_may_stand_bare_and_a_row_alone():
    assert len(convert.accounts(json.dumps([ACCOUNT, ACCOUNT]).encode())) == 2
    assert len(convert.accounts(json.dumps({"accounts": ACCOUNT}).encode())) == 1


def test_unknown_members_and_nulls_do_not_matter():
    row = dict.fromkeys(("suitableScope", "realtionship", "servicer"), None) | {"x": {"y": []}}
    assert convert.accounts(body_of("accounts", ACCOUNT | row))[0].resource_id == "A1"


# --- balances
def balances_of(*changes: dict[str, Any]) -> Any:
    return convert.balances(body_of("balances", *({**BALANCE, **change} for change in changes)))


def kind(code: str) -> dict[str, Any]:
    return {"type": {"codeOrProprietary": {"code": code}}}


def money(value: Any, currency: str = "CZK") -> dict[str, Any]:
    return {"amount": {"value": value, "currency": currency}}


def test_the_booked_and_the_available_balance_are_told_apart():
    read = balances_of(kind("CLAV") | money(5000), kind("PRCD") | money(1), {})
    assert (read.booked, read.available) == (Decimal("4520.15"), Decimal(5000))
    assert (read.currency, len(read.items)) == ("CZK", 3)
    assert read.items[2].on == date(2026, 2, 17)


def test_a_balance_below_zero_is_told_by_its_indicator():
    assert balances_of({"creditDebitIndicator": "DBIT"}).booked == Decimal("-4520.15")
    assert balances_of({"creditDebitIndicator": "DBIT"} | money(-20)).booked == -20


def test_a_balance_alone_whose_kind_is_no_known_one_is_of_unknown_kind():
    assert balances_of(kind("OTHR")).booked_kind == "unknown"
    read = balances_of(kind("CLBD") | {"date": {"dateTime": "2026-01-02T00:00:00.000+01:00"}})
    assert (read.booked_kind, f"{read.booked_on}") == ("booked", "2026-01-02")


def test_balances_of_other_currencies_are_other_accounts():
    read = balances_of(kind("CLBD") | money(7, "EUR"), kind("CLAV") | money(9, "CZK"))
    assert (read.currency, read.booked, read.available) == ("EUR", 7, None)


def test_a_single_balance_of_an_unknown_kind_counts():
    assert balances_of(kind("OTHR")).booked == Decimal("4520.15")
    assert balances_of(kind("OTHR"), kind("OTHR")).booked is None


def test_a_balance_without_an_amount_is_named():
    assert refused(convert.balances, body_of("balances", kind("CLBD"))).path == "balances[0].amount"


# --- transactions
def test_a_row_is_read_whole():
    assert row_of() == Transaction(
        amount=Decimal("-1050.50"),
        transaction_on=date(2026, 1, 30),
        booked_on=date(2026, 1, 31),
        title="Nájemné 01/2026",
        party="Bytové družstvo",
        party_iban="CZ9499900000002900000048",
        variable_symbol="1234567890",
        kind="Trvalý příkaz",
        bank_id="E1",
    )


def test_money_that_comes_is_from_the_debtor():
    row = row_of(creditDebitIndicator="CRDT")
    assert (row.amount, row.party, row.party_iban) == (Decimal("1050.50"), "Hana Vzorek", IBAN)


@pytest.mark.parametrize(
    ("value", "direction", "amount"),
    [
        ("1050.5", "DBIT", "-1050.50"),
        (1050, "CRDT", "1050.00"),
        (-7, "DBIT", "-7.00"),
        (-7, None, "-7.00"),
        (0, "DBIT", "0.00"),
    ],
)
def test_amounts_are_signed_by_their_direction(value: Any, direction: str | None, amount: str):
    row = row_of(amount={"value": value, "currency": "CZK"}, creditDebitIndicator=direction)
    assert str(row.amount) == amount


def test_a_number_never_becomes_a_binary_float():
    body = body_of("transactions", ROW).replace(b"1050.5", b"90071992547.41")
    (row,) = convert.transactions(body).booked
    assert str(row.amount) == "-90071992547.41"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"creditDebitIndicator": None}, "creditDebitIndicator"),
        ({"creditDebitIndicator": "X"}, "creditDebitIndicator"),
        ({"amount": None}, "amount"),
        ({"amount": {"value": "x", "currency": "CZK"}}, "amount.amount"),
        ({"bookingDate": {"date": "31/31/2026"}}, "bookingDate.date"),
        ({"status": "RJCT"}, "status"),
    ],
)
def test_what_cannot_be_understood_is_named(changes: dict[str, Any], path: str):
    fault = refused(convert.transactions, body_of("transactions", ROW, ROW | changes))
    assert isinstance(fault, errors.BankAnsweredNonsense)
    assert fault.path.startswith("transactions[1].")
    assert path.split(".")[0] in fault.path


def test_rows_are_in_one_currency():
    other = ROW | {"amount": {"value": 1, "currency": "EUR"}}
    fault = refused(convert.transactions, body_of("transactions", ROW, other))
    assert fault.path == "transactions[].amount.currency"


def test_held_money_is_pending_and_not_booked_although_it_has_a_day():
    read = convert.transactions(body_of("transactions", ROW | {"status": "PDNG"}, ROW))
    assert len(read.booked) == len(read.pending) == 1
    assert read.pending[0].status is TransactionStatus.PENDING
    assert read.pending[0].booked_on is None
    assert read.pending[0].day == date(2026, 1, 30)


def test_a_row_that_only_informs_moves_no_money():
    read = convert.transactions(body_of("transactions", ROW | {"status": "INFO"}))
    assert (read.booked, read.pending) == ((), ())


@pytest.mark.parametrize(
    "written",
    [
        "VS:7,KS:0308,SS:99",
        ["VS:7", "KS:0308", "SS:99"],
        ["VS:7,KS:0308", "SS:99"],
        "/VS/7/SS/99/KS/0308",
        "VS: 7 KS: 0308 SS: 99",
    ],
)
def test_the_three_symbols_are_kept_in_any_form(written: Any):
    row = referring(written)
    found = (row.variable_symbol, row.constant_symbol, row.specific_symbol)
    assert found == ("7", "0308", "99")
    assert row.title == "Platba"


def test_symbols_may_be_repeated_objects_or_the_end_to_end_id():
    row = detailed(
        remittanceInformation={
            "structured": [
                {"creditorReferenceInformation": {"reference": "VS:7"}},
                {"creditorReferenceInformation": {"reference": "KS:0308"}},
            ]
        },
        references={"endToEndIdentification": "/VS8/SS99", "accountServicerReference": "R"},
    )
    assert (row.variable_symbol, row.constant_symbol, row.specific_symbol) == ("7", "0308", "99")
    named = {"creditorReferenceInformation": {"variable": "7", "specific": "SS:99"}}
    row = detailed(remittanceInformation={"structured": named})
    assert (row.variable_symbol, row.constant_symbol, row.specific_symbol) == ("7", None, "99")


@pytest.mark.parametrize("written", [None, "", "VS:", "VS:12345678901", "RF18539007547034", []])
def test_what_is_no_symbol_is_none(written: Any):
    row = referring(written)
    assert row.variable_symbol is row.constant_symbol is row.specific_symbol is None


def test_the_title_is_what_the_payer_wrote_else_what_the_bank_says():
    assert detailed(remittanceInformation={"unstructured": "a<br>b"}).title == "a b"
    row = detailed(remittanceInformation=None)
    assert (row.title, row.kind) == ("Trvalý příkaz", "10000107000")
    assert detailed(remittanceInformation="plain text").title == "plain text"


def test_the_other_side_is_found_wherever_it_stands():
    shop = {"tradingParty": {"name": "Potraviny Košík"}}
    assert detailed(relatedParties=shop).party == "Potraviny Košík"
    machine = {"proprietary": {"type": "own", "party": {"name": "Bankomat"}}}
    assert detailed(relatedParties=machine).party == "Bankomat"
    account = {"creditorAccount": {"name": "Jen účet", "identification": {}}}
    row = detailed(relatedParties=account)
    assert (row.party, row.party_iban) == ("Jen účet", None)
    assert row_of(entryDetails=None).party is None


def test_a_local_number_gets_the_code_of_its_bank():
    account = {
        "creditorAccount": {"identification": {"other": {"identification": "19-2900000021"}}}
    }
    agent = {"financialInstitutionIdentification": {"other": {"identification": "9990"}}}
    row = detailed(relatedParties=account, relatedAgents={"creditorAgent": agent})
    assert row.party_iban == "19-2900000021/9990"
    assert detailed(relatedParties=account).party_iban == "19-2900000021"


def test_days_may_be_bare_texts_or_absent():
    row = row_of(bookingDate="2026-01-31", valueDate=None)
    assert (row.booked_on, row.transaction_on) == (date(2026, 1, 31), None)
    assert row_of(bookingDate=None, valueDate=None).day is None


# --- pages
@pytest.mark.parametrize(
    ("paging", "expected"),
    [
        ({"pageNumber": 0, "pageCount": 2, "nextPage": 1}, 1),
        ({"pageNumber": 1, "pageCount": 2, "nextPage": None}, None),
        ({"pageNumber": 0, "pageCount": 3}, 1),
        ({"pageNumber": 2, "pageCount": 3}, None),
        ({"nextPage": "4"}, 4),
        ({}, None),
    ],
)
def test_the_next_page_is_told_by_its_number_or_by_the_count(
    paging: dict[str, Any], expected: int | None
):
    body = json.dumps({**paging, "transactions": [ROW]}).encode()
    assert convert.transactions(body).next_page == expected


def test_a_page_without_rows_is_the_last_and_may_leave_the_list_out():
    body = b'{"pageNumber":0,"pageCount":9,"pageSize":0}'
    read = convert.transactions(body)
    assert (read.booked, read.next_page) == ((), None)


def test_a_page_number_that_is_none_is_named():
    body = json.dumps({"nextPage": "next", "transactions": [ROW]}).encode()
    assert refused(convert.transactions, body).path == "nextPage"


# --- awaiting payments
def test_awaiting_payments_are_pending_outflows():
    payment = {
        "paymentIdentification": {"transactionIdentification": "P1"},
        "amount": {"instructedAmount": {"value": 500, "currency": "CZK"}},
        "requestedExecutionDate": "2026-03-05",
        "creditorAccount": {"identification": {"iban": IBAN}, "name": "Energie"},
        "remittanceInformation": {
            "unstructured": "Záloha",
            "structured": {"creditorReferenceInformation": {"reference": "VS:5"}},
        },
        "awaitingStatus": "OVERDUE",
    }
    euros = payment | {"amount": {"instructedAmount": {"value": 5, "currency": "EUR"}}}
    future = payment | {"awaitingStatus": "FUTURE"}
    read = read_awaiting(body_of("payments", payment, euros, future), "CZK")
    assert [row.status for row in read.scheduled] == [TransactionStatus.SCHEDULED]
    assert read.pending == (
        Transaction(
            amount=Decimal("-500.00"),
            transaction_on=date(2026, 3, 5),
            title="Záloha",
            party="Energie",
            party_iban=IBAN,
            variable_symbol="5",
            status=TransactionStatus.PENDING,
            bank_id="P1",
        ),
    )


# --- answers that are none
ERRORS = [
    ({"errors": [{"error": "UNAUTHORISED"}]}, errors.BankAccessEnded),
    ({"errors": [{"error": "FORBIDDEN", "message": "x"}]}, errors.BankAccessEnded),
    ({"errors": [{"error": "CONSENT_WITHDRAWN"}]}, errors.BankConsentWithdrawn),
    ({"errors": [{"error": "TOO_MANY_REQUESTS"}]}, errors.BankRateLimited),
    ({"errors": [{"error": "ID_NOT_FOUND"}]}, errors.BankUnavailable),
    (
        {"errors": [{"error": "DT01", "parameters": {"DATE": "DATE_TO_OLD"}}]},
        errors.BankUnavailable,
    ),
    ({"error": "invalid_token", "error_description": "x"}, errors.BankAccessEnded),
    ({"errors": []}, errors.BankAnsweredNonsense),
    ({}, errors.BankAnsweredNonsense),
    ("text", errors.BankAnsweredNonsense),
    (None, errors.BankAnsweredNonsense),
]


@pytest.mark.parametrize("kind", ["accounts", "balances", "transactions"])
@pytest.mark.parametrize(("body", "expected"), ERRORS)
def test_an_error_body_is_a_named_error(kind: str, body: Any, expected: type[Exception]):
    assert type(refused(convert.CONVERT[kind], json.dumps(body).encode())) is expected


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"{", b"\xff"])
def test_what_is_no_json_is_nonsense(body: bytes):
    assert type(refused(convert.accounts, body)) is errors.BankAnsweredNonsense


def test_the_standard_has_no_card_transactions():
    assert type(refused(convert.CONVERT["card_transactions"], b"{}")) is errors.CommandNotAvailable


# --- tokens
def test_a_token_reply_grants_what_it_says():
    body = b'{"access_token":"a","expires_in":3600,"refresh_token":"r","token_type":"Bearer"}'
    assert convert.granted(body) == ("a", 3600, "r")
    assert convert.granted(b'{"access_token":"a","expires_in":"59.5"}') == ("a", 59, None)
    assert convert.granted(b'{"access_token":"a"}').expires_in_s == convert.TOKEN_LIFE_S


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error":"invalid_grant"}', errors.BankAccessEnded),
        (b'{"error":"invalid_client"}', errors.BankUnavailable),
        (b'{"access_token":""}', errors.BankAnsweredNonsense),
        (b'{"access_token":"a","expires_in":"soon"}', errors.BankAnsweredNonsense),
    ],
)
def test_a_reply_without_a_token_is_a_named_error(body: bytes, expected: type[Exception]):
    assert type(refused(convert.granted, body)) is expected
