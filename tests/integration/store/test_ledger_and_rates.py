"""Counting that must be exact whoever counts at the same time: the ledger, the rate leases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opensaldo.domain.consent import UNATTENDED_CALLS_PER_DAY_MAX, Attempt
from opensaldo.store.db import IdTaken
from opensaldo.store.queries import attempts, rates

DAY = timedelta(hours=24)


@pytest.fixture
def attempt(clock):
    return Attempt(
        id="a1",
        grant="consent-1",
        account_key="-",
        endpoint="accounts",
        command_id="701000123",
        attended=False,
        started_at=clock(),
    )


def begin(store, attempt):
    with store.begin() as c:
        return attempts.begin_attempt(
            c,
            attempt,
            unattended_max=UNATTENDED_CALLS_PER_DAY_MAX,
            since=attempt.started_at - DAY,
        )


def test_the_fifth_unattended_attempt_is_refused_until_the_first_is_a_day_old(
    store, clock, attempt
):
    made = [
        begin(store, replace(attempt, id=f"a{n}", started_at=clock.advance(hours=1)))
        for n in range(5)
    ]
    assert made == [True] * 4 + [False]
    first = attempt.started_at + timedelta(hours=1)
    answered_at = first + timedelta(minutes=3)
    with store.begin() as c:
        attempts.finish_attempt(c, "a0", answered_at)
    exactly_a_day_later = replace(attempt, id="b", started_at=answered_at + DAY)
    assert not begin(store, exactly_a_day_later)
    assert begin(
        store, replace(attempt, id="c", started_at=answered_at + DAY + timedelta(microseconds=1))
    )


def test_a_call_whose_end_nobody_saw_may_have_been_made_as_late_as_a_run_lasts(store, attempt):
    for n in range(4):
        assert begin(store, replace(attempt, id=f"a{n}"))
    last = attempt.started_at + attempts.RUN_TAKES_MAX + DAY
    assert not begin(store, replace(attempt, id="b", started_at=last))
    assert begin(store, replace(attempt, id="c", started_at=last + timedelta(microseconds=1)))


def test_of_many_unattended_attempts_at_once_four_are_written(store, attempt):
    start = threading.Barrier(8)

    def try_some(thread: int) -> int:
        start.wait(timeout=30)
        return sum(begin(store, replace(attempt, id=f"{thread}-{n}")) for n in range(4))

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(try_some, range(8))) == UNATTENDED_CALLS_PER_DAY_MAX
    with store.read() as c:
        assert len(attempts.attempts_of_command(c, attempt.command_id)) == 4


def test_attempts_booked_together_in_different_orders_do_not_wait_for_each_other(store, attempt):
    start = threading.Barrier(6)
    endpoints = ("accounts", "balances", "transactions")

    def book(thread: int) -> bool:
        start.wait(timeout=30)
        order = endpoints if thread % 2 else endpoints[::-1]
        with store.begin() as c:
            return all(
                attempts.begin_attempt(
                    c,
                    replace(attempt, id=f"{thread}-{endpoint}", endpoint=endpoint),
                    unattended_max=UNATTENDED_CALLS_PER_DAY_MAX,
                    since=attempt.started_at,
                )
                for endpoint in order
            )

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(book, range(6))) == UNATTENDED_CALLS_PER_DAY_MAX


def test_an_attempt_never_made_is_given_back_but_an_answered_one_is_not(store, clock, attempt):
    for n in range(4):
        begin(store, replace(attempt, id=f"a{n}"))
    with store.begin() as c:
        attempts.finish_attempt(c, "a0", clock())
        attempts.give_back(c, "a0")
        attempts.give_back(c, "a1")
    assert begin(store, replace(attempt, id="a4"))
    assert not begin(store, replace(attempt, id="a5"))


def test_attended_attempts_are_written_and_do_not_count(store, attempt):
    for n in range(6):
        assert begin(store, replace(attempt, id=f"with-{n}", attended=True))
    assert [begin(store, replace(attempt, id=f"without-{n}")) for n in range(5)] == [
        True,
        True,
        True,
        True,
        False,
    ]
    with store.read() as c:
        assert attempts.count_attempts(c, "consent-1", "-", "accounts", attempt.started_at) == 10


@pytest.mark.parametrize(
    "other", [{"grant": "consent-2"}, {"account_key": "k"}, {"endpoint": "balances"}]
)
def test_each_grant_account_and_endpoint_counts_for_itself(store, attempt, other):
    for n in range(5):
        begin(store, replace(attempt, id=f"a{n}"))
    assert begin(store, replace(attempt, id="other", **other))


def test_an_attempt_without_an_answer_counts_as_used(store, clock, attempt):
    for n in range(4):
        begin(store, replace(attempt, id=f"a{n}"))
    with store.begin() as c:
        attempts.finish_attempt(c, "a0", clock.advance(seconds=1))
        attempts.finish_attempt(c, "a0", clock.advance(seconds=1))
        rows = attempts.attempts_of_command(c, attempt.command_id)
    assert [row.finished_at for row in rows] == [
        attempt.started_at + timedelta(seconds=1),
        None,
        None,
        None,
    ]
    assert not begin(store, replace(attempt, id="a5", started_at=clock()))


def test_an_attempt_is_written_once(store, attempt):
    begin(store, attempt)
    with pytest.raises(IdTaken):
        begin(store, attempt)
    with store.read() as c:
        assert attempts.attempts_of_command(c, attempt.command_id) == (attempt,)


def test_pruning_takes_what_counts_no_more(store, clock, attempt):
    begin(store, attempt)
    begin(store, replace(attempt, id="a2", started_at=clock.advance(hours=1)))
    with store.begin() as c:
        assert attempts.prune_attempts(c, clock()) == 1
        assert [row.id for row in attempts.attempts_of_command(c, "701000123")] == ["a2"]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    wishes=st.lists(st.integers(0, 40), min_size=1, max_size=24),
    limit=st.integers(0, 200),
    window=st.integers(0, 2**40),
)
def test_leases_together_never_exceed_the_limit(store, wishes, limit, window):
    def take(wanted: int) -> int:
        with store.begin() as c:
            return rates.lease(c, "acme-test", window, wanted, limit)

    with store.begin() as c:
        rates.prune_leases(c, 2**41)
    with ThreadPoolExecutor(8) as threads:
        granted = list(threads.map(take, wishes))
    assert sum(granted) == min(limit, sum(wishes))
    assert all(0 <= share <= wanted for share, wanted in zip(granted, wishes, strict=True))


def test_each_client_and_window_has_its_own_lease(store):
    with store.begin() as c:
        assert rates.lease(c, "acme-test", 60, 50, 60) == 50
        assert rates.lease(c, "acme-test", 60, 50, 60) == 10
        assert rates.lease(c, "acme-test", 60, 50, 60) == 0
        assert rates.lease(c, "acme-test", 60, 50, 30) == 0
        assert rates.lease(c, "other-test", 60, 50, 60) == 50
        assert rates.lease(c, "acme-test", 120, 50, 60) == 50
        assert rates.prune_leases(c, 120) == 2
        assert rates.lease(c, "acme-test", 60, 50, 60) == 50
