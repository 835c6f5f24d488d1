"""Accounts, owners, balances and cards as Berlin Group banks write them; every body is made up."""

import json
from datetime import date

import pytest

from opensaldo.connectors.protocols.berlin_group.convert import (
    accounts,
    balances,
    card_transactions,
)
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.errors import BankAnsweredNonsense

OWN = "RO49AAAA1B31007593840000"


def written(value):
    return json.dumps(value).encode()


def row(amount="-12.50", **more):
    return {"transactionAmount": {"amount": amount, "currency": "RON"}, **more}


def account(**more):
    return {"resourceId": "a-1", "iban": OWN, "currency": "RON", **more}


def balance(kind="closingBooked", amount="10.00", **more):
    inner = {"amount": amount, "currency": more.pop("currency", "RON")}
    return {"balanceType": kind, "balanceAmount": inner, **more}


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({"ownerName": "Ana Pop"}, ["Ana Pop"]),
        ({"ownerNames": ["Ana Pop", "Ion Pop", "Ana Pop"]}, ["Ana Pop", "Ion Pop"]),
        ({"ownerNames": [{"name": "Ana Pop"}], "psuName": "X"}, ["Ana Pop"]),
        ({"ownerName": None, "psuName": "Ana Pop"}, ["Ana Pop"]),
        ({"ownerName": ["Ana Pop"]}, ["Ana Pop"]),
        ({}, []),
    ],
)
def test_owners_are_found_where_banks_name_them(members, names):
    (found,) = accounts(written({"accounts": [account(**members)]}))
    assert [owner.name for owner in found.reading.owners] == names


def test_the_owner_of_a_business_account_is_a_company():
    (found,) = accounts(written({"accounts": [account(ownerName="Pop SRL", usage="ORGA")]}))
    assert found.reading.owners == (Owner(name="Pop SRL", kind=OwnerKind.COMPANY),)


@pytest.mark.parametrize(
    "number", [{"bban": OWN}, {"accountNumber": OWN}, {"iban": "RO49 AAAA 1B31 0075 9384 0000"}]
)
def test_an_account_number_may_stand_under_other_names(number):
    listed = {"resourceId": "a-1", "currency": "RON", **number}
    assert accounts(written({"accounts": [listed]}))[0].reading.account.iban == OWN


def test_an_account_without_currency_takes_that_of_its_balances_or_is_refused():
    listed = {"resourceId": "a", "iban": OWN}
    with_balance = {**listed, "balances": [balance()]}
    assert accounts(written({"accounts": [with_balance]}))[0].reading.account.currency == "RON"
    with pytest.raises(BankAnsweredNonsense, match=r"accounts\[0\]\.currency"):
        accounts(written({"accounts": [listed]}))


def test_links_and_states_of_an_account_are_told():
    links = {"balances": {"href": "/b"}, "transactions": "/t"}
    open_one, closed = accounts(
        written({"accounts": [account(_links=links), account(status="deleted")]})
    )
    assert (open_one.balances_link, open_one.transactions_link) == ("/b", "/t")
    assert (open_one.has_links, closed.has_links) == (True, False)
    assert (open_one.is_closed, closed.is_closed) == (False, True)


@pytest.mark.parametrize(
    ("listed", "booked_now", "available"),
    [
        ([balance("expected", "1"), balance("closingBooked", "2")], 2, 2),
        ([balance("interimAvailable", "1"), balance("interimBooked", "2")], 2, 1),
        ([balance("expected", "9", creditLimitIncluded=True), balance("expected", "4")], 4, 4),
        ([balance("expected", "9", creditLimitIncluded=True)], 9, 9),
        ([balance("closingBooked", "1", currency="USD"), balance("expected", "2")], 2, 2),
        ([balance("ITAV", "1"), balance("OPBD", "3")], 1, 1),
        ([balance("strange", "8")], 8, 8),
        ([balance("interimBooked", "1", referenceDate="2026-01-01"),
          balance("interimBooked", "2", referenceDate="2026-01-02")], 2, 2),
    ],
)  # fmt: skip
def test_the_balances_that_count_are_chosen_by_preference(listed, booked_now, available):
    found = balances(written({"account": {"iban": OWN, "currency": "RON"}, "balances": listed}))
    assert (found.booked, found.available) == (booked_now, available)


@pytest.mark.parametrize(
    ("listed", "kind", "on"),
    [
        ([balance("closingBooked", "1", referenceDate="2026-01-02")], "booked", date(2026, 1, 2)),
        (
            [balance("interimBooked", "1", lastChangeDateTime="2026-01-03T10:00:00+02:00")],
            "booked",
            date(2026, 1, 3),
        ),
        ([balance("closingBooked", "1", referenceDate="soon")], "booked", None),
        ([balance("OPBD", "3")], "booked", None),
        ([balance("interimBooked", "9", creditLimitIncluded=True)], "available", None),
        ([balance("interimAvailable", "1")], "available", None),
        ([balance("expected", "4")], "expected", None),
        ([balance("strange", "8")], "unknown", None),
    ],
)
def test_a_balance_says_what_it_is_made_of_and_of_which_day(listed, kind, on):
    whole = {"resourceId": "r", "iban": OWN, "currency": "RON", "balances": listed}
    (found,) = accounts(written({"accounts": [whole]}))
    assert (found.reading.account.balance_kind, found.reading.account.balance_on) == (kind, on)


def card(**more):
    return {"resourceId": "c-1", "maskedPan": "5409XXXXXXXX1234", "currency": "RON", **more}


@pytest.mark.parametrize(
    "body", [{"cardAccounts": [card()]}, {"accounts": [card()]}, {"cardAccount": card()}]
)
def test_a_card_account_is_a_card(body):
    (found,) = accounts(written(body))
    assert found.reading.card is not None
    assert (found.reading.card.number, found.reading.account.iban) == ("5409XXXXXXXX1234", None)


def test_a_card_whose_debits_are_positive_owes_what_it_says():
    limit = {"amount": "-15000", "currency": "RON"}
    stands = [balance("interimBooked", "300"), balance("interimAvailable", "14700")]
    listed = card(debitAccounting=True, creditLimit=limit, balances=stands)
    (found,) = accounts(written({"cardAccounts": [listed]}))
    assert found.reading.card is not None
    assert found.reading.card.limit == 15_000
    assert (found.reading.card.balance, found.reading.card.available) == (-300, 14_700)
    page = written(
        {"cardAccount": {}, "debitAccounting": True, "cardTransactions": {"booked": [row("20")]}}
    )
    assert card_transactions(page).booked[0].amount == -20
    plain = written({"cardTransactions": {"booked": [row("20")]}})
    assert card_transactions(plain, is_debit_positive=True).booked[0].amount == -20
    assert card_transactions(plain).booked[0].amount == 20


def test_a_card_row_tells_shop_day_and_id():
    address = {"townName": "Cluj", "country": "RO"}
    rows = [row(cardTransactionId="k", transactionDate="2026-01-02", bookingDate="2026-01-03",
                cardAcceptorAddress=address, transactionDetails="Shop 12")]  # fmt: skip
    (found,) = card_transactions(written({"cardTransactions": {"booked": rows}})).booked
    assert (found.bank_id, found.party, found.title) == ("k", "Cluj", "Shop 12")
    assert (found.transaction_on, found.booked_on) == (date(2026, 1, 2), date(2026, 1, 3))
