"""Chains go on each for itself, stopped by the first failure; or in step, whatever the time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from opensaldo.engine.pace import Chain, each_for_itself, in_step

MADE = list[str]


async def chain(made: MADE, name: str, steps: Sequence[float | Exception]) -> Chain:
    """Each step takes its seconds, or fails; what was begun is in `made`."""
    for number, one in enumerate(steps):
        made.append(f"{name}{number}")
        if isinstance(one, Exception):
            raise one
        try:
            await asyncio.sleep(one)
        except asyncio.CancelledError:
            made.append(f"{name} cancelled")
            raise
        yield


def test_each_for_itself_the_first_failure_stops_what_is_under_way():
    made: MADE = []
    chains = [chain(made, "A", [9.0]), chain(made, "B", [0, KeyError("first")])]
    with pytest.raises(KeyError, match="first"):
        asyncio.run(each_for_itself(chains))
    assert made == ["A0", "B0", "B1", "A cancelled"]


def test_no_chain_waits_for_another_unless_they_go_in_step():
    made: MADE = []
    asyncio.run(each_for_itself([chain(made, "A", [0.05, 0]), chain(made, "B", [0, 0, 0])]))
    assert made == ["A0", "B0", "B1", "B2", "A1"]
    made.clear()
    asyncio.run(in_step([chain(made, "A", [0.05, 0]), chain(made, "B", [0, 0, 0])]))
    assert made == ["A0", "B0", "A1", "B1", "B2"]


@pytest.mark.parametrize(("first", "second"), [(0.0, 0.02), (0.02, 0.0)])
def test_in_step_the_same_calls_are_made_and_the_same_failure_told(first: float, second: float):
    made: MADE = []
    chains = [
        chain(made, "A", [first, second, 0]),
        chain(made, "B", [second, KeyError("B")]),
        chain(made, "C", [first, KeyError("C")]),
        chain(made, "D", [0]),
    ]
    with pytest.raises(KeyError, match="B"):
        asyncio.run(in_step(chains))
    assert made == ["A0", "B0", "C0", "D0", "A1", "B1", "C1"]


@pytest.mark.parametrize("pace", [each_for_itself, in_step])
def test_no_chain_is_left_open(pace):
    closed: list[str] = []

    async def careful(name: str) -> Chain:
        try:
            yield
            if name == "fails":
                raise KeyError(name)
            yield
        finally:
            closed.append(name)

    with pytest.raises(KeyError):
        asyncio.run(pace([careful("goes on"), careful("fails")]))
    assert sorted(closed) == ["fails", "goes on"]
    asyncio.run(pace([]))
