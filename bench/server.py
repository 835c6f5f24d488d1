"""`opensaldo` with what benchmarks add: `python -m bench.server serve`.

Read from the environment: BENCH_CALLS_AT_ONCE replaces every bank file's `calls_at_once_max`;
BENCH_PROFILE names the files for cProfile's figures, written at the end.
Two paths answer constants behind the same middleware, admission and authentication, and read no
database: `/v1/bench/setup.xml` and `/v1/bench/successful.xml`.
"""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from opensaldo.cli import main, serve
from opensaldo.connectors import http
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import system_clock
from opensaldo.domain.command import Command, CommandName, CommandState
from opensaldo.web.api import routes
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire import xml_v1

ROWS = 72
ROW = b"""          <moneyTransaction>
            <transactionOn>2026-03-02</transactionOn>
            <title>CONSTANT PAYMENT FOR THE BENCHMARK</title>
            <currencyAmount>-12.34</currencyAmount>
          </moneyTransaction>
"""


class OpenDoor(dict[str, asyncio.Semaphore]):
    """The door's places with one limit for every bank, whatever its file says."""

    def __init__(self, calls_at_once_max: int) -> None:
        super().__init__()
        self._max = calls_at_once_max

    def get(self, bank: str, default: Any = None) -> Any:
        """The bank's places, made when first asked for."""
        del default
        return self.setdefault(bank, asyncio.Semaphore(self._max))


def constant(state: CommandState, result: bytes | None) -> Callable[[Call], Any]:
    """A handler that answers the same command every time."""
    command = Command(
        id="123456789",
        name=CommandName.DEFAULT_IMPORT,
        session_id="123456789",
        client_id="acme-test",
        environment=Environment.TEST,
        state=state,
        progress=40,
        created_at=system_clock(),
        target="KontoBankApi",
        institution="KontoBank",
    )

    async def answer(call: Call) -> Any:
        return call.xml("default_import", xml_v1.command(command, result=result))

    return answer


def open_the_door(calls_at_once_max: int) -> None:
    """Every `Door` made from now on allows so many calls at once for each bank."""
    make = http.Door.__init__

    def made(door: http.Door, **options: Any) -> None:
        make(door, **options)
        door._places = OpenDoor(calls_at_once_max)

    http.Door.__init__ = made  # type: ignore[method-assign]


def add_constants() -> None:
    """The two constant resources are served."""
    whole = ROW * ROWS
    added = {
        "setup": constant(CommandState.IN_PROGRESS, None),
        "successful": constant(CommandState.SUCCESSFUL, whole),
    }
    beside_the_poll = tuple(
        Resource(path=f"/v1/bench/{name}.xml", dialect=Dialect.BOTH, handlers={"GET": handler})
        for name, handler in added.items()
    )
    place = 1 + next(
        number for number, one in enumerate(routes.RESOURCES) if one.path.endswith("/{id}.xml")
    )
    routes.RESOURCES = (
        *routes.RESOURCES[:place],
        *beside_the_poll,
        *routes.RESOURCES[place:],
    )


def profile(path: str) -> None:
    """CPU seconds of every function are counted, for each kind of thread by itself.

    Waiting costs nothing here: the clock is the thread's own. One file for each kind of thread.
    """
    run = serve.run
    profilers: list[tuple[str, cProfile.Profile]] = []

    def begin(*_event: Any) -> None:
        profiler = cProfile.Profile(time.thread_time)
        kind = threading.current_thread().name.rstrip("0123456789").rstrip("-_")
        profilers.append((kind, profiler))
        sys.setprofile(None)
        profiler.enable()

    def profiled(main: Callable[[], Coroutine[Any, Any, None]]) -> int:
        threading.setprofile(begin)
        begin()
        try:
            return run(main)
        finally:
            threading.setprofile(None)
            for kind in {kind for kind, _ in profilers}:
                whole = pstats.Stats(*(one for name, one in profilers if name == kind))
                whole.dump_stats(f"{path}.{kind.replace('/', '-').split(' ')[0]}")

    serve.run = profiled


if __name__ == "__main__":
    if limit := os.environ.get("BENCH_CALLS_AT_ONCE"):
        open_the_door(int(limit))
    if path := os.environ.get("BENCH_PROFILE"):
        profile(path)
    add_constants()
    sys.exit(main(sys.argv[1:]))
