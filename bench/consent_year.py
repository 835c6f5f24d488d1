"""A virtual year of consents at a real KontoBank: no call above the limit, at any account count.

`python -m bench.consent_year [--days N] [--accounts 1,2,5,10,25]` prints a table. Clients refresh
at random moments, more often than they may, through the real API; the planner refreshes too;
consents are renewed when they have run out. KontoBank counts every unattended call by itself.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from opensaldo.domain.client import Product
from opensaldo.engine.planner import plan_refreshes, refresh_due
from opensaldo.engine.retention import purge
from opensaldo.observe import configure_logs
from tests.e2e.checked import CheckedApi
from tests.support.bank import Bank, running_bank
from tests.support.clock import SettableClock
from tests.support.consents import grant, import_under
from tests.support.platform import CLIENT, PlatformThread, platform_thread
from tests.support.switchboard import unattended_counts

TRIES_PER_DAY = 7
ACCOUNTS = (1, 2, 5, 10, 25)
GONE, FULL = "InvalidMultipleAccessId", "MultipleAccessLimitExceeded"


@dataclass(slots=True)
class Year:
    """What became of one consent's days."""

    accounts: int
    imports: int = 0
    refused: int = 0
    renewed: int = 0
    failed: int = 0
    most_calls: int = 0
    over_limit: int = 0


def live(house: PlatformThread, bank_url: str, accounts: int, days: int, seed: int) -> Year:
    """One consent of so many accounts, renewed as often as needed, through all its days."""
    year, dice = Year(accounts), random.Random(seed)
    made = house.api(CLIENT, Product.MULTIPLE_ACCESS)
    api = CheckedApi(made.address, made.key, client_id=CLIENT)
    login = f"bench-{accounts}x3"
    owner = {"ownerExternalId": f"year-{accounts}"}
    session, token = grant(api, login, **owner)
    api.finished(session)
    for _day in range(days):
        moments = sorted(dice.uniform(0, 24) for _ in range(TRIES_PER_DAY))
        for before, after in zip([0.0, *moments], [*moments, 24.0], strict=True):
            pass_time(house, bank_url, hours=after - before)
            house.run(refresh_due)
            if after == 24.0:
                continue
            match import_under(api, token):
                case "successful":
                    year.imports += 1
                case found if found == FULL:
                    year.refused += 1
                case found if found == GONE:
                    session, token = grant(api, login, **owner)
                    api.finished(session)
                    year.renewed += 1
                case _:
                    year.failed += 1
        house.run(purge)
        counted = unattended_counts(bank_url)
        year.most_calls = max([year.most_calls, *(row["count"] for row in counted)])
        year.over_limit = sum(row["refused"] for row in counted)
    return year


def pass_time(house: PlatformThread, bank_url: str, *, hours: float) -> None:
    """It is later, at the platform and at the bank."""
    assert isinstance(house.clock, SettableClock)
    Bank(bank_url).stop_clock(house.clock.advance(hours=hours))


def run(accounts: tuple[int, ...], days: int, seed: int = 1) -> list[Year]:
    """A year for each account count, on SQLite, at a KontoBank of its own."""
    years = []
    for count in accounts:
        with tempfile.TemporaryDirectory() as folder, running_bank(Path(folder) / "bank") as bank:
            clock = SettableClock()
            bank.stop_clock(clock())
            limits = {"REQUESTS_PER_MINUTE": 10**9, "OPEN_SESSIONS": 10**6}
            with platform_thread(Path(folder), bank.url, clock=clock, **limits) as house:
                house.api(CLIENT, Product.MULTIPLE_ACCESS)
                platform = house.platform
                assert platform is not None
                house.run(lambda p: plan_refreshes(p.store, p.vault, CLIENT, None, 2))
                years.append(live(house, bank.url, count, days, seed))
    return years


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--days", type=int, default=timedelta(days=365).days)
    options.add_argument("--accounts", default=",".join(map(str, ACCOUNTS)))
    given = options.parse_args()
    counts = tuple(int(one) for one in given.accounts.split(","))
    configure_logs("ERROR", sys.stderr)
    print("accounts  imports  refused here  renewed  failed  most calls  over the limit")
    for year in run(counts, given.days):
        print(
            f"{year.accounts:8}  {year.imports:7}  {year.refused:12}  {year.renewed:7}"
            f"  {year.failed:6}  {year.most_calls:10}  {year.over_limit:14}"
        )


if __name__ == "__main__":
    main()
