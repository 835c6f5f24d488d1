"""Accounts that live: `alive-3x40-anna` has three accounts on which forty payments a month happen.

What happens is drawn month by month and fixed for ever; the instant only decides what is shown. A
month's payments come to nothing in the end: its last one moves what is left to another account of
the owner's. A life ends in the month after the one it began in, so a balance needs two months.
"""

import re
from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate

from kontobank import seeds
from kontobank.people.countries import Country, Habit
from kontobank.people.countries import country as country_of
from kontobank.people.owners import ALIVE_PREFIX
from kontobank.world.everyday import Draft, draft_of, opening_minor, party_of
from kontobank.world.fates import Plan, direct, fate_of
from kontobank.world.lives import LIFE_DAYS_MAX, Appearance, Life
from kontobank.world.manners import USUAL, Manner
from kontobank.world.nouns import (
    HISTORY_STARTS_ON,
    MonthBook,
    Party,
    Transaction,
    month_length_days,
)

ACCOUNTS_MAX = 20
ROWS_MAX = 2_000
DEFAULT_SIZE = (1, 40)
ROWS_PER_OPENING = 20  # so many payments a month never spend the largest income
SIZE = re.compile(rf"^{ALIVE_PREFIX}(\d{{1,2}})x(\d{{1,4}})(?:-.*)?$")
TWIN_PERCENT = 8
TWIN_AFTER_S = (20, 5_400)
OPEN_S = (6 * 3_600, 21 * 3_600)  # people pay from six in the morning to nine
CLOSES_AT = time(21, tzinfo=UTC)
MONTH_DAYS_MAX = 31
MONTHS_OF_A_LIST = 4
MONTHS_CACHED = 400
PARTIES_CACHED = 5_000

Key = tuple[int, str, str, int]  # seed, country, login, account
When = tuple[int, int, int]  # year, month, place in it


def size(login: str) -> tuple[int, int]:
    """How many accounts and payments a month a living login has; (1, 40) when it does not say."""
    match = SIZE.match(login)
    if match is None:
        return DEFAULT_SIZE
    return max(1, min(ACCOUNTS_MAX, int(match[1]))), max(1, min(ROWS_MAX, int(match[2])))


def opening(key: Key) -> int:
    """The balance before the first payment and after all of them."""
    return opening_minor(country_of(key[1])) * (2 + size(key[2])[1] // ROWS_PER_OPENING)


@lru_cache(maxsize=MONTHS_CACHED)
def lives(key: Key, year: int, month: int, manner: Manner = USUAL) -> tuple[Life, ...]:
    """Every payment of one account that happened in the month, by instant."""
    if date(year, month, 1) < HISTORY_STARTS_ON:
        return ()
    count = size(key[2])[1]
    draw = seeds.rng(*key, "alive", year, month)
    found: list[Life] = []
    for place, draft in enumerate(_drafts(draw, country_of(key[1]), year, month, count)):
        when = (year, month, place)
        found.append(_life(key, draft, when, manner))
        if draw.randrange(100) < TWIN_PERCENT:
            found.append(_twin(key, draft, when, manner))
    found = sorted(found[:count], key=lambda life: (life.happened_at, life.true_id))
    left = sum(life.settled_minor for life in found)
    return (*found, *_closing(key, date(year, month, 1), left))


def around(key: Key, day: date, manner: Manner = USUAL) -> tuple[Life, ...]:
    """The payments of the day's month and of the month before: all that can still change."""
    before = day.replace(day=1) - timedelta(days=1)
    earlier = lives(key, before.year, before.month, manner)
    return earlier + lives(key, day.year, day.month, manner)


def booked(
    key: Key, first_on: date, at: datetime, manner: Manner = USUAL
) -> list[tuple[Life, Appearance]]:
    """What is booked at the instant of the payments around the day, in the order of the list."""
    found = [(life, one) for life in around(key, first_on, manner) for one in life.booked(at)]
    return sorted(found, key=lambda pair: _place(pair[1]))


def unbooked(key: Key, at: datetime, manner: Manner = USUAL) -> tuple[Transaction, ...]:
    """The rows held or pending at the instant, oldest first."""
    found = [(life, one) for life in around(key, at.date(), manner) for one in life.unbooked(at)]
    found.sort(key=lambda pair: _place(pair[1]))
    return manner.named((life.row(one, None) for life, one in found), at.date())


def book(key: Key, at: datetime, manner: Manner = USUAL) -> MonthBook:
    """The booked rows of a living account as they are at the instant, month by month.

    A row's balance follows from the row before it in the list: a row that arrives under an earlier
    day moves the balances after it.
    """

    def month_rows(year: int, month: int) -> tuple[Transaction, ...]:
        first_on = date(year, month, 1)
        is_settled = at.date() >= _settled_on(first_on)
        settled = _settled_rows(key, year, month, manner) if is_settled else ()
        return manner.named(settled or _rows(key, first_on, at, manner), at.date())

    return lru_cache(maxsize=MONTHS_OF_A_LIST)(month_rows)


@lru_cache(maxsize=MONTHS_CACHED)
def _settled_rows(key: Key, year: int, month: int, manner: Manner) -> tuple[Transaction, ...]:
    """The rows of a month in which nothing can change any more."""
    first_on = date(year, month, 1)
    return _rows(key, first_on, datetime.combine(_settled_on(first_on), time(), UTC), manner)


def _settled_on(first_on: date) -> date:
    """The day by which every payment of the month that starts on this day has ended."""
    return first_on + timedelta(days=MONTH_DAYS_MAX + LIFE_DAYS_MAX)


def _rows(key: Key, first_on: date, at: datetime, manner: Manner) -> tuple[Transaction, ...]:
    balance = opening(key)
    rows = []
    for life, one in booked(key, first_on, at, manner):
        balance += one.minor
        if _month(one.booked_on) == _month(first_on):
            rows.append(life.row(one, balance))
    return tuple(rows)


def _month(day: date | None) -> tuple[int, int] | None:
    return (day.year, day.month) if day else None


def _place(one: Appearance) -> tuple[date, datetime, str, int]:
    """Where a row stands in its list."""
    return one.booked_on or one.from_at.date(), one.from_at, one.bank_id, one.piece


def _drafts(draw: seeds.Rng, country: Country, year: int, month: int, count: int) -> list[Draft]:
    """The movements of a month: those with a day of their own, then what is more or less usual."""
    last = month_length_days(year, month)
    fixed = [habit for habit in country.habits if habit.day]
    free = [habit for habit in country.habits if not habit.day]
    bounds = list(accumulate(habit.times_min + habit.times_max for habit in free))
    drafts = []
    for place in range(count):
        if place < len(fixed):
            habit = fixed[place]
        else:
            habit = free[bisect_right(bounds, draw.randrange(bounds[-1]))]
        day = min(habit.day, last) or draw.randint(1, last)
        drafts.append(draft_of(draw, country, habit, day, year, month))
    return drafts


def _life(key: Key, draft: Draft, when: When, manner: Manner) -> Life:
    """The life of a draft; the same key always gives the same one."""
    true_id = seeds.identifier(*key, "life", *when)
    happened_at = _happened_at(key, draft, when)
    return _lived(key, true_id, draft, happened_at, seeds.rng(*key, *when), manner)


def _twin(key: Key, draft: Draft, when: When, manner: Manner) -> Life:
    """A payment truly equal to that of the draft, the same day; half of them share its fate."""
    true_id = seeds.identifier(*key, "twin", *when)
    draw = seeds.rng(*key, "twin", *when)
    happened_at = _happened_at(key, draft, when) + timedelta(seconds=draw.randint(*TWIN_AFTER_S))
    fate = seeds.rng(*key, *when) if draw.randrange(2) else draw
    life = _lived(key, true_id, draft, happened_at, fate, manner)
    return replace(life, twin_of=seeds.identifier(*key, "life", *when))


def _closing(key: Key, first_on: date, left: int) -> tuple[Life, ...]:
    """What the month left goes to another account of the owner's on its last evening."""
    if left == 0:
        return ()
    last = month_length_days(first_on.year, first_on.month)
    kind = country_of(key[1]).kinds["internal"]
    habit = Habit("savings", kind, kind, "KontoBank", False, abs(left), abs(left), 1, 1, last, "")
    at = datetime.combine(first_on.replace(day=last), CLOSES_AT)
    true_id = seeds.identifier(*key, "closing", first_on.isoformat())
    draft = Draft(last, -left, habit, kind, "KontoBank")
    plan = Plan(true_id, draft, Party("KontoBank"), at, seeds.rng(true_id))
    return (_life_of(key, plan, "direct", tuple(direct(plan))),)


def _happened_at(key: Key, draft: Draft, when: When) -> datetime:
    start = datetime(when[0], when[1], draft.day, tzinfo=UTC)
    return start + timedelta(seconds=seeds.rng(*key, "instant", *when).randint(*OPEN_S))


def _lived(
    key: Key,
    true_id: str,
    draft: Draft,
    happened_at: datetime,
    fate: seeds.Rng,
    manner: Manner,
) -> Life:
    party = _party(key[0], key[1], draft.party)
    plan = Plan(true_id, draft, party, happened_at, fate, manner)
    return _life_of(key, plan, *fate_of(plan))


def _life_of(key: Key, plan: Plan, fate: str, shown: tuple[Appearance, ...]) -> Life:
    habit = plan.draft.habit
    currency = country_of(key[1]).currency
    return Life(plan.true_id, fate, plan.happened_at, currency, habit.kind, habit.mcc, shown)


@lru_cache(maxsize=PARTIES_CACHED)
def _party(seed: int, code: str, name: str) -> Party:
    return party_of(seed, country_of(code), name)
