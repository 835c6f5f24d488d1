"""An import takes its longest chain of bank calls, not their sum.

    python -m bench.longest_chain [--short]

Details and lists of all accounts are read at once, the pages of one list in order. So N accounts of
M pages take M latencies, as long as the limit of calls to one bank at once allows it.
"""

from __future__ import annotations

import argparse
import asyncio
from math import ceil
from statistics import median

from bench.caller import Caller
from bench.harness import Stage, console, machine, stage, table

LATENCY_MS = 200
ROWS_PER_PAGE = 100
OTHER_CALLS = 3  # details, pending and holds of an account
SHAPES = ((1, 100), (5, 100), (20, 100), (5, 500))
LIMITS = (None, 64, 1000)
LIMIT_OF_FILE = 8


def main() -> None:
    """One table for each limit."""
    parser = argparse.ArgumentParser("bench.longest_chain")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    machine()
    console.print(f"KontoBank: {LATENCY_MS} ms a call, {ROWS_PER_PAGE} rows a page.")
    for limit in LIMITS[:2] if options.short else LIMITS:
        with stage(calls_at_once=limit) as on:
            measured = asyncio.run(_measured(on, 1 if options.short else 5))
            _show(limit or LIMIT_OF_FILE, measured)


async def _measured(on: Stage, times: int) -> dict[tuple[int, int], float]:
    """The middle time of each shape's imports, from start to end."""
    found = {}
    async with Caller(on.api.address, on.api.key or "") as caller:
        for accounts, rows in SHAPES:
            on.latency(0)
            logins = [f"bench-{accounts}x{rows}-{number}" for number in range(times + 1)]
            sessions = await caller.sign_in(logins)
            on.latency(LATENCY_MS)
            ids = []
            for session in sessions:
                ids.append(await caller.submit(session))
                await caller.seen_final(ids[-1], every_s=0.05)
            ran = on.times(ids[1:]).values()
            found[accounts, rows] = median(ended - started for _c, started, ended in ran)
    return found


def _show(limit: int, measured: dict[tuple[int, int], float]) -> None:
    rows = []
    for (accounts, count), taken_s in measured.items():
        pages = ceil(count / ROWS_PER_PAGE)
        calls = accounts * (pages + OTHER_CALLS)
        chain_ms = pages * LATENCY_MS
        bound_ms = max(chain_ms, ceil(calls / limit) * LATENCY_MS)
        taken_ms = taken_s * 1000
        rows.append(
            (
                f"{accounts} accounts x {pages} pages",
                calls,
                calls * LATENCY_MS,
                chain_ms,
                bound_ms,
                taken_ms,
                taken_ms / chain_ms,
                taken_ms / bound_ms,
            )
        )
    columns = ("import", "calls", "sum ms", "chain ms", "bound ms", "took ms", "/ chain", "/ bound")
    table(f"limit: {limit} calls to the bank at once (bound = chain under it)", columns, rows)


if __name__ == "__main__":
    main()
