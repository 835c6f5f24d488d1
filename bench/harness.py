"""What all benchmarks share: starting the programs, knowing the machine, printing tables."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.support import switchboard
from tests.support.bank import running_bank
from tests.support.facts import Questions
from tests.support.fleet import SERVER, Fleet, fleet
from tests.support.platform import Api
from tests.support.postgres import temporary_cluster

console = Console(width=110, highlight=False)
LIMITS = {
    "REQUESTS_PER_MINUTE": 1_000_000_000,
    "OPEN_SESSIONS": 1_000_000,
    "WAITING_COMMANDS": 1_000_000,
    "SESSION_IDLE_S": 3600,
    "LOG_LEVEL": "INFO",
}


@dataclass(slots=True)
class Stage:
    """A running bank, a running server of the platform and a client of it."""

    bank_url: str
    processes: Fleet
    api: Api
    folder: Path
    bank_process: psutil.Process

    @property
    def server(self) -> psutil.Process:
        """The server's process."""
        process = self.processes.members[SERVER].process
        if process is None:
            raise AssertionError("no server")
        return psutil.Process(process.pid)

    def latency(self, latency_ms: int) -> None:
        """Every bank call takes so much longer from now on."""
        switchboard.set_latency(self.bank_url, latency_ms)

    def unfinished(self) -> int:
        """How many commands have not ended."""
        statement = "SELECT count(*) FROM commands WHERE finished_at IS NULL"
        return int(self._questions.ask(statement)[0][0])

    @property
    def _questions(self) -> Questions:
        return Questions(self.processes.config.database_url.reveal())

    def times(self, command_ids: Sequence[str]) -> dict[str, tuple[float, float, float]]:
        """When each of these commands was created, started and ended: seconds of the epoch.

        Raises:
            AssertionError: one of them did not end well.
        """
        rows = {one.id: one for one in self._questions.facts().commands}
        wrong = [rows[one] for one in command_ids if rows[one].state != "successful"]
        if wrong:
            raise AssertionError(f"{len(wrong)} imports did not succeed, such as {wrong[0]}")
        return {
            one: tuple(
                instant(moment).timestamp()
                for moment in (rows[one].created_at, rows[one].started_at, rows[one].finished_at)
            )
            for one in command_ids
        }  # type: ignore[return-value]

    def finished(self, command_ids: Sequence[str]) -> dict[str, Any]:
        """The moment each of these commands ended, as the database keeps it."""
        rows = {one.id: one for one in self._questions.facts().commands}
        return {one: rows[one].finished_at for one in command_ids}


@contextmanager
def stage(
    *,
    calls_at_once: int | None,
    database: str = "sqlite",
    profile: str | None = None,
    **settings: Any,
) -> Iterator[Stage]:
    """Everything runs as long as the block lasts; what was set is printed."""
    chosen = LIMITS | settings
    shown = ", ".join(f"{name}={value}" for name, value in chosen.items())
    calls = calls_at_once or "as in the bank's file (8)"
    console.print(f"Set (OPENSALDO_…): {shown}")
    console.print(f"Set: calls to one bank at once: {calls}; database: {database}")
    os.environ.pop("BENCH_CALLS_AT_ONCE", None)
    if calls_at_once:
        os.environ["BENCH_CALLS_AT_ONCE"] = str(calls_at_once)
    if profile:
        os.environ["BENCH_PROFILE"] = profile
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opensaldo-bench-")))
        url = None
        if database == "postgresql":
            url = stack.enter_context(temporary_cluster()).fresh_database()
        before = set(psutil.Process().children())
        bank = stack.enter_context(running_bank(folder / "bank"))
        (bank_process,) = set(psutil.Process().children()) - before
        processes = stack.enter_context(
            fleet(folder / "fleet", bank.url, database_url=url, program="bench.server", **chosen)
        )
        api = processes.client()
        processes.start(SERVER)
        processes.wait_ready()
        yield Stage(bank.url, processes, api, folder, bank_process)


@contextmanager
def plain_asyncio(on: Stage, calls_at_once: int) -> Iterator[Any]:
    """A function that gives orders to `bench.plain`, in a process of its own."""
    command = [sys.executable, "-m", "bench.plain", on.bank_url, str(on.folder / "plain")]
    process = subprocess.Popen(
        [*command, str(calls_at_once)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def order(**what: Any) -> Any:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("no pipes")
        process.stdin.write(json.dumps(what) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        yield order
    finally:
        process.kill()
        process.communicate()


def machine() -> None:
    """Say on what the figures were measured, and how busy it was before."""
    load = os.getloadavg()[0]
    console.print(
        f"Machine: {os.cpu_count()} cores, {_processor()}, Python {platform.python_version()};"
        f" load before the run {load:.1f} (above 0.5: others are working, figures are noisy)."
    )


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a title; the first column is text, the others figures."""
    shown = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        shown.add_column(column, justify="right" if place else "left")
    for row in rows:
        shown.add_row(*(figure(value) for value in row))
    console.print(shown)


def figure(value: object) -> str:
    """A figure as a reader wants it."""
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, 95th percentile and maximum, in milliseconds."""
    return median(values) * 1000, percentile(values, 0.95) * 1000, max(values) * 1000


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def instant(moment: Any) -> datetime:
    """A database's moment: text in SQLite, a datetime in PostgreSQL; both are UTC."""
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    names = [line.split(":")[1].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
