"""The kill -9 sweep: processes die at random moments while imports are accepted and run.

The moments come from the seed; when exactly a moment falls is the machine's business.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import switchboard
from tests.support.bank import running_bank
from tests.support.crowd import Crowd, crowd
from tests.support.facts import Questions
from tests.support.fleet import SERVER, Fleet, fleet
from tests.support.verdict import Verdict, verdict

LATENCIES_MS = (40, 80, 110, 150)
SETTINGS = {
    "REQUESTS_PER_MINUTE": 1_000_000,
    "OPEN_SESSIONS": 1_000_000,
    "WAITING_COMMANDS": 1_000_000,
}
SETTLE_TIMEOUT_S = 180
SETTLE_LOOK_S = 0.5
ACCEPT_WAIT_S = 4.0


@dataclass(frozen=True, slots=True)
class Kill:
    """One planned death: who, in which moment, how far into it, and how long it stays dead.

    In the moment `import` so many more imports were accepted first.
    """

    victim: str
    moment: str
    accepts: int
    wait_s: float
    pause_s: float
    latency_ms: int


@dataclass(slots=True)
class SweepResult:
    """What a sweep did and what became of it."""

    verdict: Verdict
    kills: Counter[str] = field(default_factory=Counter)
    took_over: int = 0
    troubles: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    kill_s: float = 0.0
    settle_s: float = 0.0


def plan(seed: int, names: tuple[str, ...], hurry: float = 1.0) -> Iterator[Kill]:
    """Kills without end; the same seed gives the same ones, `hurry` makes all waits shorter.

    Moments: `import` (the process works), `accept` (a 202 is being made), `start` (it is just
    starting), `adopt` (it is just taking up what was left behind).
    """
    draw = random.Random(seed)
    waits: dict[str, Callable[[], float]] = {
        "import": lambda: draw.uniform(0, 1.2),
        "accept": lambda: draw.uniform(0, 0.02),
        "start": lambda: draw.uniform(0, 1.8),
        "adopt": lambda: draw.uniform(0, 1.3),
    }
    while True:
        moment = draw.choices(tuple(waits), (50, 25, 10, 15))[0]
        victim = SERVER if moment == "accept" else draw.choice(names)
        pauses = (0.0, draw.uniform(0, 1.5), draw.uniform(3, 8) if len(names) > 1 else 0.0)
        yield Kill(
            victim=victim,
            moment=moment,
            accepts=draw.randint(1, 8),
            wait_s=waits[moment]() / hurry,
            pause_s=draw.choices(pauses, (50, 35, 15))[0] / hurry,
            latency_ms=draw.choice(LATENCIES_MS),
        )


def sweep(
    folder: Path,
    *,
    kills: int,
    seed: int,
    database_url: str | None = None,
    workers: int = 0,
    people: int = 8,
    pause_s: float = 0.2,
    hurry: float = 1.0,
    on_kill: Callable[[int, Kill], None] = lambda _number, _kill: None,
) -> SweepResult:
    """So many kills, everything settled, and the verdict.

    Raises:
        AssertionError: a process could not be started.
    """
    with (
        running_bank(folder / "bank", seed=seed) as bank,
        fleet(
            folder / "fleet", bank.url, database_url=database_url, workers=workers, **SETTINGS
        ) as processes,
    ):
        api = processes.client()
        for name in processes.members:
            processes.start(name)
        processes.wait_ready()
        result = SweepResult(Verdict())
        started = time.monotonic()
        with crowd(api, people=people, pause_s=pause_s, seed=seed) as met:
            planned = plan(seed, tuple(processes.members), hurry)
            for number in range(1, kills + 1):
                kill = next(planned)
                switchboard.set_latency(bank.url, kill.latency_ms)
                _carry_out(processes, met, kill)
                result.kills[f"{kill.moment} {kill.victim.partition('-')[0]}"] += 1
                on_kill(number, kill)
        result.kill_s = time.monotonic() - started
        result.settle_s = _settle(processes)
        result.troubles, result.refusals = met.troubles, met.refusals
        questions = Questions(processes.config.database_url.reveal())
        result.verdict = verdict(met.accepted, questions.facts(), switchboard.calls(bank.url))
        result.verdict.violations += _bank_ledger(bank.url)
        result.verdict.violations += _complaints(processes)
        result.took_over = sum(
            one.said().count('"took over"') for one in processes.members.values()
        )
    return result


def _carry_out(processes: Fleet, met: Crowd, kill: Kill) -> None:
    """Bring the victim to its moment, kill it, and see to its return."""
    if kill.moment == "start":
        processes.kill(kill.victim)
    processes.start(kill.victim)
    if kill.moment != "start":
        processes.wait_ready(kill.victim)
    if kill.moment == "accept":
        met.wait_for_submit(ACCEPT_WAIT_S)
    if kill.moment == "import":
        met.wait_for_accepted(len(met.accepted) + kill.accepts, ACCEPT_WAIT_S)
    time.sleep(kill.wait_s)
    processes.kill(kill.victim)
    if len(processes.members) == 1:
        time.sleep(kill.pause_s)
        processes.start(kill.victim)
    else:
        processes.start_later(kill.victim, kill.pause_s)


def _settle(processes: Fleet) -> float:
    """Everything runs and nothing is unfinished; seconds it took, or the time allowed."""
    started = time.monotonic()
    for name in processes.members:
        processes.start(name)
    processes.wait_ready()
    questions = Questions(processes.config.database_url.reveal())
    while time.monotonic() - started < SETTLE_TIMEOUT_S and questions.facts().unfinished:
        time.sleep(SETTLE_LOOK_S)
    return time.monotonic() - started


def _bank_ledger(bank_url: str) -> list[str]:
    return [
        f"the bank's ledger: {row['count']} counted, {row['refused']} refused: {row['endpoint']}"
        for row in switchboard.unattended_counts(bank_url)
        if row["count"] > 4 or row["refused"]
    ]


def _complaints(processes: Fleet) -> list[str]:
    """A process that raised something nobody expected says so in its log."""
    marks = ("Traceback (most recent call last)", '"job failed"')
    return [
        f"{member.name} wrote {mark}: {member.said()[member.said().find(mark) :][:600]}"
        for member in processes.members.values()
        for mark in marks
        if mark in member.said()
    ]
