"""A virtual year of consents at a real KontoBank: no call above the limit, at any account count.

`python -m bench.consent_year [--days N] [--accounts 1,2,5,25] [--processes 2]` prints a table.
A client comes back at random moments, on most days more often than it may, and the planner
refreshes; the person signs in besides, lets the consent run out once, and later renews it early.
On some days every list comes in pages. Judges are KontoBank's own count of unattended calls for
each consent, account and list, and the platform's ledger, after every act.

Columns: imports with the person there, without (asked for by the client), and planned ones; those
refused here; consents run out and renewed early; imports that failed; the most unattended calls of
24 hours by either count; and how many the bank refused as over the limit.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from bench.harness import machine, table
from opensaldo.domain.client import Product
from opensaldo.engine.ledger import DAY
from opensaldo.engine.planner import plan_refreshes, refresh_due
from opensaldo.engine.retention import purge
from opensaldo.observe import configure_logs
from opensaldo.store.tables import attempts
from tests.e2e.checked import CheckedApi
from tests.support.bank import Bank, running_bank
from tests.support.clock import SettableClock
from tests.support.consents import ended_as, grant, import_under
from tests.support.platform import CLIENT, PlatformThread, Reply, platform_thread
from tests.support.switchboard import unattended_counts

DAYS = timedelta(days=365).days
ACCOUNTS = (1, 2, 5, 12, 25)
TRIES_PER_DAY = (1, 7)
REFRESHES_PER_DAY = 2
PAGED_SHARE, VISIT_SHARE = 0.2, 0.1  # of the days
EARLY_FROM, EARLY_EVERY = 240, 40  # days: after one consent ran out by itself
WAIT_S = 20
GONE, FULL, WELL = "InvalidMultipleAccessId", "MultipleAccessLimitExceeded", "successful"
HEAD = (
    "accounts",
    "with person",
    "without",
    "planned",
    "refused",
    "run out",
    "renewed",
    "failed",
    "bank's most",
    "our most",
    "over",
)


class WaitingApi(CheckedApi):
    """A client that asks once and is answered at the end."""

    def poll(self, command_id: str, timeout_s: float = WAIT_S) -> Reply:
        path = f"/v1/command/{command_id}.xml"
        return self.call("GET", path, query={"wait": int(timeout_s)})


@dataclass(slots=True)
class Year:
    """What became of one person's days."""

    accounts: int
    ends: Counter[str] = field(default_factory=Counter)
    attended: int = 0
    refreshed: int = 0
    run_out: int = 0
    renewed: int = 0
    most_at_bank: int = 0
    most_here: int = 0
    over_limit: int = 0

    @property
    def failed(self) -> Counter[str]:
        """Imports that ended neither well nor as the limits have it, by name."""
        return Counter({name: n for name, n in self.ends.items() if name not in {WELL, FULL, GONE}})

    def row(self) -> tuple[int, ...]:
        """One row under `HEAD`."""
        return (
            self.accounts,
            self.attended,
            self.ends[WELL],
            self.refreshed,
            self.ends[FULL],
            self.run_out,
            self.renewed,
            self.failed.total(),
            self.most_at_bank,
            self.most_here,
            self.over_limit,
        )


class Life:
    """One person at one bank, the client and the platform that come back."""

    def __init__(self, house: PlatformThread, bank: Bank, accounts: int, seed: int) -> None:
        """The consent is granted, and the planner knows of it."""
        made = house.api(CLIENT, Product.MULTIPLE_ACCESS)
        self._api = WaitingApi(made.address, made.key, client_id=CLIENT)
        self._house, self._bank = house, bank
        self._dice = random.Random(seed)
        self._login = f"bench-{accounts}x3"
        self._owner = f"year-{accounts}"
        self._cursor: str | None = None
        self.year = Year(accounts)
        platform = house.platform
        assert platform is not None
        self._store = platform.store
        house.run(lambda p: plan_refreshes(p.store, p.vault, CLIENT, None, REFRESHES_PER_DAY))
        self._sign_in()

    def day(self, number: int) -> None:
        """One day has passed."""
        packs = ["first-page-empty"] if self._dice.random() < PAGED_SHARE else []
        self._bank.switch_packs(packs, self._login)
        acts = [self._come_back] * self._dice.randint(*TRIES_PER_DAY)
        if self._dice.random() < VISIT_SHARE:
            acts.append(self._visit)
        if number >= EARLY_FROM and number % EARLY_EVERY == 0:
            acts.append(self._renew)
        self._dice.shuffle(acts)
        moments = sorted(self._dice.uniform(0, 24) for _ in acts)
        now = 0.0
        for moment, act in zip(moments, acts, strict=True):
            self._pass(hours=moment - now)
            now = moment
            act()
            self._judge()
        self._pass(hours=24 - now)
        self._house.run(purge)
        self._judge()

    def _pass(self, *, hours: float) -> None:
        assert isinstance(self._house.clock, SettableClock)
        self._bank.stop_clock(self._house.clock.advance(hours=hours))
        if self._house.run(refresh_due):
            self._see_refreshes_end()

    def _see_refreshes_end(self) -> None:
        """Before it is later, as it would be."""
        for command in self._told():
            assert ended_as(self._api.poll(command)) in {WELL, GONE, FULL}
            self.year.refreshed += 1

    def _told(self) -> list[str]:
        """Commands accepted since the last look."""
        found = []
        while True:
            query = {"after": self._cursor} if self._cursor else {}
            page = self._api.call("GET", "/v1/events", query=query).json
            if not page["events"]:
                return found
            self._cursor = page["cursor"]
            kinds = [one for one in page["events"] if one["kind"] == "command-accepted"]
            found += [one["subject"] for one in kinds]

    def _come_back(self) -> None:
        end = import_under(self._api, self._token)
        self.year.ends[end] += 1
        if end == GONE:
            self.year.run_out += 1
            self._sign_in()
        self._told()

    def _renew(self) -> None:
        self.year.renewed += 1
        self._sign_in()

    def _sign_in(self) -> None:
        session, self._token = grant(self._api, self._login, ownerExternalId=self._owner)
        self._import_attended(session)

    def _visit(self) -> None:
        """The person signs in for one import, beside the consent."""
        session = self._api.mock_session(self._login, ownerExternalId=self._owner)
        self._import_attended(session)

    def _import_attended(self, session: tuple[str, str]) -> None:
        end = ended_as(self._api.finished(session))
        if end == WELL:
            self.year.attended += 1
        else:
            self.year.ends[end] += 1
        self._told()

    def _judge(self) -> None:
        counted = unattended_counts(self._bank.url)
        here = (
            select(func.count())
            .where(~attempts.c.attended, attempts.c.started_at > self._house.clock() - DAY)
            .group_by(attempts.c.grant_key, attempts.c.account_key, attempts.c.endpoint)
        )
        with self._store.read() as connection:
            ours = connection.execute(here).scalars().all()
        year = self.year
        year.most_at_bank = max([year.most_at_bank, *(row["count"] for row in counted)])
        year.most_here = max([year.most_here, *ours])
        year.over_limit = sum(row["refused"] for row in counted)


def run(task: tuple[int, int, int]) -> Year:
    """A year for this account count, on SQLite, at a KontoBank of its own."""
    accounts, days, seed = task
    configure_logs("ERROR", sys.stderr)
    with tempfile.TemporaryDirectory() as folder, running_bank(Path(folder) / "bank") as bank:
        clock = SettableClock()
        bank.stop_clock(clock())
        limits = {"REQUESTS_PER_MINUTE": 10**9, "OPEN_SESSIONS": 10**6}
        with platform_thread(Path(folder), bank.url, clock=clock, **limits) as house:
            life = Life(house, bank, accounts, seed)
            for number in range(days):
                life.day(number)
    return life.year


def main() -> int:
    """Print the table; 1 if a call was above the limit or an import failed."""
    options = argparse.ArgumentParser("bench.consent_year", description=__doc__)
    options.add_argument("--days", type=int, default=DAYS)
    options.add_argument("--accounts", default=",".join(map(str, ACCOUNTS)))
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--processes", type=int, default=2)
    given = options.parse_args()
    machine()
    counts = sorted(map(int, given.accounts.split(",")))
    tasks = [(count, given.days, given.seed) for count in reversed(counts)]
    started = time.perf_counter()
    spawned = multiprocessing.get_context("spawn")
    years = []
    with spawned.Pool(given.processes) as pool:
        for year in pool.imap_unordered(run, tasks, chunksize=1):
            print(f"{year.accounts} accounts: {year.over_limit} calls over the limit", flush=True)
            years.append(year)
    years.sort(key=lambda one: one.accounts)
    elapsed = time.perf_counter() - started
    table(f"{given.days} virtual days, {elapsed:.0f} s", HEAD, [one.row() for one in years])
    for year in years:
        if year.failed:
            print(f"{year.accounts} accounts, ends of imports: {dict(year.failed)}")
    return int(any(year.over_limit or year.failed for year in years))


if __name__ == "__main__":
    sys.exit(main())
