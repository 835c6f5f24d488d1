"""Lenient in form, strict in meaning: what becomes of OBIE's answers in both versions."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.protocols.obie.convert import CONVERT
from opensaldo.connectors.protocols.obie.faults import fault_of
from opensaldo.connectors.protocols.obie.owners import owners_of_account, owners_of_parties
from opensaldo.connectors.refusals import sign_in_fault
from opensaldo.domain.owner import OwnerKind
from opensaldo.domain.transaction import Transaction
from opensaldo.errors import BankAnsweredNonsense

MONEY = {"Amount": "12.30", "Currency": "EUR"}
ROW = {
    "AccountId": "a1",
    "TransactionId": "t1",
    "CreditDebitIndicator": "Debit",
    "Status": "Booked",
    "BookingDateTime": "2026-03-02T00:00:00+00:00",
    "Amount": MONEY,
}
IBAN = {"SchemeName": "UK.OBIE.IBAN", "Identification": "LT12 1000 0111 0100 1000", "Name": "Jonas"}
ACCOUNT = {"AccountId": "a1", "Currency": "EUR", "Account": [IBAN]}


def raw(kind: str, answer: object) -> Any:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return CONVERT[kind](body)


def rows(*changes: dict[str, Any], **more: Any) -> Any:
    listed = [{**ROW, **one} for one in changes or ({},)]
    return raw("transactions", {"Data": {"Transaction": listed}, **more})


def row(**changes: Any) -> Transaction:
    found = rows(changes)
    (one,) = (*found.booked, *found.pending, *found.information)
    assert isinstance(one, Transaction)
    return one


# --- rows
@pytest.mark.parametrize("word", ["Debit", "DEBIT", "DBIT"])
def test_the_indicator_gives_the_sign(word: str):
    assert row(CreditDebitIndicator=word).amount == Decimal("-12.30")
    assert row(CreditDebitIndicator="Credit").amount == Decimal("12.30")
    signed = {"Amount": "-12.30", "Currency": "EUR"}
    assert row(CreditDebitIndicator=word, Amount=signed).amount == Decimal("-12.30")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Booked", "booked"),
        ("BOOK", "booked"),
        ("Pending", "pending"),
        ("PDNG", "pending"),
        ("FUTR", "information"),
        ("INFO", "information"),
        ("RJCT", "information"),
    ],
)
def test_both_versions_words_say_what_state_a_row_is_in(word: str, kind: str):
    assert len(getattr(rows({"Status": word}), kind)) == 1


def test_the_other_side_follows_the_direction():
    sides = {
        "CreditorAccount": {"Identification": "LT99 1", "Name": "Shop"},
        "DebtorAccount": {"Identification": "LT11", "Name": "Me"},
    }
    paid, got = row(**sides), row(**sides, CreditDebitIndicator="Credit")
    assert (paid.party, paid.party_iban) == ("Shop", "LT991")
    assert (got.party, got.party_iban) == ("Me", "LT11")
    assert row(MerchantDetails={"MerchantName": "Cafe"}).party == "Cafe"


def test_days_title_and_balance():
    read = row(
        ValueDateTime="2026-03-01T10:00:00Z",
        TransactionInformation="rent<br>March",
        Balance={"CreditDebitIndicator": "Debit", "Amount": {"Amount": 5, "Currency": "EUR"}},
        ProprietaryBankTransactionCode={"Code": "Transfer"},
    )
    assert (read.transaction_on, read.booked_on) == (date(2026, 3, 1), date(2026, 3, 2))
    assert (read.title, read.kind, read.balance) == ("rent March", "Transfer", Decimal(-5))
    assert row(TransactionInformation=["a", {"b": "c"}]).title == "a c"
    assert row(TransactionInformation=None).title is None
    assert row(Status="Pending").booked_on is None


def test_an_empty_page_is_an_empty_page():
    found = raw("transactions", {"Data": {"Transaction": None}, "Links": {"Next": None}})
    assert (found.booked, found.next_link, found.currency) == ((), None, None)
    assert raw("transactions", {"Data": {}}).booked == ()
    assert rows({}, Links={"Next": "/x?page=2"}).next_link == "/x?page=2"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"Amount": None}, "Data.Transaction[0].Amount"),
        ({"Amount": {"Amount": "x"}}, "Data.Transaction[0].Amount.Amount"),
        ({"CreditDebitIndicator": "Both"}, "Data.Transaction[0].CreditDebitIndicator"),
        ({"Status": "Perhaps"}, "Data.Transaction[0].Status"),
        ({"BookingDateTime": "soon"}, "Data.Transaction[0].BookingDateTime"),
    ],
)
def test_what_cannot_be_understood_names_its_place(change: dict[str, Any], place: str):
    with pytest.raises(BankAnsweredNonsense) as caught:
        rows(change)
    assert caught.value.path == place


def test_rows_of_two_currencies_are_nonsense():
    with pytest.raises(BankAnsweredNonsense, match="Currency"):
        rows({}, {"Amount": {"Amount": "1", "Currency": "USD"}})


# --- accounts and balances
def test_an_account_is_known_by_its_iban():
    pan = {"SchemeName": "UK.OBIE.PAN", "Identification": "999900******0001"}
    (found,) = raw("accounts", {"Data": {"Account": [{**ACCOUNT, "Account": [pan, IBAN]}]}})
    assert found.resource_id == "a1"
    assert found.reading.account.iban == "LT121000011101001000"
    assert found.reading.card is None


@pytest.mark.parametrize("kind", [{"AccountSubType": "CreditCard"}, {"AccountTypeCode": "CARD"}])
def test_a_card_is_a_card_in_both_versions(kind: dict[str, str]):
    pan = {"SchemeName": "UK.OBIE.PAN", "Identification": "999900******0001"}
    (found,) = raw("accounts", {"Data": {"Account": [{**ACCOUNT, "Account": [pan], **kind}]}})
    assert found.reading.card.number == "999900******0001"
    assert found.reading.account.iban is None


def test_an_account_may_lack_nearly_everything():
    (found,) = raw("accounts", {"Data": {"Account": [{"AccountId": 7, "Account": None}]}})
    assert (found.resource_id, found.reading.account.currency) == ("7", "XXX")


@pytest.mark.parametrize(
    ("words", "booked", "available"),
    [
        (("ClosingBooked", "InterimAvailable"), "1", "2"),
        (("CLBD", "ITAV"), "1", "2"),
        (("InterimBooked", "Expected"), "1", "2"),
        (("ITAV", "ITBD"), "2", "1"),
    ],
)
def test_the_two_balances_that_count(words: tuple[str, str], booked: str, available: str):
    listed = [
        {
            "AccountId": "a1",
            "CreditDebitIndicator": "Credit",
            "Type": word,
            "Amount": {"Amount": str(place + 1), "Currency": "EUR"},
        }
        for place, word in enumerate(words)
    ]
    found = raw("balances", {"Data": {"Balance": listed}})
    assert (found.booked, found.available) == (Decimal(booked), Decimal(available))
    assert (found.account, found.currency) == ("a1", "EUR")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("ITBD", "booked"),
        ("OpeningBooked", "booked"),
        ("ITAV", "available"),
        ("Expected", "expected"),
    ],
)
def test_the_balance_that_stands_says_its_kind_and_day(word: str, kind: str):
    one = {"CreditDebitIndicator": "Credit", "Type": word, "Amount": MONEY}
    at = {**one, "DateTime": "2026-01-02T23:30:00+00:00"}
    found = raw("balances", {"Data": {"Balance": [at]}})
    assert (found.standing_kind, found.standing_on) == (kind, date(2026, 1, 2))
    assert raw("balances", {"Data": {"Balance": [one]}}).standing_on is None
    assert raw("balances", {"Data": {"Balance": [{**one, "DateTime": "?"}]}}).standing_on is None


def test_a_credit_line_is_the_limit():
    line = {"Included": True, "Type": "Credit", "Amount": {"Amount": 1500.5, "Currency": "EUR"}}
    one = {"CreditDebitIndicator": "Debit", "Type": "CLBD", "Amount": MONEY, "CreditLine": [line]}
    found = raw("balances", {"Data": {"Balance": [one]}})
    assert (found.booked, found.limit) == (Decimal("-12.30"), Decimal("1500.5"))


# --- owners
def test_parties_are_owners_and_others_are_not():
    parties = [
        {
            "Name": "Ana",
            "AccountRole": "UK.OBIE.Principal",
            "Address": [{"StreetName": "Main", "BuildingNumber": "7", "TownName": "Vilnius"}],
        },
        {"Name": "Ben"},
        {"Name": "Clerk", "AccountRole": "UK.OBIE.PowerOfAttorney"},
        {"FullLegalName": "Firm UAB", "LegalStructure": "UK.OBIE.LimitedLiabilityPartnership"},
        {"Name": None},
    ]
    found = owners_of_parties(json.dumps({"Data": {"Party": parties}}).encode())
    assert [(one.name, one.kind) for one in found] == [
        ("Ana", OwnerKind.OWNER),
        ("Ben", OwnerKind.CO_OWNER),
        ("Firm UAB", OwnerKind.COMPANY),
    ]
    assert found[0].address == "Main 7, Vilnius"


def test_one_party_or_none_is_fine():
    one = owners_of_parties(json.dumps({"Data": {"Party": {"Name": "Ana"}}}).encode())
    assert [owner.name for owner in one] == ["Ana"]
    assert owners_of_parties(b'{"Data":{}}') == ()
    listed = json.dumps({"Data": {"Account": [ACCOUNT]}}).encode()
    assert [owner.name for owner in owners_of_account(listed)] == ["Jonas"]


# --- errors
@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        (
            "accounts",
            {"Errors": [{"ErrorCode": "UK.OBIE.UnexpectedError"}]},
            errors.BankUnavailable,
        ),
        ("accounts", {"Code": "x", "Errors": []}, errors.BankUnavailable),
        (
            "accounts",
            {"Errors": [{"ErrorCode": "UK.OBIE.Reauthenticate"}]},
            errors.BankAccessEnded,
        ),
        ("accounts", {}, BankAnsweredNonsense),
        ("accounts", {"Data": {}}, BankAnsweredNonsense),
        ("balances", {"Data": {}}, BankAnsweredNonsense),
        ("transactions", {}, BankAnsweredNonsense),
        ("transactions", {"Data": {"Account": []}}, BankAnsweredNonsense),
        ("transactions", b"<html>", BankAnsweredNonsense),
        ("card_transactions", {}, errors.InvalidArgument),
    ],
)
def test_what_is_no_answer_has_a_named_error(kind: str, answer: object, expected: type[Exception]):
    with pytest.raises(expected):
        raw(kind, answer)


@pytest.mark.parametrize(
    ("status", "codes", "expected"),
    [
        (401, (), errors.BankAccessEnded),
        (403, ("UK.OBIE.Resource.InvalidConsentStatus",), errors.BankConsentWithdrawn),
        (404, ("UK.OBIE.NotFound",), errors.BankUnavailable),
        (400, ("ACCESS_EXCEEDED", "invalid token"), errors.BankDailyLimit),
        (429, ("UK.OBIE.Reauthenticate",), errors.BankRateLimited),
        (503, ("503 MAINTENANCE",), errors.BankMaintenance),
        (503, (), errors.BankUnavailable),
    ],
)
def test_a_refusal_means_its_error(status: int, codes: tuple[str, ...], expected: type[Exception]):
    found = fault_of(status, codes, {"retry-after": "7"})
    assert type(found) is expected
    if issubclass(expected, errors.BankRateLimited):
        assert found.retry_after_s == 7


def test_a_refused_sign_in_names_its_reason():
    assert type(sign_in_fault("access_denied", "AccessBlocked")) is errors.AccessBlocked
    assert type(sign_in_fault("access_denied", None)) is errors.SignInCancelled
    assert type(sign_in_fault("server_error", None)) is errors.BankUnavailable
