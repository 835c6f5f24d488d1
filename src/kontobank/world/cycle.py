"""The default Polish person: a cycle of six months with the same twelve days in every month.

Any window of six calendar months holds every row of the cycle once: 72 rows.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from itertools import accumulate

from kontobank import seeds
from kontobank.people.numbers import account_iban
from kontobank.world.nouns import HISTORY_STARTS_ON, MonthBook, Party, Transaction

CYCLE_MONTHS = 6
OPENING_MINOR = 200_000
CACHED_MONTHS = 2_000


@dataclass(frozen=True)
class CycleRow:
    """One row of the cycle; `labels` is what a labeller should find."""

    month: int
    day: int
    minor: int
    kind: str
    title: str
    party: Party
    mcc: str
    labels: tuple[str, ...]


@lru_cache(maxsize=1)
def cycle() -> tuple[tuple[CycleRow, ...], ...]:
    """The rows of each of the six months, by day."""
    path = resources.files("kontobank.world").joinpath("data", "default_pl.csv")
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = [_row(record) for record in csv.DictReader(lines)]
    return tuple(tuple(row for row in rows if row.month == month) for month in range(CYCLE_MONTHS))


def _row(record: dict[str, str]) -> CycleRow:
    address = tuple(part for part in (record["street"], record["town"]) if part)
    number = account_iban("pl", "party", record["party"]) if record["street"] else None
    return CycleRow(
        month=int(record["month"]),
        day=int(record["day"]),
        minor=int(record["amount"]),
        kind=record["kind"],
        title=record["title"],
        party=Party(record["party"], address, number),
        mcc=record["mcc"],
        labels=tuple(filter(None, record["labels"].split("|"))),
    )


def book(seed: int, login: str) -> MonthBook:
    """The booked rows of the default Polish person's only account, month by month."""

    @lru_cache(maxsize=CACHED_MONTHS)
    def month_rows(year: int, month: int) -> tuple[Transaction, ...]:
        balance = _opening(year, month)
        rows = []
        for row in cycle()[(month - 1) % CYCLE_MONTHS]:
            balance += row.minor
            rows.append(_transaction(seed, login, row, date(year, month, row.day), balance))
        return tuple(rows)

    return month_rows


def _opening(year: int, month: int) -> int:
    """The balance at the start of the month, in minor units."""
    passed = (year - HISTORY_STARTS_ON.year) * 12 + month - HISTORY_STARTS_ON.month
    nets = [sum(row.minor for row in rows) for rows in cycle()]
    before = list(accumulate(nets, initial=0))
    cycles, place = divmod(passed, CYCLE_MONTHS)
    return OPENING_MINOR + cycles * before[-1] + before[place]


def _transaction(seed: int, login: str, row: CycleRow, day: date, balance: int) -> Transaction:
    return Transaction(
        item_id=seeds.identifier(seed, "pl", login, "cycle", day.isoformat()),
        minor=row.minor,
        currency="PLN",
        title=row.title,
        kind=row.kind,
        party=row.party,
        traded_on=day,
        booked_on=day,
        balance_minor=balance,
        mcc=row.mcc,
    )
