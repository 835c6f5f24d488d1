"""Several imports of one target as one (wire contract, section 7.1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.domain.account import Account, Holdings
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.owners import merge, united
from tests.support.builders import a_card, a_deposit, a_transaction, an_account, an_owner

FIRST = date(2026, 2, 1)
rows = st.builds(
    Transaction,
    amount=st.integers(1, 3).map(Decimal),
    booked_on=st.none() | st.integers(0, 2).map(lambda days: FIRST + timedelta(days=days)),
    labels=st.sampled_from([(), ("grocery",)]),
    bank_id=st.sampled_from([None, "1", "2"]),
)
lists = st.lists(rows, max_size=8)


def bare(rows: Any) -> Counter[Transaction]:
    """The rows as a multiset, without what does not make them different."""
    return Counter(replace(one, labels=(), bank_id=None) for one in rows)


def holding(*rows: Transaction, **changes: Any) -> Holdings:
    return Holdings(accounts=(an_account(transactions=rows, owners=(), **changes),))


@given(lists, lists)
def test_a_union_keeps_the_highest_multiplicity_of_each_row(
    new: list[Transaction], old: list[Transaction]
):
    assert bare(united(new, old)) == bare(new) | bare(old)


@given(lists, lists)
def test_a_union_keeps_the_newer_reading_as_it_is(new: list[Transaction], old: list[Transaction]):
    assert united(new, old)[: len(new)] == new


@given(lists)
def test_a_union_with_itself_or_nothing_changes_nothing(some: list[Transaction]):
    assert united(some, some) == some
    assert united(some, []) == some
    assert united([], some) == some


@given(lists, lists, lists)
def test_the_order_of_three_imports_does_not_matter_for_what_is_in_the_union(
    one: list[Transaction], two: list[Transaction], three: list[Transaction]
):
    assert bare(united(united(one, two), three)) == bare(united(one, united(two, three)))


@given(st.lists(lists, min_size=1, max_size=4))
def test_merging_is_idempotent(imports: list[list[Transaction]]):
    once = merge([holding(*each) for each in imports])
    assert bare(merge([once, once]).accounts[0].transactions) == bare(once.accounts[0].transactions)
    assert merge([once]) == once


def test_one_iban_in_two_currencies_is_two_accounts():
    both = Holdings(
        accounts=tuple(an_account(currency=one, balance=Decimal(1)) for one in ("PLN", "EUR"))
    )
    assert [one.currency for one in merge([both, both]).accounts] == ["PLN", "EUR"]


def a_row(**changes: Any) -> Transaction:
    return Transaction(**{"amount": Decimal(-5), "booked_on": FIRST, **changes})


def test_two_equal_rows_of_one_import_stay_two_and_another_import_adds_none():
    twice = holding(a_row(), a_row())
    assert merge([twice]).transaction_count == 2
    assert merge([twice, holding(a_row())]).transaction_count == 2
    assert merge([holding(a_row()), twice]).transaction_count == 2


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal(-6)},
        {"booked_on": FIRST + timedelta(days=1)},
        {"title": "other"},
        {"party": "other"},
        {"balance": Decimal(1)},
    ],
)
def test_rows_that_differ_in_a_fact_are_two(change: dict[str, Any]):
    assert merge([holding(a_row()), holding(a_row(**change))]).transaction_count == 2


@pytest.mark.parametrize("change", [{"labels": ("rent",)}, {"bank_id": "7"}])
def test_rows_that_differ_in_labels_or_the_banks_id_are_one_and_the_newest_wins(
    change: dict[str, Any],
):
    (account,) = merge([holding(a_row()), holding(a_row(**change))]).accounts
    assert account.transactions == (a_row(**change),)


def test_the_newest_balances_win_and_older_rows_stay():
    old = holding(a_row(title="old"), balance=Decimal(1), available=Decimal(2))
    new = holding(a_row(title="new"), balance=Decimal(3), available=Decimal(4))
    (account,) = merge([old, new]).accounts
    assert (account.balance, account.available) == (Decimal(3), Decimal(4))
    assert {one.title for one in account.transactions} == {"old", "new"}


def test_rows_of_all_imports_stand_newest_first():
    days = [FIRST + timedelta(days=number) for number in (2, 0, 3, 1)]
    imports = [holding(a_row(booked_on=day)) for day in days]
    (account,) = merge(imports).accounts
    assert [one.booked_on for one in account.transactions] == sorted(days, reverse=True)


def test_accounts_are_matched_by_iban_then_name():
    def named(iban: str | None, name: str) -> Account:
        return an_account(iban=iban, name=name, transactions=(a_row(),), owners=())

    first = Holdings(accounts=(named("PL1", "a"), named(None, "b")))
    later = Holdings(accounts=(named("PL1", "renamed"), named(None, "b"), named("PL2", "c")))
    held = merge([first, later])
    assert [(one.iban, one.name) for one in held.accounts] == [
        ("PL1", "renamed"),
        (None, "b"),
        ("PL2", "c"),
    ]
    assert held.transaction_count == 3


def test_a_joint_account_read_through_two_consents_is_one_however_its_number_is_written():
    row = a_transaction()
    merged = merge(
        [
            holding(row, id="a" * 32, iban="PL71999000090000000000004711"),
            holding(row, id="a" * 32, iban="PL71 9990 0009 0000 0000 0000 4711"),
            holding(row, id="b" * 32, iban="PL71999000090000000000004711"),
        ]
    )
    assert [len(account.transactions) for account in merged.accounts] == [1, 1]


def test_cards_are_matched_by_id_then_number_then_iban():
    def card(**changes: Any) -> Holdings:
        return Holdings(cards=(a_card(transactions=(a_row(),), owners=(), **changes),))

    by_id = merge([card(card_id="1", number="x"), card(card_id="1", number="y")])
    by_number = merge([card(card_id=None, number="x"), card(card_id=None, number="x")])
    by_iban = merge([card(card_id=None, number=None), card(card_id=None, number=None)])
    apart = merge([card(card_id="1"), card(card_id="2")])
    assert [len(one.cards) for one in (by_id, by_number, by_iban, apart)] == [1, 1, 1, 2]
    assert by_id.cards[0].number == "y"
    assert by_id.transaction_count == 1


def test_a_deposit_is_replaced_by_its_newest_reading():
    old, new = a_deposit(balance=Decimal(1)), a_deposit(balance=Decimal(2))
    assert merge([Holdings(deposits=(old,)), Holdings(deposits=(new,))]).deposits == (new,)


def test_deposits_of_one_name_stay_as_many_as_the_bank_told():
    one, two = a_deposit(id="a"), a_deposit(id="b", balance=Decimal(7))
    in_euro = a_deposit(id=None, currency="EUR")
    both = Holdings(deposits=(one, two, in_euro, a_deposit(id=None)))
    assert merge([both, both]).deposits == both.deposits


def test_cards_that_only_our_id_tells_apart_stay_two():
    bare = {"card_id": None, "number": None, "iban": None}
    both = Holdings(cards=(a_card(id="a", **bare), a_card(id="b", **bare)))
    assert merge([both, both]).cards == both.cards


def test_owners_of_all_imports_are_kept_once_the_newest_first():
    ewa, adam, jan = (an_owner(name=name) for name in ("Ewa", "Adam", "Jan"))
    held = merge([Holdings(owners=(ewa, adam)), Holdings(owners=(jan, ewa))])
    assert held.owners == (jan, ewa, adam)


def test_nothing_merges_to_nothing():
    assert merge([]) == Holdings()


def test_a_booked_row_takes_the_place_of_its_pending_one():
    pending = a_transaction(id="r1", status=TransactionStatus.PENDING, title="AUT.")
    booked = a_transaction(id="r1", title="Zakupy")
    twin = a_transaction(id="r2", title="Zakupy")
    assert united([booked], [pending]) == [booked]
    assert united([booked], [pending, twin]) == [booked, twin]
    assert united([booked], [replace(booked, id="of-another-consent")]) == [booked]
