"""Kill -9 sweep, the long form: processes die at random moments while imports run.

    python -m bench.kill_sweep --kills 300 --database both --seed 1

Exit code 0 only if nothing that was promised is missing. See tests/support/sweep.py for the
moments and tests/support/verdict.py for what is checked.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from rich.table import Table

from bench.harness import console, machine
from tests.support.postgres import temporary_cluster
from tests.support.sweep import LATENCIES_MS, SETTINGS, Kill, SweepResult, sweep

SHOW_EVERY = 25
WORKERS = 2


def main() -> int:
    """Run the sweeps; 1 if any was violated."""
    options = _options()
    databases = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    machine()
    limits = ", ".join(f"OPENSALDO_{name}={value}" for name, value in SETTINGS.items())
    console.print(f"Set: {limits}; KontoBank {min(LATENCIES_MS)}-{max(LATENCIES_MS)} ms a call,")
    console.print(f"changed before each kill; {options.people} people at a time.")
    failed = False
    for database in databases:
        result = _run(database, options)
        _show(database, result, options)
        failed |= bool(result.verdict.violations)
    return int(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench.kill_sweep", description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=8, help="who sign in and import at a time")
    parser.add_argument("--short", action="store_true", help="20 kills")
    found = parser.parse_args()
    if found.short:
        found.kills = 20
    return found


def _run(database: str, options: argparse.Namespace) -> SweepResult:
    started = time.monotonic()

    def show(number: int, kill: Kill) -> None:
        if number % SHOW_EVERY == 0:
            passed_s = time.monotonic() - started
            console.print(f"  {database}: {number} kills in {passed_s:.0f} s", style="dim")
            del kill

    folder = Path(tempfile.mkdtemp(prefix=f"opensaldo-sweep-{database}-"))
    console.print(f"{database}: working in {folder}")
    chosen = {"kills": options.kills, "seed": options.seed, "people": options.people}
    if database == "sqlite":
        return sweep(folder, on_kill=show, **chosen)
    with temporary_cluster() as cluster:
        url = cluster.fresh_database()
        return sweep(folder, database_url=url, workers=WORKERS, on_kill=show, **chosen)


def _show(database: str, result: SweepResult, options: argparse.Namespace) -> None:
    found = result.verdict
    table = Table(title=f"kill -9 sweep, {database}, seed {options.seed}", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for kind, count in sorted(result.kills.items()):
        table.add_row(f"kills in the moment: {kind}", str(count))
    table.add_row("kills, all", str(sum(result.kills.values())))
    table.add_row("imports accepted (202 received)", str(found.accepted))
    table.add_row("command rows", str(found.rows))
    for outcome, count in found.outcomes.most_common():
        table.add_row(f"  ended {outcome}", str(count))
    for reruns, count in sorted(found.reruns.items()):
        table.add_row(f"  with {reruns} reruns", str(count))
    table.add_row("takeovers by another process", str(result.took_over))
    table.add_row("bank calls", str(found.bank_calls))
    table.add_row("most unattended calls of one kind (4 allowed)", str(found.unattended_most))
    table.add_row("requests cut off or finding nobody", str(result.troubles))
    for what, count in sorted(result.refusals.items()):
        table.add_row(f"submits answered {what}", str(count))
    table.add_row(
        "seconds of killing / of settling", f"{result.kill_s:.0f} / {result.settle_s:.0f}"
    )
    table.add_row("violations", str(len(found.violations)))
    console.print(table)
    for violation in found.violations:
        console.print(f"VIOLATED {violation}", style="red", markup=False)


if __name__ == "__main__":
    sys.exit(main())
