"""Accounts of several currencies: one account of ours for each, or an error that says why not."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from opensaldo.connectors.base import Done, Redirect
from opensaldo.connectors.protocols.berlin_group import convert
from opensaldo.connectors.protocols.berlin_group.known import number_of
from opensaldo.errors import BankAnsweredNonsense
from tests.unit.connectors.berlin_group.scene import ACCESS, GRANTED, Scene, consent

IBAN = "RO49AAAA1B31007593840000"
WALLET = {"resourceId": "w-1", "iban": IBAN, "currency": "XXX", "name": "Wallet"}


def balance(amount: str, currency: str | None, kind: str = "closingBooked") -> dict[str, Any]:
    written = {"amount": amount} | ({"currency": currency} if currency else {})
    return {"balanceType": kind, "balanceAmount": written}


def row(amount: str, currency: str | None, name: str) -> dict[str, Any]:
    written = {"amount": amount} | ({"currency": currency} if currency else {})
    return {"transactionId": name, "bookingDate": "2026-03-01", "transactionAmount": written}


BALANCES = [balance("10.00", "RON"), balance("-2.50", "EUR"), balance("7", "EUR", "expected")]
ROWS = {"booked": [row("-1.00", "RON", "r"), row("3.00", "EUR", "e"), row("-4", "RON", "s")]}


def accounts(*listed: dict[str, Any]) -> list[tuple[str | None, str, Decimal | None]]:
    found = convert.accounts(json.dumps({"accounts": listed}).encode())
    return [
        (number_of(one), one.reading.account.currency, one.reading.account.balance) for one in found
    ]


def test_a_wallet_with_balances_is_an_account_for_each_currency():
    assert accounts({**WALLET, "balances": BALANCES}) == [
        ("part:RON:w-1", "RON", Decimal("10.00")),
        ("part:EUR:w-1", "EUR", Decimal("-2.50")),
    ]


def test_sub_accounts_stand_for_the_wallet_they_belong_to():
    subs = [{**WALLET, "resourceId": name, "currency": name} for name in ("RON", "EUR")]
    other = {**WALLET, "resourceId": "o", "iban": "RO02BBBB0000000000000001", "currency": "EUR"}
    listed = accounts({**WALLET, "balances": BALANCES}, *subs, other)
    assert [(number, currency) for number, currency, _ in listed] == [
        ("RON", "RON"), ("EUR", "EUR"), ("o", "EUR"),
    ]  # fmt: skip


def test_sub_accounts_under_one_id_are_named_by_their_currency():
    subs = [{**WALLET, "currency": currency} for currency in ("RON", "EUR")]
    assert [number for number, _, _ in accounts(*subs)] == ["part:RON:w-1", "part:EUR:w-1"]


@pytest.mark.parametrize("said", [[], [balance("1", None)], [balance("1", "XXX")]])
def test_a_wallet_whose_currencies_are_not_said_is_refused(said: list[Any]):
    with pytest.raises(BankAnsweredNonsense) as caught:
        accounts({**WALLET, "balances": [*BALANCES, *said] if said else [balance("1", None)]})
    assert "balances[].balanceAmount.currency" in str(caught.value)


def scene(**more: Any) -> Scene:
    report = {"account": {"iban": IBAN, "currency": "XXX"}, "transactions": ROWS}
    answers = {
        **GRANTED,
        "createConsent": consent(scaRedirect="https://bank.example.org/sca"),
        "getAccounts": {"accounts": [WALLET]},
        "account": {"account": WALLET},
        "balances": {"account": {"iban": IBAN, "currency": "XXX"}, "balances": BALANCES},
        "transactions": report,
        **more,
    }
    return Scene(answers)


def test_a_wallet_listed_without_balances_is_read_by_currency():
    bank = scene()
    step = bank.begin()
    assert isinstance(step, Redirect)
    done = bank.resume(step, state="st4te")
    assert isinstance(done, Done)
    assert done.access.account_numbers == ("part:RON:w-1", "part:EUR:w-1")
    readings = [bank.account(done.access, one) for one in done.access.account_numbers]
    assert [(one.account.currency, one.account.balance, one.account.iban) for one in readings] == [
        ("RON", Decimal("10.00"), IBAN), ("EUR", Decimal("-2.50"), IBAN),
    ]  # fmt: skip
    lists = [bank.pages(done.access, one) for one in done.access.account_numbers]
    assert [[(page.currency, [r.bank_id for r in page.rows]) for page in pages] for pages in lists]\
        == [[("RON", ["r", "s"])], [("EUR", ["e"])]]  # fmt: skip
    assert {sent.url.partition("?")[0].rsplit("/", 2)[-2] for sent in bank.door.to("balances")} == {
        "w-1"
    }


def test_a_row_of_a_wallet_that_does_not_say_its_currency_is_refused():
    rows = {"booked": [row("1", "EUR", "e"), row("2", None, "n")]}
    bank = scene(transactions={"transactions": rows})
    access = replace(ACCESS, account_numbers=("part:EUR:w-1",))
    with pytest.raises(BankAnsweredNonsense) as caught:
        bank.pages(access, "part:EUR:w-1")
    assert "transactions.booked[1].transactionAmount.currency" in str(caught.value)
    with pytest.raises(BankAnsweredNonsense):
        scene(transactions={"transactions": ROWS}).pages()
