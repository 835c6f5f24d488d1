"""Our ids stay when the bank's do not, and two people's consents to one account give one id."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.identity import account_id, with_ids, words_of
from tests.support.builders import IBAN, a_card, an_account

DAY = date(2026, 3, 2)
ROW = Transaction(amount=Decimal("-41.20"), booked_on=DAY, title="Zakupy 0412", party="Sklep Próba")


def fingerprint(*parts: str) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()


def ids(rows: list[Transaction], account: str = "a") -> list[str]:
    return with_ids(fingerprint, account, rows, {})


rows_lists = st.lists(
    st.builds(
        Transaction,
        amount=st.sampled_from([Decimal(-1), Decimal("-1.00"), Decimal(2)]),
        booked_on=st.sampled_from([DAY, None]),
        title=st.sampled_from(["Kawa", "kawa 2", "Czynsz", None]),
        party=st.sampled_from([None, "Sklep"]),
        bank_id=st.sampled_from([None, "", "1", "2"]),
        status=st.sampled_from([TransactionStatus.DONE, TransactionStatus.PENDING]),
    ),
    max_size=10,
)


@given(rows_lists, st.randoms(use_true_random=False))
def test_ids_do_not_depend_on_the_order_of_rows(rows: list[Transaction], chance: random.Random):
    named = Counter(zip(rows, ids(rows), strict=True))
    shuffled = [*rows]
    chance.shuffle(shuffled)
    assert Counter(zip(shuffled, ids(shuffled), strict=True)) == named


@given(rows_lists)
def test_no_two_rows_have_one_id_and_banks_ids_do_not_count(rows: list[Transaction]):
    assert len(set(ids(rows))) == len(rows)
    churned = [replace(row, bank_id=f"new-{place}") for place, row in enumerate(rows)]
    assert sorted(ids(churned)) == sorted(ids(rows))


@given(rows_lists, rows_lists)
def test_rows_that_come_later_take_no_id_away(rows: list[Transaction], later: list[Transaction]):
    assert set(ids(rows)) <= set(ids([*rows, *later]))


@pytest.mark.parametrize(
    "change",
    [
        {"title": "ZAKUPY 2026-03-01 0499"},
        {"party": "sklep proba"},
        {"bank_id": "other"},
        {"balance": Decimal(5)},
        {"amount": Decimal("-41.2")},
        {"status": TransactionStatus.PENDING},
    ],
)
def test_what_banks_change_changes_no_id(change: dict[str, object]):
    assert ids([replace(ROW, **change)]) == ids([ROW])


@pytest.mark.parametrize(
    "change",
    [{"amount": Decimal("41.20")}, {"booked_on": date(2026, 3, 3)}, {"title": "Czynsz"}],
)
def test_another_payment_has_another_id(change: dict[str, object]):
    assert ids([replace(ROW, **change)]) != ids([ROW])
    assert ids([ROW], "another account") != ids([ROW])


def test_known_ids_stay_and_taken_ones_are_not_given_again():
    first, second = ids([ROW, ROW])
    assert with_ids(fingerprint, "a", [ROW], {}, taken=[first]) == [second]
    assert with_ids(fingerprint, "a", [ROW, ROW], {1: first}) == [second, first]
    assert with_ids(fingerprint, "a", [ROW], {0: "kept"}) == ["kept"]


def of(place, number="resource-1", client="acme"):
    return account_id(fingerprint, client, "TEST", place, number)


def test_one_account_has_one_id_through_two_consents_and_none_of_another_clients():
    spaced = an_account(iban=" ".join(IBAN), name="other name")
    assert of(an_account()) == of(spaced, number="resource-2")
    assert of(an_account()) != of(an_account(), client="other")
    assert of(an_account()) != of(an_account(currency="EUR"))


def test_a_number_that_is_masked_identifies_nothing():
    masked = an_account(iban="ES******************3100")
    assert of(masked, number="r-1") != of(masked, number="r-2")
    assert of(masked, number="r-1") == of(an_account(iban=None), number="r-1")


def test_cards_of_one_account_have_ids_of_their_own():
    one, other = a_card(number="9999 00** **** 1234"), a_card(number="9999 00** **** 5678")
    assert len({of(one), of(other), of(an_account(iban=one.iban))}) == 3
    assert of(one) == of(replace(one, card_id="changed"), number="changed")


def test_words_are_bare():
    assert words_of("Zakupy 0412", "SKLEP PRÓBA 2026-03-01") == ("proba", "sklep", "zakupy")
    assert words_of(None, "", "1 2") == ()
