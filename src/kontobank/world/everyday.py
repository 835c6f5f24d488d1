"""Everybody else's months: drawn from the country's habits, each month from a generator of its own.

A month opens and closes at the same balance: its last row moves what was saved to another account
of the owner's. So no month needs any other, and no row ever changes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from kontobank import seeds
from kontobank.people.countries import Country, Habit
from kontobank.people.numbers import account_iban
from kontobank.world.nouns import MonthBook, Party, Transaction, month_length_days

SPENT_PER_MILLE_MAX = 950
SETTLED_DAYS_MAX = 2  # a card purchase is booked up to so many days after it
CARD_FIRST_DAY = 2
CACHED_MONTHS = 2_000


@dataclass(frozen=True)
class Draft:
    """A row before balances: what moved when."""

    day: int
    minor: int
    habit: Habit
    title: str
    party: str


def opening_minor(country: Country) -> int:
    """The balance at the start of every month: enough for a month without a salary."""
    return max(habit.minor_max for habit in country.habits if habit.is_credit) * 6 // 5


def book(seed: int, country: Country, login: str, account: int) -> MonthBook:
    """The booked rows of a current account, month by month."""

    @lru_cache(maxsize=CACHED_MONTHS)
    def month_rows(year: int, month: int) -> tuple[Transaction, ...]:
        draw = seeds.rng(seed, country.code, login, account, year, month)
        drafts = _within_means(_drafts(draw, country, year, month))
        drafts.append(_savings(drafts, country, month_length_days(year, month)))
        balance = opening_minor(country)
        rows = []
        for place, draft in enumerate(drafts):
            balance += draft.minor
            booked_on = date(year, month, draft.day)
            rows.append(
                Transaction(
                    item_id=seeds.identifier(
                        seed, country.code, login, account, booked_on.isoformat(), place
                    ),
                    minor=draft.minor,
                    currency=country.currency,
                    title=draft.title,
                    kind=draft.habit.kind,
                    party=party_of(seed, country, draft.party),
                    traded_on=_traded_on(draw, draft, booked_on),
                    booked_on=booked_on,
                    balance_minor=balance,
                    mcc=draft.habit.mcc,
                )
            )
        return tuple(rows)

    return month_rows


def draft_of(
    draw: seeds.Rng, country: Country, habit: Habit, day: int, year: int, month: int
) -> Draft:
    """One movement of a habit: amount and words drawn."""
    minor = draw.randint(habit.minor_min, habit.minor_max)
    person = f"{draw.choice(country.given)} {draw.choice(country.family)}"
    words = {"n": f"{draw.randrange(10_000):04d}", "m": f"{month:02d}/{year}", "who": person}
    signed = minor if habit.is_credit else -minor
    return Draft(day, signed, habit, habit.title.format(**words), habit.party.format(**words))


def party_of(seed: int, country: Country, name: str) -> Party:
    """The other side by its name; the same name has the same address and account."""
    draw = seeds.rng(seed, country.code, "party", name)
    address = (f"{draw.choice(country.streets)} {draw.randint(1, 99)}", draw.choice(country.towns))
    return Party(name, address, account_iban(country.code, "party", name))


def _drafts(draw: seeds.Rng, country: Country, year: int, month: int) -> list[Draft]:
    last = month_length_days(year, month) - 1
    drafts = []
    for habit in country.habits:
        for _ in range(draw.randint(habit.times_min, habit.times_max)):
            day = habit.day or draw.randint(CARD_FIRST_DAY, last)
            drafts.append(draft_of(draw, country, habit, min(day, last), year, month))
    return sorted(drafts, key=lambda draft: draft.day)


def _within_means(drafts: list[Draft]) -> list[Draft]:
    """The drafts with every payment shrunk so that the month earns more than it spends."""
    earned = sum(draft.minor for draft in drafts if draft.minor > 0)
    spent = -sum(draft.minor for draft in drafts if draft.minor < 0)
    allowed = earned * SPENT_PER_MILLE_MAX // 1000
    if spent <= allowed:
        return drafts
    return [
        draft
        if draft.minor > 0
        else Draft(
            draft.day, draft.minor * allowed // spent + 1, draft.habit, draft.title, draft.party
        )
        for draft in drafts
    ]


def _savings(drafts: list[Draft], country: Country, last: int) -> Draft:
    left = sum(draft.minor for draft in drafts)
    kind = country.kinds["internal"]
    habit = Habit("savings", kind, kind, "KontoBank", False, left, left, 1, 1, last, "")
    return Draft(last, -left, habit, kind, "KontoBank")


def _traded_on(draw: seeds.Rng, draft: Draft, booked_on: date) -> date:
    if not draft.habit.mcc or draft.day <= CARD_FIRST_DAY:
        return booked_on
    return booked_on - timedelta(days=draw.randint(0, SETTLED_DAYS_MAX))
