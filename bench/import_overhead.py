"""What the platform adds to an import, above the time the bank itself takes.

    python -m bench.import_overhead [--database sqlite|postgresql] [--short]

An import of one account (72 rows) makes four calls to the bank at once, so the bank's critical
path is one latency: 250 ms. Overhead = (from accepted to ended) - 250 ms; the bank's own service
time is inside it and printed beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from statistics import median
from typing import Any

from bench.caller import Caller
from bench.harness import Stage, console, machine, plain_asyncio, spread, stage, table
from opensaldo.engine.durable import POLL_S

LATENCY_MS = 250
LOGIN = "bench-1x72"
RATE_PER_S = 40
CALLS_AT_ONCE = 400
POLLED_SHARE = 10
POLL_IDLE_S = 0.005
POLL_BUSY_S = 0.05
TARGET_MEDIAN_MS, TARGET_P95_MS = 60, 120
COLUMNS = ("overhead above the bank's 250 ms (ms)", "n", "median", "p95", "max")


def main() -> None:
    """Measure idle, then at the rate; print both."""
    parser = argparse.ArgumentParser("bench.import_overhead")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--profile", help="write cProfile's figures of the server here")
    options = parser.parse_args()
    machine()
    with (
        stage(
            calls_at_once=CALLS_AT_ONCE, database=options.database, profile=options.profile
        ) as on,
        plain_asyncio(on, CALLS_AT_ONCE) as plain,
    ):
        asyncio.run(_both(on, plain, *((10, 4, 1) if options.short else (60, 8, 3))))


async def _both(on: Stage, plain: Any, count: int, busy_s: int, rounds: int) -> None:
    async with Caller(on.api.address, on.api.key or "") as caller:
        await idle(on, caller, plain, count)
        await busy(on, caller, plain, busy_s, rounds)


async def idle(on: Stage, caller: Caller, plain: Any, count: int) -> None:
    """One import after another, through the queue and directly in turn.

    Each begins at a random moment: one that begins when another ends would always meet the
    queue's poll at the same place.
    """
    moment = random.Random(1)
    on.latency(0)
    sessions = await caller.sign_in([f"{LOGIN}-idle-{number}" for number in range(count + 2)])
    plain(sign_in=LOGIN, count=count + 2)
    on.latency(LATENCY_MS)
    ids, seen, direct, calls = [], [], [], []
    for session in sessions:
        await asyncio.sleep(moment.uniform(0, 2 * POLL_S))
        command_id, from_answer_s = await _watched(caller, session, POLL_IDLE_S)
        ids.append(command_id)
        seen.append(from_answer_s)
        ran = plain(arrivals_s=[0])
        direct.append(ran["times_s"][0][1] - ran["times_s"][0][0])
        calls.append(ran["slowest_call_s"])
    _show("idle, one after another, at random moments", on, ids[2:], seen[2:], direct[2:])
    service_ms = median(calls[2:]) * 1000 - LATENCY_MS
    console.print(
        f"Inside all of it: the bank's own service, four calls at once: {service_ms:.1f} ms."
    )


async def busy(on: Stage, caller: Caller, plain: Any, seconds: int, rounds: int) -> None:
    """Imports arrive at a steady rate, whether earlier ones have ended or not."""
    ids: list[str] = []
    seen: list[float] = []
    direct: list[float] = []
    cpu = [0.0, 0.0]
    moments = [number / RATE_PER_S for number in range(seconds * RATE_PER_S)]
    for number in range(rounds):
        on.latency(0)
        logins = [f"{LOGIN}-busy-{number}-{place}" for place in range(len(moments))]
        sessions = await caller.sign_in(logins)
        plain(sign_in=LOGIN, count=len(moments))
        on.latency(LATENCY_MS)
        ran = plain(arrivals_s=moments)
        direct += [ended - begun for begun, ended in ran["times_s"]]
        cpu[1] += ran["cpu_s"]
        before = on.server.cpu_times()
        started = time.perf_counter()
        done = await asyncio.gather(
            *(
                _arrive(caller, session, started + moment, place % POLLED_SHARE == 0)
                for place, (session, moment) in enumerate(zip(sessions, moments, strict=True))
            )
        )
        while on.unfinished():
            await asyncio.sleep(0.2)
        after = on.server.cpu_times()
        cpu[0] += after.user + after.system - before.user - before.system
        ids += [command_id for command_id, _seen in done]
        seen += [seen_s for _id, seen_s in done if seen_s is not None]
    _show(f"{RATE_PER_S} imports arrive each second", on, ids, seen, direct)
    each = [1000 * used / len(ids) for used in cpu]
    console.print(
        f"CPU ms an import: platform {each[0]:.1f} (server and polls), direct {each[1]:.1f}."
    )


async def _watched(caller: Caller, session: Any, every_s: float) -> tuple[str, float]:
    command_id = await caller.submit(session)
    answered = time.perf_counter()
    return command_id, await caller.seen_final(command_id, every_s=every_s) - answered


async def _arrive(
    caller: Caller, session: Any, at: float, is_polled: bool
) -> tuple[str, float | None]:
    await asyncio.sleep(max(0.0, at - time.perf_counter()))
    if is_polled:
        return await _watched(caller, session, POLL_BUSY_S)
    return await caller.submit(session), None


def _show(title: str, on: Stage, ids: list[str], seen: list[float], direct: list[float]) -> None:
    times = on.times(ids)
    base = LATENCY_MS / 1000
    whole = [ended - created - base for created, _started, ended in times.values()]
    reading = [ended - started - base for _created, started, ended in times.values()]
    waiting = [started - created for created, started, _ended in times.values()]
    polled = [seen_s - base for seen_s in seen]
    plainly = [taken_s - base for taken_s in direct]
    rows = [
        ("through the queue: accepted to ended", len(whole), *spread(whole)),
        ("  as a poller sees it", len(polled), *spread(polled)),
        ("  its wait in the queue (poll every 50 ms)", len(waiting), *spread(waiting)),
        ("  its reading, from start to end", len(reading), *spread(reading)),
        ("direct, not durable (the floor)", len(plainly), *spread(plainly)),
    ]
    table(title, COLUMNS, rows)
    middle_ms, p95_ms, _max = spread(whole)
    verdict = "met" if middle_ms <= TARGET_MEDIAN_MS and p95_ms <= TARGET_P95_MS else "MISSED"
    console.print(
        f"Target median <= {TARGET_MEDIAN_MS}, p95 <= {TARGET_P95_MS}: {verdict}."
        f" Queue - direct: {middle_ms - median(plainly) * 1000:.0f} ms in the median."
    )


if __name__ == "__main__":
    main()
