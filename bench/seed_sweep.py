"""The seed sweep: a bank that fails by seed, days of imports, and an independent checker.

    python -m bench.seed_sweep --seeds 10000 --from 10001 --processes 2
    python -m bench.seed_sweep --seed 417

Every seed has its own person, bank, failures and days; see tests/support/seeded.py for what is
drawn and tests/support/checker.py for what is promised. Exit code 0 only if nothing was violated.
A seed that cannot be played to its end is a violation too, and the others go on. A sweep that is
stopped says with which `--from` it goes on; what was found until then is shown.
`--seed` plays one seed twice, alone, and shows everything; both runs must be the same to the byte.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import structlog

from bench.harness import console, machine, table
from tests.support.checker import Tally, tally, violations
from tests.support.evidence import told_alike
from tests.support.postgres import Cluster, temporary_cluster
from tests.support.seed_run import play, world_of
from tests.support.seeded import SEEDS_A_WORLD, Seeded, seeded
from tests.support.virtual import VirtualWorld

SHOW_EVERY = 100
TOLD_MAX = 500
Task = tuple[tuple[int, ...], bool, Cluster | None]


@dataclass
class Found:
    """What some seeds came to."""

    seeds: int = 0
    acts: int = 0
    calls: int = 0
    faults: int = 0
    tally: Tally = field(default_factory=Tally)
    violations: list[tuple[int, str]] = field(default_factory=list)
    stopped: bool = False

    def add(self, other: Found) -> None:
        """Both together."""
        self.seeds += other.seeds
        self.acts += other.acts
        self.calls += other.calls
        self.faults += other.faults
        self.tally.add(other.tally)
        self.violations += other.violations


def main() -> int:
    """Sweep or replay; 1 if anything was violated."""
    options = _options()
    if options.seed is not None:
        return _replay(options.seed, options)
    machine()
    started = time.perf_counter()
    found = _swept(options)
    _show(found, time.perf_counter() - started, options)
    if found.stopped:
        done, left = options.first + found.seeds, options.seeds - found.seeds
        console.print(f"Stopped. The rest: python -m bench.seed_sweep --from {done} --seeds {left}")
    return int(bool(found.violations) or found.stopped)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench.seed_sweep", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2_000, help="how many")
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quirks", action="store_true", help="one or two packs for each seed")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, help="play this one twice and show it")
    return parser.parse_args()


def _swept(options: argparse.Namespace) -> Found:
    """What all the seeds came to, or those until somebody stopped the sweep."""
    found, started = Found(), time.perf_counter()
    seeds = range(options.first, options.first + options.seeds)
    worlds = [tuple(group) for _, group in groupby(seeds, lambda seed: seed // SEEDS_A_WORLD)]
    with _cluster(options.database) as cluster:
        tasks = [(world, options.quirks, cluster) for world in worlds]
        with ThreadPoolExecutor(options.processes) as players:
            parts = players.map(_in_a_process, tasks)
            try:
                for part in parts:
                    for seed, violation in part.violations:
                        _complain(seed, violation, options)
                    before = found.seeds // SHOW_EVERY
                    found.add(part)
                    if found.seeds // SHOW_EVERY > before:
                        _report(found, time.perf_counter() - started, options)
            except KeyboardInterrupt:
                found.stopped = True
                console.print("Stopping when the worlds under way are played.")
                players.shutdown(cancel_futures=True)
    return found


def _in_a_process(task: Task) -> Found:
    """What a process of its own makes of the seeds; of each alone where that process dies."""
    seeds, quirks, cluster = task
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(1, context, _leave_stopping) as alone:
            return alone.submit(_play_world, task).result()
    except BrokenProcessPool:
        if len(seeds) == 1:
            return Found(seeds=1, violations=[(seeds[0], "its process died")])
    console.print(f"The process of seeds {seeds[0]} to {seeds[-1]} died; now each in its own.")
    found = Found()
    for seed in seeds:
        found.add(_in_a_process(((seed,), quirks, cluster)))
    return found


def _leave_stopping() -> None:
    """Only the sweep itself is stopped by the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _report(found: Found, passed_s: float, options: argparse.Namespace) -> None:
    left = options.seeds - found.seeds
    console.print(
        f"  {found.seeds} seeds in {passed_s:.0f} s, {len(found.violations)} violations, "
        f"about {passed_s / found.seeds * left:.0f} s to go",
        style="dim",
    )


@contextmanager
def _cluster(database: str) -> Iterator[Cluster | None]:
    with temporary_cluster() if database == "postgresql" else nullcontext() as cluster:
        yield cluster


def _play_world(task: Task) -> Found:
    """The seeds of one world, one after another; those after one that broke off in a new world."""
    seeds, quirks, cluster = task
    quiet()
    found = Found()
    stories = [seeded(seed, quirks=quirks) for seed in seeds]
    story = stories[0]
    while stories:
        url = cluster.fresh_database() if cluster else None
        try:
            with (
                tempfile.TemporaryDirectory(prefix="seeds-") as folder,
                world_of(stories[0], Path(folder), **_database(url)) as world,
            ):
                while stories:
                    story = stories.pop(0)
                    found.add(_judged(world, story))
        except Exception as failure:  # noqa: BLE001 - told as a violation, with its seed
            told = f"broke off: {type(failure).__name__}: {failure}"
            found.violations.append((story.seed, told[:TOLD_MAX]))
    return found


def _judged(world: VirtualWorld, story: Seeded) -> Found:
    seen = play(world, story)
    return Found(
        seeds=1,
        acts=len(seen.acts),
        calls=len(seen.calls),
        faults=sum(call["fault"] not in (None, "slow") for call in seen.calls),
        tally=tally(seen),
        violations=[(story.seed, one) for one in violations(seen)],
    )


def _replay(seed: int, options: argparse.Namespace) -> int:
    """One seed twice, alone; 1 if it violates anything or the runs differ."""
    quiet()
    story = seeded(seed, quirks=options.quirks)
    console.print(story)
    with _cluster(options.database) as cluster:
        runs = [_alone(story, cluster) for _ in range(2)]
    seen, transcript = runs[0]
    for act in seen.acts:
        outcome = act.receipt.get("outcome", "")
        faults = [call["fault"] for call in act.calls if call["fault"]]
        console.print(act.at, act.what, act.access, act.status, act.failure, outcome, faults)
    same = [transcript == runs[1][1], told_alike(seen.acts) == told_alike(runs[1][0].acts)]
    console.print(f"the bank's transcript: {len(transcript)} bytes, the same twice: {same[0]}")
    console.print(f"the platform's answers the same twice: {same[1]}")
    found = violations(seen)
    for one in found:
        _complain(seed, one, options)
    return int(bool(found) or not all(same))


def _alone(story: Seeded, cluster: Cluster | None) -> tuple[Any, bytes]:
    url = cluster.fresh_database() if cluster else None
    with tempfile.TemporaryDirectory(prefix="seed-") as name:
        folder = Path(name)
        file = folder / "transcript.jsonl"
        with world_of(story, folder, transcript_file=file, **_database(url)) as world:
            seen = play(world, story)
        return seen, file.read_bytes()


def _database(url: str | None) -> dict[str, str]:
    return {"DATABASE_URL": url} if url else {}


def quiet() -> None:
    """The log says errors only."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def _complain(seed: int, violation: str, options: argparse.Namespace) -> None:
    commit = subprocess.run(
        ("git", "rev-parse", "--short", "HEAD"), capture_output=True, text=True, check=False
    ).stdout.strip()
    extra = " --quirks" if options.quirks else ""
    extra += " --database postgresql" if options.database != "sqlite" else ""
    console.print(f"VIOLATED seed {seed}, commit {commit}: {violation}", style="red", markup=False)
    console.print(f"  python -m bench.seed_sweep --seed {seed}{extra}", markup=False)


def _show(found: Found, passed_s: float, options: argparse.Namespace) -> None:
    judged = found.tally
    rows: list[tuple[str, Any]] = [
        ("seeds", found.seeds),
        ("seconds a seed, all processes together", passed_s / max(1, found.seeds)),
        ("things done", found.acts),
        ("calls for data at the bank", found.calls),
        ("of these met a fault", found.faults),
        *((f"imports ended {what}", count) for what, count in judged.imports.most_common()),
        ("rows the bank hid without a trace", judged.unproven),
        ("booked rows", judged.booked),
        ("  under another id after a new sign-in", judged.renamed),
        ("booked rows seen on their way before", judged.continued),
        ("  joined with a row on its way", judged.joined),
        ("  joined with the right one", judged.joined_rightly),
        ("violations", len(found.violations)),
    ]
    table(f"Seed sweep, {options.database}, from seed {options.first}", ("what", "count"), rows)


if __name__ == "__main__":
    sys.exit(main())
