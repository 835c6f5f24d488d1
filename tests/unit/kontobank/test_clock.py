from datetime import UTC, datetime, timedelta

import pytest

from kontobank import seeds
from kontobank.clock import Clock

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_a_fixed_clock_stands_still_until_moved():
    clock = Clock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(90)
    assert clock.now() == NOON + timedelta(seconds=90)


def test_a_running_clock_keeps_its_offset():
    clock = Clock()
    clock.advance(3_600)
    assert timedelta(minutes=59) < clock.now() - clock.real_now() < timedelta(minutes=61)


def test_a_clock_runs_on_after_a_pause():
    clock = Clock(NOON)
    clock.resume()
    assert timedelta() <= clock.now() - NOON < timedelta(seconds=5)


def test_reset_is_real_time():
    clock = Clock(NOON)
    clock.reset()
    assert abs(clock.now() - clock.real_now()) < timedelta(seconds=1)


def test_naive_instants_are_refused():
    with pytest.raises(ValueError, match="aware"):
        Clock().set_to(NOON.replace(tzinfo=None))


def test_same_parts_same_numbers():
    assert seeds.rng(1, "a").random() == seeds.rng(1, "a").random()
    assert seeds.rng(1, "a").random() != seeds.rng(2, "a").random()
    assert seeds.identifier("a", "bc") != seeds.identifier("ab", "c")
    assert len(seeds.digits("x", length=12)) == 12
