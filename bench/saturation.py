"""Imports a second of one process when it cannot do more, and its memory with 2,000 in flight.

    python -m bench.saturation [--database sqlite|postgresql] [--short]

Rate: a backlog arrives at once, the bank answers at once; counted is the whole run, from the first
accept to the last end. Beside it the same reading, rendering and sealing in plain
asyncio (`bench.plain`), rounds in turn. KontoBank and the platform share this machine's cores, so
CPU ms an import is the figure to compare.
Memory: the bank takes so long that all imports are under way together; resident memory is watched.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.caller import Caller, Session
from bench.harness import Stage, console, cpu_s, machine, plain_asyncio, stage, table

LOGIN = "bench-1x72"
CALLS_AT_ONCE = 10_000
IMPORTS_AT_ONCE = 2_500
SUBMITS_AT_ONCE = 32
MIB = 1024 * 1024
TARGET_RATIO, TARGET_MIB = 0.5, 1024
FLIGHT_LATENCY_MS = 20_000


@dataclass(slots=True)
class Rate:
    """What one way of importing managed, a value for each round."""

    per_s: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    bank_cpu_ms: list[float] = field(default_factory=list)


def main() -> None:
    """Measure the rate, then the memory."""
    parser = argparse.ArgumentParser("bench.saturation")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--in-flight", type=int, default=2000)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    rounds, count = (1, 150) if options.short else (3, 400)
    in_flight = 300 if options.short else options.in_flight
    machine()
    with (
        stage(
            calls_at_once=CALLS_AT_ONCE,
            database=options.database,
            IMPORTS_AT_ONCE=IMPORTS_AT_ONCE,
        ) as on,
        plain_asyncio(on, CALLS_AT_ONCE) as plain,
    ):
        asyncio.run(_all(on, plain, rounds, count, in_flight))


async def _all(on: Stage, plain: Any, rounds: int, count: int, in_flight: int) -> None:
    async with Caller(on.api.address, on.api.key or "") as caller:
        await rate(on, caller, plain, rounds, count)
        await memory(on, caller, plain, in_flight)


async def rate(on: Stage, caller: Caller, plain: Any, rounds: int, count: int) -> None:
    """Imports a second and CPU an import, durable and plain in turn."""
    durable, floor = Rate(), Rate()
    for number in range(rounds):
        sessions = await caller.sign_in([f"{LOGIN}-rate-{number}-{one}" for one in range(count)])
        plain(sign_in=LOGIN, count=count)
        bank_s = cpu_s(on.bank_process)
        ran = plain(arrivals_s=[0.0] * count)
        taken_s = _longest(ran["times_s"])
        _note(floor, count, taken_s, ran["cpu_s"], cpu_s(on.bank_process) - bank_s)
        bank_s, used_s = cpu_s(on.bank_process), cpu_s(on.server)
        ids, _accept_s = await _submitted(caller, sessions)
        times = list((await _ended(on, ids)).values())
        taken_s = max(ended for *_earlier, ended in times) - min(began for began, *_ in times)
        _note(durable, count, taken_s, cpu_s(on.server) - used_s, cpu_s(on.bank_process) - bank_s)
    rows = [
        (name, median(one.per_s), median(one.cpu_ms), median(one.bank_cpu_ms))
        for name, one in (("durable, through the queue", durable), ("plain asyncio", floor))
    ]
    columns = ("saturated", "imports/s", "CPU ms an import", "KontoBank's CPU ms an import")
    table(f"{rounds} rounds of {count} imports at once, medians", columns, rows)
    ratio = median(d / p for d, p in zip(durable.per_s, floor.per_s, strict=True))
    by_cpu = median(p / d for d, p in zip(durable.cpu_ms, floor.cpu_ms, strict=True))
    verdict = "met" if ratio >= TARGET_RATIO else "MISSED"
    console.print(f"Target ratio >= {TARGET_RATIO}: {verdict} ({ratio:.2f}; by CPU {by_cpu:.2f}).")


async def memory(on: Stage, caller: Caller, plain: Any, in_flight: int) -> None:
    """Resident memory while so many imports are under way together."""
    sessions = await caller.sign_in([f"{LOGIN}-memory-{one}" for one in range(in_flight)])
    plain(sign_in=LOGIN, count=in_flight)
    before = on.server.memory_info().rss
    on.latency(FLIGHT_LATENCY_MS)
    watch = asyncio.create_task(_peak_rss(on))
    ids, accept_s = await _submitted(caller, sessions)
    times = list((await _ended(on, ids)).values())
    watch.cancel()
    peak = (await asyncio.gather(watch, return_exceptions=True))[0]
    together = _together([(started, ended) for _created, started, ended in times])
    on.latency(FLIGHT_LATENCY_MS)
    floor = plain(arrivals_s=[place * accept_s / in_flight for place in range(in_flight)])
    wall_s = max(ended for *_e, ended in times) - min(created for created, *_e in times)
    rows = [
        ("imports in flight together, at most", together, in_flight),
        ("resident memory before, MiB", before / MIB, "-"),
        ("resident memory, peak MiB", peak / MIB, floor["rss"] / MIB),
        ("accepted, all, in s", accept_s, "-"),
        ("from the first accept to the last end, s", wall_s, _longest(floor["times_s"])),
    ]
    title = f"{in_flight} imports, {FLIGHT_LATENCY_MS / 1000:.0f} s a bank call"
    table(title, ("memory", "durable", "plain asyncio"), rows)
    verdict = "met" if peak / MIB <= TARGET_MIB else "MISSED"
    console.print(f"Target <= {TARGET_MIB} MiB with {CALLS_AT_ONCE} calls at once: {verdict}.")


def _note(found: Rate, count: int, taken_s: float, used_s: float, bank_s: float) -> None:
    """One round: imports a second, CPU of the process and of the bank."""
    found.per_s.append(count / taken_s)
    found.cpu_ms.append(used_s * 1000 / count)
    found.bank_cpu_ms.append(bank_s * 1000 / count)


async def _submitted(caller: Caller, sessions: Sequence[Session]) -> tuple[list[str], float]:
    """The ids of all imports, accepted as fast as the server takes them, and seconds it took."""
    started = time.perf_counter()
    turn = asyncio.Semaphore(SUBMITS_AT_ONCE)

    async def one(session: Session) -> str:
        async with turn:
            return await caller.submit(session)

    ids = await asyncio.gather(*(one(session) for session in sessions))
    return list(ids), time.perf_counter() - started


async def _ended(on: Stage, ids: list[str]) -> dict[str, tuple[float, float, float]]:
    """The times of all imports, once all have ended."""
    while on.unfinished():
        await asyncio.sleep(0.5)
    return on.times(ids)


async def _peak_rss(on: Stage) -> int:
    """The most memory seen until it is cancelled."""
    peak = 0
    try:
        while True:
            peak = max(peak, on.server.memory_info().rss)
            await asyncio.sleep(0.1)
    except asyncio.CancelledError:
        return peak


def _together(spans: Sequence[tuple[float, float]]) -> int:
    """How many spans overlap at most."""
    steps = sorted([(begin, 1) for begin, _end in spans] + [(end, -1) for _begin, end in spans])
    now = most = 0
    for _moment, step in steps:
        now += step
        most = max(most, now)
    return most


def _longest(times_s: Sequence[Sequence[float]]) -> float:
    return max(ended for _begun, ended in times_s)


if __name__ == "__main__":
    main()
