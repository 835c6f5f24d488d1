"""Two endings of one import are told apart row by row and field by field, and no further."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from opensaldo.domain.account import Holdings
from opensaldo.domain.command import Failure
from opensaldo.domain.receipt import Outcome, Receipt
from opensaldo.domain.transaction import Transaction
from opensaldo.engine.difference import Change, Ending, Turn, compare
from tests.support.builders import an_account

DAY = date(2026, 1, 5)
RENT = Transaction(amount=Decimal(-10), booked_on=DAY, title="rent", bank_id="1")
WAGE = Transaction(amount=Decimal(99), booked_on=DAY, title="wage", bank_id="2")
PAIR = Transaction(amount=Decimal(-3), booked_on=DAY, title="coffee")


def ending(*rows: Transaction) -> Ending:
    return Ending(share=Holdings(accounts=(an_account(transactions=rows),)))


def turns(before: Ending, after: Ending) -> list[tuple[str, str, str]]:
    return [(one.turn.value, one.place, one.name) for one in compare(before, after)]


def test_equal_endings_differ_in_nothing_whatever_the_order_of_equal_rows():
    assert compare(ending(RENT, WAGE), ending(RENT, WAGE)) == ()


def test_a_row_too_many_and_one_that_is_gone():
    assert turns(ending(RENT), ending(RENT, WAGE)) == [("added", "account 1 row 2", "")]
    assert turns(ending(RENT, WAGE), ending(WAGE)) == [("gone", "account 1 row 1", "")]


def test_of_two_equal_rows_one_may_go():
    assert turns(ending(PAIR, PAIR), ending(PAIR)) == [("gone", "account 1 row 2", "")]


def test_a_changed_field_is_named_with_both_values():
    later = replace(RENT, title="RENT", amount=Decimal(-11))
    found = compare(ending(RENT, WAGE), ending(later, WAGE))
    assert found == (
        Change(
            turn=Turn.CHANGED,
            place="account 1 row 1",
            name="amount",
            before=Decimal(-10),
            after=Decimal(-11),
        ),
        Change(
            turn=Turn.CHANGED, place="account 1 row 1", name="title", before="rent", after="RENT"
        ),
    )


def test_a_row_without_an_id_is_known_by_day_and_amount_then_by_its_text():
    assert turns(ending(PAIR), ending(replace(PAIR, title="tea"))) == [
        ("changed", "account 1 row 1", "title")
    ]
    assert turns(ending(PAIR), ending(replace(PAIR, amount=Decimal(-4)))) == [
        ("changed", "account 1 row 1", "amount")
    ]


def test_facts_of_an_account_differ_beside_its_rows():
    before = Holdings(accounts=(an_account(transactions=(RENT,)),))
    after = Holdings(accounts=(an_account(transactions=(RENT,), balance=Decimal("0.01")),))
    assert turns(Ending(share=before), Ending(share=after)) == [("changed", "account 1", "balance")]


def test_receipts_and_failures_are_compared():
    whole = Receipt(outcome=Outcome.COMPLETE, rows=2)
    assert turns(Ending(receipt=whole), Ending(receipt=replace(whole, rows=1))) == [
        ("changed", "receipt", "rows")
    ]
    failed = Ending(failure=Failure(name="IO", message="gone"))
    assert turns(failed, Ending(receipt=whole)) == [
        ("gone", "failure", ""),
        ("added", "receipt", ""),
    ]


def test_personal_data_is_not_in_its_text():
    assert "rent" not in repr(compare(ending(RENT), ending(replace(RENT, title="RENT"))))
    assert "RENT" not in repr(ending(RENT))
