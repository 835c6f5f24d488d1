"""Bank and platform in one process under one virtual clock: a year passes in minutes.

`virtual_world` runs KontoBank and the platform, each a real server on a loopback port. Both ask one
clock for the time: the bank's days, tokens and consents, the platform's sessions and retention, and
the certificates of both. Sockets and waiting for replies stay in real time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kontobank.app import create_app
from kontobank.app.server import listen, make_server, run_together
from kontobank.clock import Clock
from kontobank.faults import Plan
from kontobank.transcript import Transcript
from tests.support.bank import Bank
from tests.support.platform import PlatformThread, platform_thread

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
START_TIMEOUT_S = 30
MANY = 1_000_000


class VirtualClock(Clock):
    """KontoBank's clock that stands still until a test moves it; called, it is the platform's."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def now(self) -> datetime:
        """The one time there is."""
        return self._now

    def judging_now(self) -> datetime:
        """Certificates too live in this time."""
        return self._now

    def advance(self, seconds: int = 0, **more: float) -> None:
        """It is later, by seconds or by what a `timedelta` takes."""
        self._now += timedelta(seconds=seconds, **more)

    def set_to(self, instant: datetime) -> None:
        """It is this instant."""
        self._now = instant.astimezone(UTC)

    def pause(self) -> None:
        """It stands still anyway."""

    def resume(self) -> None:
        """It moves only when told to."""

    def reset(self) -> None:
        """The time is the test's; the switchboard's reset leaves it alone."""


@dataclass(frozen=True)
class VirtualWorld:
    """A running bank, a running platform, and the clock of both."""

    seed: int
    clock: VirtualClock
    bank: Bank
    platform: PlatformThread
    transcript: Transcript


@contextmanager
def bank_thread(
    folder: Path,
    clock: Clock,
    *,
    seed: int = 1,
    transcript: Transcript | None = None,
    fault_plan: Plan | None = None,
) -> Iterator[Bank]:
    """A KontoBank in this process, on a port of its own, for as long as the block lasts."""
    app = create_app(
        seed=seed, data_dir=folder, clock=clock, transcript=transcript, fault_plan=fault_plan
    )
    ready = threading.Event()
    sock = listen("127.0.0.1", 0)
    server = make_server(app, ready.set)
    thread = threading.Thread(
        target=run_together, args=(server, [sock], None, None), name="kontobank"
    )
    thread.start()
    try:
        assert ready.wait(START_TIMEOUT_S), "the bank did not start"
        yield Bank(f"http://127.0.0.1:{sock.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(START_TIMEOUT_S)
        sock.close()
        if transcript is not None:
            transcript.close()


@contextmanager
def virtual_world(
    folder: Path,
    *,
    seed: int = 1,
    start: datetime = START,
    transcript_file: Path | None = None,
    fault_plan: Plan | None = None,
    **settings: Any,
) -> Iterator[VirtualWorld]:
    """Bank and platform under one clock for as long as the block lasts.

    Args:
        folder: where both keep everything.
        seed: the bank's.
        start: the first instant of both.
        transcript_file: written when the block ends.
        fault_plan: how the bank fails.
        settings: as in `config`.

    When a call fails, the platform stops the others under way. How far those came is the real
    time's affair, so there transcripts differ unless the setting READ_IN_STEP is on; outcomes and
    what was imported do not.
    """
    clock = VirtualClock(start)
    transcript = Transcript(clock, transcript_file)
    limits = {"OPEN_SESSIONS": MANY, "WAITING_COMMANDS": MANY, "REQUESTS_PER_MINUTE": MANY}
    with (
        bank_thread(
            folder / "bank", clock, seed=seed, transcript=transcript, fault_plan=fault_plan
        ) as bank,
        platform_thread(
            folder / "platform", bank.url, clock=clock, **(limits | settings)
        ) as platform,
    ):
        yield VirtualWorld(seed, clock, bank, platform, transcript)
