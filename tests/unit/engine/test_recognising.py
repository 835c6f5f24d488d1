"""Rows are recognised by fingerprints alone: ids stay while banks change theirs, texts and days."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.recognising import Recognised, recognised
from opensaldo.engine.remembered import Memory, pack, unpack
from opensaldo.engine.retiring import PENDING_LISTED_MAX, PENDING_WAITS

TODAY = date(2026, 3, 2)
SINCE = TODAY - timedelta(days=60)
DAY = timedelta(days=1)
HOLD = Transaction(
    amount=Decimal("-41.20"),
    transaction_on=TODAY,
    title="AUTORYZACJA ZAKUPY",
    party="SKLEP PRÓBA",
    status=TransactionStatus.PENDING,
    bank_id="hold-7",
)
BOOKED = replace(
    HOLD,
    status=TransactionStatus.DONE,
    booked_on=TODAY + DAY,
    title="Zakupy kartą 0412",
    bank_id="booked-99",
)
RENT = Transaction(amount=Decimal(-900), booked_on=TODAY, title="Czynsz", party="Dom", bank_id="1")


def fingerprint(*parts: str) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()


def seen(rows: list[Transaction], memory: Memory | None = None, **more: Any) -> Recognised:
    given = {"balance": Decimal(0), "since": SINCE, "today": TODAY} | more
    found = recognised(fingerprint, "a", rows, memory, **given)
    return replace(found, memory=unpack(pack(found.memory)))


def test_a_booked_row_keeps_the_id_of_its_pending_one():
    first = seen([HOLD, RENT])
    second = seen([RENT, BOOKED], first.memory, today=TODAY + DAY)
    assert second.ids == (first.ids[1], first.ids[0])
    assert (first.new, second.new, second.changed, second.retired_ids) == (2, 0, 1, ())


@pytest.mark.parametrize(
    "change",
    [
        {"title": None, "party": None},
        {"amount": Decimal("-41.90"), "party": "Sklep Proba 12"},
        {"booked_on": TODAY + 5 * DAY, "transaction_on": None},
        {"bank_id": "hold-7", "amount": Decimal("-60")},
        {"bank_id": None},
    ],
)
def test_what_banks_change_at_booking_hides_no_row(change: dict[str, Any]):
    first = seen([HOLD])
    second = seen([replace(BOOKED, **change)], first.memory, today=TODAY + 5 * DAY)
    assert (second.ids, second.new) == (first.ids, 0)


def test_a_number_in_both_texts_speaks_for_a_payment_and_different_ones_against():
    held = replace(HOLD, title="AUT. 02.03 Paliwo 4946", amount=Decimal(-300))
    filled = replace(BOOKED, title="PALIWO 4946 REF 60270091", amount=Decimal("-135.56"))
    first = seen([held])
    assert seen([filled], first.memory, today=TODAY + DAY).ids == first.ids
    for another in (
        replace(filled, title="PALIWO 7642 REF 60270091"),
        replace(filled, title="PALIWO 7642", amount=Decimal(-290)),
        replace(filled, amount=Decimal("135.56")),
        replace(filled, party="Kwiaciarnia", title="Kwiaty 4946"),
    ):
        assert seen([another], first.memory, today=TODAY + DAY).new == 1


def test_a_number_that_stands_in_many_rows_is_a_cards_and_says_nothing():
    many = [
        replace(HOLD, title="Paliwo karta 4946", amount=Decimal(-90 * times))
        for times in (1, 3, 9, 27)
    ]
    booked = replace(BOOKED, title="Paliwo karta 4946", amount=Decimal(-20))
    assert seen([booked], seen(many).memory, today=TODAY + DAY).new == 1
    assert seen([booked], seen(many[:1]).memory, today=TODAY + DAY).new == 0


def test_a_pending_row_without_a_day_has_the_one_it_came_on():
    held = replace(HOLD, transaction_on=None)
    first = seen([held])
    memory = seen([held], first.memory, today=TODAY + 4 * DAY).memory
    booked = replace(BOOKED, booked_on=TODAY + 5 * DAY)
    assert seen([booked], memory, today=TODAY + 5 * DAY).ids == first.ids


@pytest.mark.parametrize(
    "other",
    [
        replace(BOOKED, amount=Decimal("41.20")),
        replace(BOOKED, amount=Decimal("-12.00")),
        replace(BOOKED, transaction_on=None, booked_on=TODAY + 40 * DAY),
        replace(RENT, bank_id="hold-7"),
        replace(BOOKED, amount=Decimal("-41.90"), title="Paliwo", party="Stacja"),
    ],
)
def test_another_payment_is_not_taken_for_it(other: Transaction):
    first = seen([HOLD])
    second = seen([other], first.memory, today=TODAY + DAY)
    assert (second.new, second.retired_ids) == (1, ())
    assert not {*second.ids} & {*first.ids}


def test_a_pending_row_that_is_gone_waits_and_is_then_retired():
    first = seen([HOLD])
    soon = seen([], first.memory, today=TODAY + DAY)
    assert soon.retired_ids == ()
    late = seen([], soon.memory, today=TODAY + PENDING_WAITS)
    assert late.retired_ids == first.ids
    assert seen([], late.memory, today=TODAY + PENDING_WAITS + DAY).retired_ids == ()


def test_a_pending_row_whose_day_was_not_read_is_not_retired():
    first = seen([HOLD])
    late = TODAY + PENDING_WAITS
    unread = seen([], first.memory, today=late, since=TODAY + DAY)
    assert unread.retired_ids == ()
    assert seen([], unread.memory, today=late + DAY).retired_ids == first.ids


def test_only_what_the_client_gets_is_new_changed_or_retired_to_it():
    unseen = seen([HOLD, RENT], shows=lambda row: row is RENT)
    assert unseen.new == 1
    assert None not in unseen.ids
    booked = seen([BOOKED, RENT], unseen.memory, today=TODAY + DAY)
    assert (booked.new, booked.changed) == (1, 0), "to the client the booked row is news"
    gone = seen([RENT], unseen.memory, today=TODAY + PENDING_WAITS)
    assert gone.retired_ids == ()
    back = seen([HOLD, RENT], gone.memory, today=TODAY + PENDING_WAITS + DAY)
    assert back.ids == (None, unseen.ids[1])


def test_a_row_that_booked_late_is_still_known():
    waiting = seen([], seen([HOLD]).memory, today=TODAY + DAY)
    booked = seen([BOOKED], waiting.memory, today=TODAY + 3 * DAY)
    assert booked.new == 0


def test_rows_that_were_retired_or_booked_do_not_come_back_as_pending():
    first = seen([HOLD])
    booked = seen([BOOKED], first.memory, today=TODAY + DAY)
    again = seen([BOOKED, HOLD], booked.memory, today=TODAY + 2 * DAY)
    assert again.ids == (*booked.ids, None)
    retired = seen([], first.memory, today=TODAY + PENDING_WAITS)
    back = seen([HOLD], retired.memory, today=TODAY + PENDING_WAITS + DAY)
    assert (back.ids, back.new) == ((None,), 0)


@pytest.mark.parametrize("hint", [None, "hold-7", "another each day"])
def test_a_retired_row_stays_away_whatever_the_bank_calls_it_and_however_long(hint: str | None):
    def on_day(days: int) -> Transaction:
        return replace(HOLD, bank_id=f"hold-{days}" if hint and "each" in hint else hint)

    memory, away = None, 0
    last = PENDING_LISTED_MAX.days + 70
    for days in range(last):
        found = seen([on_day(days)], memory, today=TODAY + days * DAY)
        memory, away = found.memory, away + found.ids.count(None)
    assert away == last - 1 - PENDING_LISTED_MAX.days
    gone = seen([], seen([on_day(0)]).memory, today=TODAY + PENDING_WAITS)
    assert seen([on_day(1)], gone.memory, today=TODAY + PENDING_WAITS + DAY).ids == (None,)


def test_beside_a_retired_row_its_equal_is_shown_and_so_is_the_next_of_a_booked_one():
    held = replace(HOLD, bank_id=None)
    gone = seen([], seen([held]).memory, today=TODAY + PENDING_WAITS)
    two = seen([held, held], gone.memory, today=TODAY + PENDING_WAITS + DAY)
    assert two.ids.count(None) == 1
    booked = seen([BOOKED], seen([held]).memory, today=TODAY + DAY)
    assert seen([BOOKED, held], booked.memory, today=TODAY + DAY).new == 1
    undated = replace(held, transaction_on=None)
    gone = seen([], seen([undated]).memory, today=TODAY + PENDING_WAITS)
    assert seen([undated], gone.memory, today=TODAY + PENDING_WAITS + DAY).new == 1


BESIDE = replace(BOOKED, title="AUTORYZACJA ZAKUPY")  # the booked one of HOLD, under another id


def test_where_pending_rows_stay_a_booked_one_beside_its_pending_one_is_that_payment():
    first = seen([HOLD])
    second = seen([BESIDE, HOLD], first.memory, today=TODAY + DAY, is_beside=True)
    assert second.ids == (first.ids[0], None)
    assert (second.new, second.retired_ids, second.memory.pending) == (0, (), 0)
    later = seen([BESIDE, HOLD], second.memory, today=TODAY + 2 * DAY)
    assert later.ids == second.ids
    gone = seen([BESIDE], later.memory, today=TODAY + 3 * DAY)
    assert (gone.ids, gone.retired_ids) == (first.ids, ())


def test_that_pending_rows_stay_is_remembered_for_a_while():
    known = seen([RENT], is_beside=True).memory
    for days, is_expected in ((0, True), (30, True), (31, False)):
        held = replace(HOLD, transaction_on=TODAY + days * DAY)
        booked = replace(BESIDE, transaction_on=held.transaction_on, booked_on=held.transaction_on)
        first = seen([held, RENT], known, today=TODAY + days * DAY)
        second = seen([booked, held, RENT], first.memory, today=TODAY + days * DAY)
        assert (second.ids[1] is None) == is_expected
        assert len({*second.ids}) == len(second.ids)


@pytest.mark.parametrize(
    ("listed", "is_beside"),
    [
        ([BESIDE, HOLD], False),  # a bank whose pending rows go when they book
        ([BESIDE, replace(HOLD, bank_id="hold-8")], True),  # maybe the next payment on its way
        ([BESIDE, replace(HOLD, bank_id=None)], True),
        ([replace(BESIDE, amount=Decimal("-41.90")), HOLD], True),
        ([replace(BESIDE, title="Paliwo", party="Stacja"), HOLD], True),
        ([replace(BESIDE, title="ZAKUPY 7642"), replace(HOLD, title="ZAKUPY 4946")], True),
        ([replace(BESIDE, booked_on=None, transaction_on=TODAY + 6 * DAY), HOLD], True),
    ],
)
def test_without_strong_evidence_a_booked_row_beside_a_pending_one_is_another_payment(
    listed: list[Transaction], is_beside: bool
):
    held = listed[1] if listed[1].bank_id == HOLD.bank_id else HOLD
    first = seen([held])
    second = seen(listed, first.memory, today=TODAY + DAY, is_beside=is_beside)
    assert (second.ids[1], second.new) == (first.ids[0], 1)


def test_of_equal_payments_beside_each_other_none_is_hidden():
    another = replace(HOLD, bank_id="hold-8")
    first = seen([HOLD, another])
    listed = [BESIDE, HOLD, another]
    second = seen(listed, first.memory, today=TODAY + DAY, is_beside=True)
    assert ({*second.ids[1:]}, second.new) == ({*first.ids}, 1)
    two = [BESIDE, replace(BESIDE, bank_id="booked-98"), HOLD]
    second = seen(two, seen([HOLD]).memory, today=TODAY + DAY, is_beside=True)
    assert (None not in second.ids, second.new) == (True, 2)


def test_a_payment_that_books_in_parts_is_not_guessed():
    parts = [replace(BOOKED, amount=Decimal(-20)), replace(BOOKED, amount=Decimal("-21.20"))]
    found = seen(parts, seen([HOLD]).memory, today=TODAY + DAY)
    assert found.new == 2


def test_of_more_rows_than_are_remembered_none_is_new_twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("opensaldo.engine.remembered.ROWS_MAX", 5)
    rows = [replace(RENT, booked_on=TODAY - place * DAY, bank_id=None) for place in range(40)]
    first = seen(rows, balance=Decimal(100))
    assert first.new == len(rows)
    again = seen(rows[::-1], first.memory, today=TODAY + DAY)
    assert (again.new, {*again.ids}) == (0, {*first.ids})
    short = seen(rows[:4], again.memory, since=TODAY - 3 * DAY, today=TODAY + DAY)
    assert seen(rows, short.memory, today=TODAY + DAY).new == 0
    news = replace(RENT, booked_on=TODAY + DAY)
    later = seen([news, *rows], first.memory, today=TODAY + DAY)
    assert later.new == 1
    assert later.before is not None
    assert later.before.booked_since == RENT.amount
    assert not later.before.is_range_whole, "some of the days before are forgotten"


def test_what_was_booked_since_and_what_is_lost_is_told():
    first = seen([RENT, HOLD], balance=Decimal(100))
    second = seen([RENT, BOOKED], first.memory, today=TODAY + DAY)
    assert second.before is not None
    assert (second.before.balance, second.before.booked_since) == (100, BOOKED.amount)
    assert (second.before.pending, second.before.has_lost_rows) == (HOLD.amount, False)
    lost = seen([BOOKED], first.memory, today=TODAY + DAY)
    assert lost.before is not None
    assert lost.before.has_lost_rows
    shorter = seen([BOOKED], first.memory, since=TODAY, today=TODAY + DAY)
    assert shorter.before is not None
    assert not shorter.before.has_lost_rows


def test_a_memory_holds_no_word_number_or_amount_of_the_bank():
    packed = pack(seen([HOLD, RENT, BOOKED], balance=None).memory).decode().casefold()
    for trace in ("sklep", "czynsz", "zakupy", "41.2", "hold-7", "booked-99"):
        assert trace not in packed.replace('"pending":-41.20', "")


days = st.integers(0, 3).map(lambda back: TODAY - back * DAY)
booked_rows = st.lists(
    st.builds(
        Transaction,
        amount=st.sampled_from([Decimal(-4), Decimal("-4.00"), Decimal(-9), Decimal(120)]),
        booked_on=days,
        title=st.sampled_from(["Kawa", "Czynsz 1", "Czynsz 2", None]),
        party=st.sampled_from([None, "Sklep"]),
        bank_id=st.sampled_from([None, "1", "2"]),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(booked_rows, booked_rows, st.randoms(use_true_random=False))
def test_ids_stay_under_churn_of_order_ids_and_new_rows(
    rows: list[Transaction], later: list[Transaction], chance: random.Random
):
    first = seen(rows)
    assert len({*first.ids}) == len(rows)
    changed = [replace(row, bank_id=f"n-{place}") for place, row in enumerate([*rows, *later])]
    chance.shuffle(changed)
    second = seen(changed, first.memory)
    assert {*first.ids} <= {*second.ids}
    assert len({*second.ids}) == len(changed)
    assert (second.new, second.retired_ids) == (len(later), ())
