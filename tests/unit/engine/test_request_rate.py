"""The minute's requests: exactly so many, over all keys and processes, and then a fresh minute."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from opensaldo.engine.admission import WINDOW_S, Gate
from opensaldo.errors import TooManyRequests
from opensaldo.store.db import Store
from tests.support.clock import NOON, SettableClock

CLIENT, OTHER = "acme-test", "other-test"


@pytest.fixture
def served(store: Store, clock: SettableClock) -> Store:
    """A store that knows both clients."""
    from opensaldo.domain.client import Environment
    from opensaldo.engine import clients

    for client in (CLIENT, OTHER):
        asyncio.run(clients.create_client(store, clock, client, Environment.TEST, "Acme"))
    return store


def gates(store: Store, clock: SettableClock, limit: int, count: int = 1) -> list[Gate]:
    return [Gate(store, clock, requests_per_minute=limit) for _ in range(count)]


async def spent(gates: list[Gate], tries: int, client: str = CLIENT) -> int:
    """How many of the tries, dealt to the gates in turn, were served."""
    count = 0
    for number in range(tries):
        try:
            await gates[number % len(gates)].spend(client)
            count += 1
        except TooManyRequests:
            pass
    return count


@pytest.mark.parametrize("limit", [1, 7, 30, 59, 600])
def test_exactly_the_limit_is_served_in_a_minute(served: Store, clock: SettableClock, limit: int):
    assert asyncio.run(spent(gates(served, clock, limit), limit + 50)) == limit


@pytest.mark.parametrize("limit", [1, 31, 100])
def test_two_processes_together_never_serve_more(served: Store, clock: SettableClock, limit: int):
    assert asyncio.run(spent(gates(served, clock, limit, 2), 3 * limit)) == limit


def test_many_at_once_never_take_more(served: Store, clock: SettableClock):
    async def rush() -> int:
        two = gates(served, clock, 60, 2)
        tries = [spent([two[number % 2]], 1) for number in range(150)]
        return sum(await asyncio.gather(*tries))

    assert asyncio.run(rush()) == 60


def test_a_client_does_not_use_up_anothers_minute(served: Store, clock: SettableClock):
    (gate,) = gates(served, clock, 10)
    assert asyncio.run(spent([gate], 20)) == 10
    assert asyncio.run(spent([gate], 20, OTHER)) == 10


def test_the_next_minute_is_fresh(served: Store, clock: SettableClock):
    two = gates(served, clock, 40, 2)
    for _minute in range(3):
        assert asyncio.run(spent(two, 90)) == 40
        clock.advance(seconds=WINDOW_S)


def test_what_was_left_of_a_minute_is_not_kept(served: Store, clock: SettableClock):
    two = gates(served, clock, 40, 2)
    assert asyncio.run(spent(two, 5)) == 5
    clock.advance(seconds=WINDOW_S)
    assert asyncio.run(spent(two, 90)) == 40


@pytest.mark.parametrize(
    ("second", "retry_after_s"), [(0, 60), (1, 59), (30.5, 30), (59, 1), (59.999, 1)]
)
def test_retry_after_is_the_rest_of_the_minute(
    served: Store, clock: SettableClock, second: float, retry_after_s: int
):
    clock.advance(seconds=second)
    (gate,) = gates(served, clock, 1)
    asyncio.run(gate.spend(CLIENT))
    with pytest.raises(TooManyRequests) as refusal:
        asyncio.run(gate.spend(CLIENT))
    assert refusal.value.retry_after_s == retry_after_s
    clock.advance(seconds=retry_after_s)
    asyncio.run(gate.spend(CLIENT))


def test_a_process_that_starts_late_gets_what_is_left(served: Store, clock: SettableClock):
    assert asyncio.run(spent(gates(served, clock, 30), 20)) == 20
    assert asyncio.run(spent(gates(served, clock, 30), 20)) == 10


def test_the_clock_of_these_tests_starts_a_minute():
    assert datetime(2026, 3, 2, 12, tzinfo=UTC) == NOON
