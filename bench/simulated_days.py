"""How many days pass in a second: of a living login's world alone, and with an import every day.

    python -m bench.simulated_days
    python -m bench.simulated_days --days 30 --short

The world alone: every day at seven the account is asked for 90 days of rows, what is on its way and
both balances, with nothing remembered from before. With imports: bank and platform run in this
process under one clock; every day the person signs in, everything of 90 days is imported over real
HTTP into SQLite, and the poll shows the end.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog

from bench import harness
from kontobank.world import alive, world_at
from tests.support.platform import state_of
from tests.support.virtual import START, VirtualWorld, virtual_world

LOGIN = "alive-1x40-anna"
HISTORY = timedelta(days=90)
WORLD_DAYS, IMPORT_DAYS = 3_650, 60
SHORT_DAYS = 5
TARGETS = {"KontoBankApi": "PolishAPI", "KontoBankApi_ro": "Berlin Group"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--days", type=int, default=IMPORT_DAYS, help="days of imports")
    parser.add_argument("--short", action="store_true", help="a first impression")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    harness.machine()
    days = min(options.days, SHORT_DAYS) if options.short else options.days
    world_days = WORLD_DAYS // 10 if options.short else WORLD_DAYS
    rows = [_measured("the world alone", world_days, lambda: _ask(world_days))]
    with (
        tempfile.TemporaryDirectory(prefix="days-") as folder,
        virtual_world(Path(folder)) as world,
    ):
        _import(world, "KontoBankApi", 1)  # connections, keys, caches of both programs
        for target, standard in TARGETS.items():
            name = f"an import a day over {standard}"
            rows.append(_measured(name, days, lambda target=target: _import(world, target, days)))
    harness.table("Simulated days", ("what", "days", "seconds", "days a second"), rows)


def _measured(name: str, days: int, work: Callable[[], None]) -> tuple[str, int, float, float]:
    started = time.perf_counter()
    work()
    taken_s = time.perf_counter() - started
    return name, days, taken_s, days / taken_s


def _ask(days: int) -> None:
    """The account is asked for everything, once a day."""
    alive.lives.cache_clear()
    alive._settled_rows.cache_clear()
    for day in range(days):
        now = START + timedelta(days=day)
        (account,) = world_at(1, "pl", LOGIN, now).accounts
        account.rows(account.day - HISTORY, account.day)
        if account.available_minor > account.balance_minor:
            raise AssertionError("more can be spent than there is")


def _import(world: VirtualWorld, target: str, days: int) -> None:
    """Everything is imported, once a day."""
    api = world.platform.api()
    for _ in range(days):
        since = (world.clock() - HISTORY).date().isoformat()
        ended = api.imported(LOGIN, since=since, target=target)
        if state_of(ended) != "successful":
            raise AssertionError(ended.body[-500:])
        world.clock.advance(days=1)


if __name__ == "__main__":
    main()
