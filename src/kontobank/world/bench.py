"""Accounts for benchmarks: `bench-5x200` has five accounts of 200 rows in the last 90 days.

A block of 90 days repeats for ever and nets to zero, so any 90 days hold exactly that many rows.
"""

import re
from bisect import bisect_right
from datetime import date, timedelta
from functools import lru_cache

from kontobank import seeds
from kontobank.people.countries import Country, Habit
from kontobank.people.countries import country as country_of
from kontobank.world.everyday import draft_of, opening_minor, party_of
from kontobank.world.nouns import MonthBook, Party, Transaction, month_length_days

BLOCK_DAYS = 90
ACCOUNTS_MAX = 100
ROWS_MAX = 20_000
DEFAULT_SIZE = (1, 72)
CACHED_MONTHS = 4  # 90 days touch no more
TEMPLATES_CACHED = 100
SIZE = re.compile(r"^bench-(\d{1,3})x(\d{1,5})(?:-.*)?$")

Template = tuple[int, Habit, str, str]


def size(login: str) -> tuple[int, int]:
    """How many accounts and rows per account a bench login has; (1, 72) when it does not say."""
    match = SIZE.match(login)
    if match is None:
        return DEFAULT_SIZE
    return max(1, min(ACCOUNTS_MAX, int(match[1]))), min(ROWS_MAX, int(match[2]))


def book(seed: int, country: Country, login: str, account: int) -> MonthBook:
    """The booked rows of one bench account, month by month."""
    count = size(login)[1]
    template = _template(seed, country.code, account, count)
    parties = _parties(seed, country.code, account, count)
    balances = [opening_minor(country)]
    for minor, *_ in template:
        balances.append(balances[-1] + minor)

    @lru_cache(maxsize=CACHED_MONTHS)
    def month_rows(year: int, month: int) -> tuple[Transaction, ...]:
        start = date(year, month, 1)
        days = [start + timedelta(days=day) for day in range(month_length_days(year, month))]
        return tuple(
            Transaction(
                item_id=seeds.identifier(seed, login, account, day.isoformat(), place),
                minor=template[place][0],
                currency=country.currency,
                title=template[place][2],
                kind=template[place][1].kind,
                party=parties[template[place][3]],
                traded_on=day,
                booked_on=day,
                balance_minor=balances[place + 1],
                mcc=template[place][1].mcc,
            )
            for day in days
            for place in places(day, count)
        )

    return month_rows


def places(day: date, count: int) -> range:
    """Which rows of the block fall on this day."""
    position = day.toordinal() % BLOCK_DAYS
    return range(position * count // BLOCK_DAYS, (position + 1) * count // BLOCK_DAYS)


@lru_cache(maxsize=TEMPLATES_CACHED)
def _parties(seed: int, code: str, account: int, count: int) -> dict[str, Party]:
    """The other sides of a block by name."""
    names = {row[3] for row in _template(seed, code, account, count)}
    return {name: party_of(seed, country_of(code), name) for name in names}


@lru_cache(maxsize=TEMPLATES_CACHED)
def _template(seed: int, code: str, account: int, count: int) -> tuple[Template, ...]:
    """The rows of a block; all bench logins share it, only ids and numbers are their own."""
    country = country_of(code)
    draw = seeds.rng(seed, code, account, count, "block")
    weights: list[int] = []
    for habit in country.habits:
        weights.append((weights[-1] if weights else 0) + habit.times_min + habit.times_max)
    room = opening_minor(country)
    rows: list[Template] = []
    balance = 0
    for _ in range(count):
        habit = country.habits[bisect_right(weights, draw.randrange(weights[-1]))]
        draft = draft_of(draw, country, habit, 1, 2020, 1 + len(rows) % 12)
        minor = draft.minor if balance + draft.minor > -room else abs(draft.minor)
        balance += minor
        rows.append((minor, habit, draft.title, draft.party))
    if rows:  # the last row closes the block where it opened
        last = rows[-1]
        rows[-1] = (last[0] - balance or 1, *last[1:])
    return tuple(rows)
