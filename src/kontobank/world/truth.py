"""The truth file: what really happened on a living login's accounts, as JSON lines.

It is written from the lives alone; neither the lists of a standard nor their balances are asked.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from kontobank.people.countries import country
from kontobank.people.numbers import account_iban
from kontobank.people.owners import ALIVE_PREFIX
from kontobank.world import alive
from kontobank.world.lives import HOLD, Appearance, Life
from kontobank.world.manners import USUAL, Manner
from kontobank.world.nouns import DONE, HISTORY_STARTS_ON, months

DAYS_DEFAULT = 400
DAYS_MAX = 4_000
Record = dict[str, Any]


class NoTruth(ValueError):
    """There is no truth file of this: the login stands still, or the days are none."""


def truth(
    seed: int, code: str, login: str, first: date, last: date, manner: Manner = USUAL
) -> Iterator[Record]:
    """Each account, its payments that happened on the days first..last, its balances day by day.

    A payment comes with its whole life, also with what is shown of it only after the last day.
    """
    if not login.startswith(ALIVE_PREFIX):
        raise NoTruth(f"only logins that begin with {ALIVE_PREFIX} live")
    if not timedelta() <= last - first <= timedelta(days=DAYS_MAX):
        raise NoTruth(f"from is not after to, and no more than {DAYS_MAX} days before it")
    first = max(first, HISTORY_STARTS_ON)
    for index in range(alive.size(login)[0]):
        key = (seed, code, login, index)
        number = account_iban(code, seed, login, index)
        yield {
            "record": "account",
            "account": number,
            "currency": country(code).currency,
            "opening_minor": alive.opening(key),
        }
        yield from (_payment(number, life) for life in _lives(key, first, last, manner))
        yield from _balances(key, number, first, last, manner)


def lines(records: Iterator[Record]) -> str:
    """The records as JSON lines."""
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)


def _lives(key: alive.Key, first: date, last: date, manner: Manner) -> Iterator[Life]:
    """The payments that happened on the days, by instant."""
    for year, month in months(first, last):
        for life in alive.lives(key, year, month, manner):
            if first <= life.happened_at.date() <= last:
                yield life


def _payment(number: str, life: Life) -> Record:
    return {
        "record": "payment",
        "account": number,
        "payment": life.true_id,
        "fate": life.fate,
        "twin_of": life.twin_of,
        "happened_at": _instant(life.happened_at),
        "kind": life.kind,
        "mcc": life.mcc,
        "currency": life.currency,
        "settled_minor": life.settled_minor,
        "appearances": [_appearance(one) for one in life.appearances],
    }


def _appearance(one: Appearance) -> Record:
    return {
        "status": one.status,
        "piece": one.piece,
        "bank_id": one.bank_id,
        "minor": one.minor,
        "text": one.title,
        "party": one.party.name,
        "party_account": one.party.account,
        "traded_on": one.traded_on.isoformat(),
        "booked_on": one.booked_on.isoformat() if one.booked_on else None,
        "from": _instant(one.from_at),
        "until": _instant(one.until_at) if one.until_at else None,
    }


def _balances(
    key: alive.Key, number: str, first: date, last: date, manner: Manner
) -> Iterator[Record]:
    """What is booked and held at the end of each day, summed up from every life so far."""
    for place in range((last - first).days + 1):
        day = first + timedelta(days=place)
        end = datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)
        shown = [one for life in alive.around(key, day, manner) for one in life.appearances]
        shown = [one for one in shown if one.is_shown(end)]
        booked = alive.opening(key) + sum(one.minor for one in shown if one.status == DONE)
        held = sum(one.minor for one in shown if one.status == HOLD)
        yield {
            "record": "balance",
            "account": number,
            "day": day.isoformat(),
            "booked_minor": booked,
            "held_minor": -held,
            "available_minor": booked + held,
        }


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
