"""Bank health by its rule, against the rule said another way: trial after trial."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo import errors
from opensaldo.domain.health import Health, Trial
from opensaldo.engine.health import blocked_until, health, is_banks_fault

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def went(how: str, *, ended: datetime = NOON, apart: timedelta = timedelta(0)) -> list[Trial]:
    """Trials that went like this: + came through, - failed; the last one at `ended`."""
    return [
        Trial(at=ended - apart * (len(how) - 1 - number), is_good=one == "+")
        for number, one in enumerate(how)
    ]


def replayed(trials: list[Trial], now: datetime) -> Health:
    """The rule as its words say it: walk along, count, and forget at the third success."""
    newest = [one for one in trials if (now - one.at).total_seconds() <= 2 * 3600]
    newest = newest[max(0, len(newest) - 20) :]
    failures: list[datetime] = []
    in_a_row = good_in_a_row = 0
    is_tripped = False
    for one in newest:
        if one.is_good:
            in_a_row, good_in_a_row = 0, good_in_a_row + 1
            if good_in_a_row >= 3:
                failures, is_tripped = [], False
        else:
            failures.append(one.at)
            in_a_row, good_in_a_row = in_a_row + 1, 0
            is_tripped = is_tripped or in_a_row >= 10
    if is_tripped and any(now - at < 5 * MINUTE for at in failures):
        return Health.BLOCKED
    return Health.WARNED if len(failures) >= 5 else Health.WELL


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("", Health.WELL),
        ("----", Health.WELL),
        ("-----", Health.WARNED),
        ("-+-+-+-+-", Health.WARNED),
        ("-" * 9, Health.WARNED),
        ("-" * 10, Health.BLOCKED),
        ("-" * 5 + "+" + "-" * 5, Health.WARNED),
        ("-" * 5 + "+" * 15, Health.WELL),
        ("-----++", Health.WARNED),
        ("-----+++", Health.WELL),
        ("-----+++-", Health.WELL),
        ("-----++-+", Health.WARNED),
        ("-" * 10 + "+", Health.BLOCKED),
        ("-" * 10 + "+++", Health.WELL),
        ("-" * 10 + "+++" + "-" * 4, Health.WELL),
        ("-" * 5 + "++-++-" * 3, Health.WARNED),
    ],
)
def test_the_rule_by_examples(how: str, expected: Health):
    assert health(went(how), NOON) is expected


def test_only_the_last_twenty_count():
    assert health(went("-" * 10 + "++-" * 3 + "+"), NOON) is Health.BLOCKED
    assert health(went("-" * 10 + "++-" * 3 + "++"), NOON) is Health.WARNED
    assert health(went("-" * 30), NOON) is Health.BLOCKED


def test_only_two_hours_count():
    trials = went("-----")
    assert health(trials, NOON + timedelta(hours=2)) is Health.WARNED
    assert health(trials, NOON + timedelta(hours=2, seconds=1)) is Health.WELL
    assert health(went("-----", apart=timedelta(minutes=31)), NOON) is Health.WELL


def test_a_blocked_target_is_tried_again_after_five_minutes_and_blocked_by_the_next_failure():
    trials = went("-" * 10)
    assert blocked_until(trials, NOON) == NOON + 5 * MINUTE
    assert health(trials, NOON + 5 * MINUTE - timedelta(seconds=1)) is Health.BLOCKED
    assert health(trials, NOON + 5 * MINUTE) is Health.WARNED
    assert blocked_until(trials, NOON + 5 * MINUTE) is None
    tried = [*trials, Trial(at=NOON + 6 * MINUTE, is_good=True)]
    assert health(tried, NOON + 6 * MINUTE) is Health.WARNED
    failed = [*tried, Trial(at=NOON + 7 * MINUTE, is_good=False)]
    assert health(failed, NOON + 7 * MINUTE) is Health.BLOCKED
    back = [*tried, *(Trial(at=NOON + 8 * MINUTE, is_good=True) for _ in range(2))]
    assert health(back, NOON + 8 * MINUTE) is Health.WELL


@given(
    how=st.lists(
        st.tuples(st.booleans(), st.integers(0, 40)),
        max_size=50,
    ),
    quiet=st.integers(0, 180),
)
def test_the_rule_is_what_its_words_say(how: list[tuple[bool, int]], quiet: int):
    at, trials = NOON, []
    for is_good, minutes in how:
        at += minutes * MINUTE
        trials.append(Trial(at=at, is_good=is_good))
    now = at + quiet * MINUTE
    assert health(trials, now) is replayed(trials, now)
    assert (blocked_until(trials, now) is not None) == (health(trials, now) is Health.BLOCKED)


@given(st.lists(st.sampled_from("+-"), max_size=60).map("".join))
def test_whatever_was_before_three_successes_make_well_and_ten_failures_block(how: str):
    assert health(went(how + "+++"), NOON) is Health.WELL
    assert health(went(how + "-" * 5), NOON) is not Health.WELL
    assert health(went(how + "-" * 10), NOON) is Health.BLOCKED


def _tree(kind: type[errors.OpenSaldoError]) -> list[type[errors.OpenSaldoError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in _tree(below))]


@pytest.mark.parametrize("kind", _tree(errors.OpenSaldoError))
def test_a_persons_own_errors_and_ours_never_count(kind: type[errors.OpenSaldoError]):
    error = kind.__new__(kind)
    ended = issubclass(kind, errors.BankAccessEnded | errors.BankConsentWithdrawn)
    assert is_banks_fault(error) == (issubclass(kind, errors.BankError) and not ended)
