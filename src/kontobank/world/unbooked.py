"""What is on its way: holds, pending, scheduled, rejected and cancelled rows of one day."""

from datetime import date, timedelta

from kontobank import seeds
from kontobank.people.countries import Country
from kontobank.world.everyday import draft_of, party_of
from kontobank.world.nouns import Transaction

DAYS_AWAY = {"hold": -1, "pending": 0, "rejected": -9, "cancelled": -4, "scheduled": 6}
HABITS = {
    "hold": "grocery",
    "pending": "energy",
    "rejected": "friend_out",
    "cancelled": "online",
    "scheduled": "rent",
}


def rows(
    seed: int, country: Country, login: str, account: int, day: date
) -> tuple[Transaction, ...]:
    """One row of each kind, drawn for the day it belongs to; the same day gives the same rows."""
    habits = {habit.key: habit for habit in country.habits}
    found = []
    for status, away in DAYS_AWAY.items():
        when = day + timedelta(days=away)
        draw = seeds.rng(seed, country.code, login, account, status, when.isoformat())
        draft = draft_of(draw, country, habits[HABITS[status]], 1, when.year, when.month)
        found.append(
            Transaction(
                item_id=seeds.identifier(
                    seed, country.code, login, account, when.isoformat(), status
                ),
                minor=draft.minor,
                currency=country.currency,
                title=draft.title,
                kind=draft.habit.kind,
                party=party_of(seed, country, draft.party),
                traded_on=when,
                booked_on=None,
                balance_minor=None,
                status=status,
                mcc=draft.habit.mcc,
            )
        )
    return tuple(found)
