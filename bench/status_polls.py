"""Status polls a second, against a constant answer of the same application.

    python -m bench.status_polls [--database sqlite|postgresql] [--connections 32] [--short]

The constant goes through the same middleware, admission and authentication and reads no database;
it is as large as the poll it is compared with. Rounds are interleaved; ratios are taken inside a
round and their median is shown.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from statistics import median

import psycopg

from bench.caller import Caller
from bench.harness import Stage, console, cpu_s, machine, stage, table

LOGIN = "bench-1x72"
TARGET_RATIO = 0.6
SETUP, SUCCESSFUL = "/v1/bench/setup.xml", "/v1/bench/successful.xml"


def main() -> None:
    """Measure the rounds and print the table."""
    parser = argparse.ArgumentParser("bench.status_polls")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--profile", help="write cProfile's figures of the server here")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    rounds, seconds = (2, 1.0) if options.short else (7, 2.5)
    machine()
    with stage(calls_at_once=None, database=options.database, profile=options.profile) as on:
        ended, running = asyncio.run(_commands(on))
        _stay_in_progress(on, running)
        paths = {
            "constant, small": SETUP,
            "command in progress": f"/v1/command/{running}.xml",
            "constant, as large as a result": SUCCESSFUL,
            "finished command": f"/v1/command/{ended}.xml",
        }
        _show(_measured(on, paths, options.connections, rounds, seconds), options.connections)


async def _commands(on: Stage) -> tuple[str, str]:
    """Two finished imports."""
    async with Caller(on.api.address, on.api.key or "") as caller:
        found = []
        for session in await caller.sign_in([f"{LOGIN}-{number}" for number in range(2)]):
            found.append(await caller.submit(session))
            await caller.seen_final(found[-1], every_s=0.05)
        return found[0], found[1]


def _stay_in_progress(on: Stage, command_id: str) -> None:
    """The command is in progress for as long as we like: nobody works on it."""
    statement = (
        f"UPDATE commands SET state = 'in_progress', progress = 40 WHERE id = '{command_id}'"
    )
    url = on.processes.config.database_url.reveal()
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(statement)
    else:
        with psycopg.connect(url) as connection:
            connection.execute(statement)


def _measured(
    on: Stage, paths: Mapping[str, str], connections: int, rounds: int, seconds: float
) -> dict[str, list[tuple[float, float, float]]]:
    """For each path and round: requests a second, middle latency, server CPU per request."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in paths}
    for number in range(rounds + 1):
        for name, path in paths.items():
            before = cpu_s(on.server)
            ran = _asked(on, path, connections, seconds)
            used_us = (cpu_s(on.server) - before) / ran["count"] * 1e6
            if number:  # the first round warms up
                found[name].append((ran["per_s"], ran["p50_ms"], used_us))
    return found


def _asked(on: Stage, path: str, connections: int, seconds: float) -> dict[str, float]:
    port = on.processes.address.rpartition(":")[2]
    command = [sys.executable, "-m", "bench.polling", "127.0.0.1", port]
    command += [on.api.key or "", path, str(connections), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _show(found: dict[str, list[tuple[float, float, float]]], connections: int) -> None:
    names = list(found)
    floor_of = {names[1]: names[0], names[3]: names[2]}
    rows = []
    for name, measured in found.items():
        floor = found[floor_of.get(name, name)]
        ratio = median(one[0] / least[0] for one, least in zip(measured, floor, strict=True))
        cpu_ratio = median(least[2] / one[2] for one, least in zip(measured, floor, strict=True))
        per_s, p50_ms, used_us = (median(column) for column in zip(*measured, strict=True))
        rows.append((name, per_s, p50_ms, used_us, ratio, cpu_ratio))
    columns = ("poll", "per second", "p50 ms", "CPU µs each", "ratio", "ratio by CPU")
    table(f"status polls, {connections} kept connections, medians", columns, rows)
    for name, *_rest, ratio, _cpu in rows:
        if name in floor_of:
            verdict = "met" if ratio >= TARGET_RATIO else "MISSED"
            console.print(f"Target ratio >= {TARGET_RATIO}, {name}: {verdict} ({ratio:.2f}).")


if __name__ == "__main__":
    main()
