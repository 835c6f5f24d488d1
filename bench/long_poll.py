"""From a command's end to the answer of the poll that waits for it, and what waiting costs.

    python -m bench.long_poll [--database sqlite|postgresql] [--waiting 2000] [--short]

Latency: imports are started one after another, each with a poll that waits; the end is the moment
in the command's row. Cost: so many more requests wait for events while nothing happens.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import time

import aiohttp

from bench.caller import Caller
from bench.harness import Stage, cpu_s, instant, machine, spread, stage, table
from tests.support.platform import Api

LOGIN = "bench-1x72"
WAIT_S = 60
SETTLE_S = 10.0


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser("bench.long_poll")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--waiting", type=int, default=2000)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    imports, idle_s = (5, 5.0) if options.short else (100, 30.0)
    _allow_connections(options.waiting)
    machine()
    with stage(calls_at_once=None, database=options.database) as on:
        idle = on.processes.client("idle-test")
        asyncio.run(_measured(on, Waiting(idle, options.waiting), imports, idle_s))


async def _measured(on: Stage, others: Waiting, imports: int, idle_s: float) -> None:
    rows = [("nobody else waits", *await _latency(on, imports))]
    cost = [("nobody waits", *await _cost(on, idle_s))]
    async with others:
        cost.append((f"{others.count} wait", *await _cost(on, idle_s)))
        rows.append((f"{others.count} others wait", *await _latency(on, imports)))
    table(
        f"from a command's end to the answer, {imports} imports",
        ("", "median ms", "p95 ms", "max ms"),
        rows,
    )
    table(f"the server over {idle_s:.0f} idle seconds", ("", "memory MB", "CPU %"), cost)


async def _latency(on: Stage, imports: int) -> tuple[float, float, float]:
    async with Caller(on.api.address, on.api.key or "") as caller:
        ended: dict[str, float] = {}
        for session in await caller.sign_in([LOGIN] * imports):
            command_id = await caller.submit(session)
            await caller.waited_final(command_id, WAIT_S)
            ended[command_id] = time.time()
    finished = {
        one: instant(moment).timestamp() for one, moment in on.finished(list(ended)).items()
    }
    return spread([ended[one] - finished[one] for one in ended])


async def _cost(on: Stage, idle_s: float) -> tuple[float, float]:
    """Resident megabytes, and CPU in percent of one core."""
    await asyncio.sleep(SETTLE_S)
    before = cpu_s(on.server)
    await asyncio.sleep(idle_s)
    used = cpu_s(on.server) - before
    return on.server.memory_info().rss / 1e6, used / idle_s * 100


class Waiting:
    """So many requests that wait for events of a client to whom nothing happens."""

    def __init__(self, api: Api, count: int) -> None:
        """Prepare; they wait inside the block."""
        self._api = api
        self.count = count
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Waiting:
        self._tasks = [asyncio.create_task(self._wait()) for _ in range(self.count)]
        await asyncio.sleep(self.count / 500)
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _wait(self) -> None:
        headers = {"X-Api-Key": self._api.key or ""}
        async with aiohttp.ClientSession(headers=headers) as http:
            while True:
                address = f"{self._api.address}/v1/events?wait={WAIT_S}"
                async with http.get(address) as reply:
                    reply.raise_for_status()


def _allow_connections(count: int) -> None:
    """This process, and the server it starts, may open that many connections."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count * 2 + 1000
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


if __name__ == "__main__":
    main()
