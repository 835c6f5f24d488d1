"""The floor: the same reading, rendering and sealing in plain asyncio, nothing durable.

No store, no queue, no ledger, no server: `python -m bench.plain BANK_URL FOLDER CALLS_AT_ONCE`
reads orders as lines of JSON and answers each with a line: `{"sign_in": "bench-1x72", "count": 20}`
keeps so many accesses, `{"arrivals_s": [0, 0.1]}` imports one at each moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import uvloop

from bench.server import open_the_door
from opensaldo.connectors.base import Access, Connector, Redirect, SignInRequest
from opensaldo.connectors.http import Door
from opensaldo.connectors.registry import load_catalog
from opensaldo.connectors.signing import Seal
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import system_clock
from opensaldo.engine.history import HISTORY_DEFAULT
from opensaldo.engine.kept import HOLDINGS, RESULT_XML, document_place
from opensaldo.engine.mock import PSU, RETURN_URL, MockPerson, walk
from opensaldo.engine.reading import Reading
from opensaldo.store.vault import Vault
from opensaldo.wire import json_v1, xml_v1

SIGN_INS_AT_ONCE = 8


class NoLedger:
    """A ledger that allows everything and writes nothing."""

    async def book(self, calls: Any) -> None:
        """All the calls may be made."""

    def made(self, call: Any) -> None:
        """Nothing is remembered."""


class Plain:
    """One process's hold on the bank, without a store."""

    def __init__(self, bank_url: str, folder: Path) -> None:
        """Make the seal and the keys; a calls-at-once limit is in force already."""
        self._call_s: list[float] = []
        self._door = Door(on_call=lambda _bank, _name, _status, taken_s: self._took(taken_s))
        seal = Seal.open(folder / "seal", clock=system_clock)
        catalog = load_catalog(
            kontobank_url=bank_url, door=self._door, seal=seal, clock=system_clock
        )
        target = catalog.find("KontoBankApi", Environment.TEST)
        if target is None:
            raise AssertionError("no KontoBank")
        self._target = target
        self._connector: Connector = catalog.connector(target)
        self._vault = Vault.open(folder / "keys", system_clock)
        self._accesses: list[Access] = []
        self._made = 0

    async def sign_in(self, login: str, count: int) -> dict[str, Any]:
        """So many accesses of distinct persons are kept."""
        turn = asyncio.Semaphore(SIGN_INS_AT_ONCE)

        async def one(number: int) -> None:
            async with turn:
                self._accesses.append(await self._access(f"{login}-plain-{number}"))

        await asyncio.gather(*(one(self._made + number) for number in range(count)))
        self._made += count
        return {"accesses": len(self._accesses)}

    async def run(self, arrivals_s: list[float]) -> dict[str, Any]:
        """One import at each moment; when each ended, and the slowest bank call of the last."""
        self._call_s = []
        process, peak = psutil.Process(), 0
        cpu_s, started = sum(process.cpu_times()[:2]), time.perf_counter()

        async def one(at_s: float) -> tuple[float, float]:
            await asyncio.sleep(max(0.0, at_s - (time.perf_counter() - started)))
            begun = time.perf_counter() - started
            await self._import(self._accesses.pop())
            return begun, time.perf_counter() - started

        work = asyncio.gather(*(one(at_s) for at_s in arrivals_s))
        while not work.done():
            await asyncio.wait([work], timeout=0.1)
            peak = max(peak, process.memory_info().rss)
        return {
            "times_s": await work,
            "cpu_s": sum(process.cpu_times()[:2]) - cpu_s,
            "rss": peak,
            "slowest_call_s": max(self._call_s, default=0.0),
        }

    def _took(self, taken_s: float) -> None:
        self._call_s.append(taken_s)

    async def _import(self, access: Access) -> None:
        reading = Reading(
            connector=self._connector,
            access=access,
            psu=PSU,
            since=system_clock().date() - HISTORY_DEFAULT,
            ledger=NoLedger(),  # type: ignore[arg-type]
            on_progress=lambda _progress: None,
        )
        await reading.read()
        await asyncio.to_thread(self._seal, reading)

    def _seal(self, reading: Reading) -> None:
        key, _wrapped = self._vault.new_key()
        holdings = reading.holdings()
        rendered = {
            HOLDINGS: json_v1.encode_holdings(holdings),
            RESULT_XML: xml_v1.result(holdings),
        }
        for kind, clear in rendered.items():
            self._vault.seal(key, clear, document_place("bench", kind))

    async def _access(self, login: str) -> Access:
        request = SignInRequest(
            target=self._target,
            grant=os.urandom(16).hex(),
            return_url=RETURN_URL,
            state=os.urandom(16).hex(),
            psu=PSU,
            repeated=False,
            history_days=90,
            valid_until=system_clock() + timedelta(days=1),
        )
        step = await self._connector.begin(request)
        if not isinstance(step, Redirect):
            raise AssertionError("no redirect")
        answer = await walk(self._door, step.url, MockPerson(login=login), until=RETURN_URL)
        done = await self._connector.resume(request, step, answer)
        return done.access  # type: ignore[union-attr]


async def obey(bank_url: str, folder: Path) -> None:
    """Carry out orders until there are none."""
    plain = Plain(bank_url, folder)
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        if "sign_in" in order:
            answer = await plain.sign_in(order["sign_in"], order["count"])
        else:
            answer = await plain.run(order["arrivals_s"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    open_the_door(int(sys.argv[3]))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(obey(sys.argv[1], Path(sys.argv[2])))
