"""A whole session, a default import and an owners-only import, standard by standard.

    python -m bench.standards [--latency-ms 600] [--short]

The bank takes a realistic time for every call of its interface. Beside the medians stand the times
the vendor we replace published: 11.8 s a session, 10.4 s a default import, 1.8 s the owners. An
import is compared with the bank's own critical path: the longest row of calls that wait for each
other, counted in the bank's log. The person of the session types at once; pages are not delayed.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.caller import Caller
from bench.harness import Stage, console, machine, stage, table
from tests.support import switchboard

TARGETS = {
    "PolishAPI": "KontoBankApi",
    "Czech standard": "KontoBankApi_cz",
    "Redsys": "KontoBankApi_es",
    "SIBS": "KontoBankApi_pt",
    "Berlin Group": "KontoBankApi_ro",
    "fallback": "KontoBank",
}
LATENCY_MS = 600
ROWS = 72
SHAPES = ((1, ROWS), (10, 500))
CALLS_AT_ONCE = 128
VENDOR_S = {"session": 11.8, "default import": 10.4, "owners": 1.8}
TARGET_RATIO = 1.05


@dataclass(frozen=True, slots=True)
class Run:
    """One session's times in seconds, and the calls its default import made in a row."""

    sign_in_s: float
    default_s: float
    owners_s: float
    chain: int
    calls: int


def main() -> None:
    """One table for one account, one for ten of five pages."""
    parser = argparse.ArgumentParser("bench.standards")
    parser.add_argument("--latency-ms", type=int, default=LATENCY_MS)
    parser.add_argument("--times", type=int, default=5, help="sessions a standard, after one more")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    machine()
    console.print(f"KontoBank: {options.latency_ms} ms a call.")
    times = 1 if options.short else options.times
    with stage(calls_at_once=CALLS_AT_ONCE) as on:
        for accounts, rows in SHAPES[:1] if options.short else SHAPES:
            found = asyncio.run(_measured(on, f"bench-{accounts}x{rows}", options, times))
            _show(f"{accounts} accounts, {rows} rows each", found, options.latency_ms)


async def _measured(
    on: Stage, login: str, options: argparse.Namespace, times: int
) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    async with Caller(on.api.address, on.api.key or "") as caller:
        for standard, target in TARGETS.items():
            runs = [
                await _run(on, caller, target, f"{login}-{number}", options.latency_ms)
                for number in range(times + 1)
            ]
            found[standard] = runs[1:]
    return found


async def _run(on: Stage, caller: Caller, target: str, login: str, latency_ms: int) -> Run:
    on.latency(latency_ms)
    begun = time.perf_counter()
    (session,) = await caller.sign_in([login], target=target)
    signed_in = time.perf_counter()
    seen = _last(on)
    command = await caller.submit(session)
    ended = await caller.seen_final(command, every_s=0.02)
    rows = list(switchboard.calls(on.bank_url, seen))
    on.latency(0)
    (other,) = await caller.sign_in([f"{login}-owners"], target=target)
    on.latency(latency_ms)
    asked = time.perf_counter()
    owners = await caller.submit(other, "import-owners")
    owners_ended = await caller.seen_final(owners, every_s=0.02)
    on.latency(0)
    on.times([command, owners])
    return Run(
        sign_in_s=signed_in - begun,
        default_s=ended - signed_in,
        owners_s=owners_ended - asked,
        chain=_chain(rows),
        calls=len(rows),
    )


def _last(on: Stage) -> int:
    return max((row["sequence"] for row in switchboard.calls(on.bank_url)), default=0)


def _chain(rows: Iterable[dict[str, Any]]) -> int:
    """The longest row of calls that wait for each other: the pages of one list of one account."""
    return max(Counter((row["endpoint"], row["account"]) for row in rows).values(), default=0)


def _show(title: str, found: dict[str, list[Run]], latency_ms: int) -> None:
    rows = []
    for standard, runs in found.items():
        default_s = median(one.default_s for one in runs)
        chain_s = median(one.chain for one in runs) * latency_ms / 1000
        rows.append(
            (
                standard,
                median(one.sign_in_s + one.default_s for one in runs),
                default_s,
                median(one.owners_s for one in runs),
                median(one.calls for one in runs),
                chain_s,
                default_s / chain_s if chain_s else 0.0,
            )
        )
    rows.append(("the vendor's", *VENDOR_S.values(), "-", "-", "-"))
    columns = ("medians, s", "session", "default import", "owners", "calls", "bank's path", "ratio")
    table(title, columns, rows)
    missed = [row[0] for row in rows[:-1] if row[-1] > TARGET_RATIO]
    verdict = f"MISSED by {', '.join(missed)}" if missed else "met"
    console.print(f"Target ratio <= {TARGET_RATIO}: {verdict}.")


if __name__ == "__main__":
    main()
