"""The quieter accounts: savings, a deposit, a credit card, a company's account."""

from datetime import date
from functools import lru_cache

from kontobank import seeds
from kontobank.people.countries import Country
from kontobank.world.everyday import draft_of, party_of
from kontobank.world.nouns import (
    HISTORY_STARTS_ON,
    MonthBook,
    Party,
    Transaction,
    month_length_days,
)

CACHED_MONTHS = 2_000
SAVED_MINOR = 25_000
INTEREST_MINOR = 1_250
DEPOSIT_MINOR = 1_000_000
CARD_TIMES_MAX = 6


def savings_book(seed: int, country: Country, login: str, account: int) -> MonthBook:
    """A transfer in and some interest each month; the balance only grows."""

    @lru_cache(maxsize=CACHED_MONTHS)
    def month_rows(year: int, month: int) -> tuple[Transaction, ...]:
        passed = _months_since_start(year, month)
        before = passed * (SAVED_MINOR + INTEREST_MINOR)
        last = month_length_days(year, month)
        parts = ((11, SAVED_MINOR, "internal"), (last, INTEREST_MINOR, "interest"))
        rows = []
        for day, minor, kind in parts:
            before += minor
            key = (seed, country.code, login, account)
            rows.append(_plain(key, country, date(year, month, day), minor, kind, before))
        return tuple(rows)

    return month_rows


def deposit_book(seed: int, country: Country, login: str, account: int) -> MonthBook:
    """One row: the money put down when the deposit was made."""

    @lru_cache(maxsize=CACHED_MONTHS)
    def month_rows(year: int, month: int) -> tuple[Transaction, ...]:
        if (year, month) != (HISTORY_STARTS_ON.year, HISTORY_STARTS_ON.month):
            return ()
        key = (seed, country.code, login, account)
        day = HISTORY_STARTS_ON
        return (_plain(key, country, day, DEPOSIT_MINOR, "internal", DEPOSIT_MINOR),)

    return month_rows


def card_book(seed: int, country: Country, login: str, account: int) -> MonthBook:
    """Purchases of the month, repaid in full on its last day; the balance is what is owed."""
    habits = [habit for habit in country.habits if habit.mcc and habit.mcc != "6011"]

    @lru_cache(maxsize=CACHED_MONTHS)
    def month_rows(year: int, month: int) -> tuple[Transaction, ...]:
        draw = seeds.rng(seed, country.code, login, account, year, month)
        key = (seed, country.code, login, account)
        days = sorted(draw.randint(2, 26) for _ in range(draw.randint(2, CARD_TIMES_MAX)))
        owed, rows = 0, []
        for place, day in enumerate(days):
            draft = draft_of(draw, country, draw.choice(habits), day, year, month)
            owed += draft.minor
            when = date(year, month, day)
            rows.append(
                Transaction(
                    item_id=seeds.identifier(*key, when.isoformat(), place),
                    minor=draft.minor,
                    currency=country.currency,
                    title=draft.title,
                    kind=draft.habit.kind,
                    party=party_of(seed, country, draft.party),
                    traded_on=when,
                    booked_on=when,
                    balance_minor=owed,
                    mcc=draft.habit.mcc,
                )
            )
        last = date(year, month, month_length_days(year, month))
        return (*rows, _plain(key, country, last, -owed, "repayment", 0))

    return month_rows


def _months_since_start(year: int, month: int) -> int:
    return (year - HISTORY_STARTS_ON.year) * 12 + month - HISTORY_STARTS_ON.month


def _plain(
    key: tuple[seeds.Part, ...], country: Country, day: date, minor: int, kind: str, balance: int
) -> Transaction:
    """A row between the owner's own accounts."""
    return Transaction(
        item_id=seeds.identifier(*key, day.isoformat(), kind),
        minor=minor,
        currency=country.currency,
        title=country.kinds[kind],
        kind=country.kinds[kind],
        party=Party("KontoBank", country.bank_address),
        traded_on=day,
        booked_on=day,
        balance_minor=balance,
    )
