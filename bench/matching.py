"""How well booked rows are recognised as the pending ones they were, by what became of a payment.

    python -m bench.matching [rows] [hours between imports]

KontoBank's living accounts are imported again and again in memory, through the platform's own
recognising and with the memory packed in between; the bank's truth says which row is which.
Precision: of the booked rows given a pending row's id, how many were that payment. Recall: of the
booked rows whose payment an import had seen pending, how many kept its id. Equal twins, which
nobody can tell apart, count as each other.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count

from rich.table import Table

from bench.harness import console
from kontobank.world import alive
from kontobank.world.lives import Appearance, Life
from kontobank.world.nouns import DONE
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.recognising import recognised
from opensaldo.engine.remembered import Memory, pack, unpack

ROWS = 4_000
HOURS_APART = 12
DAYS = 60
READ_DAYS = 45
LOGIN = "alive-1x120"
COUNTRIES = ("pl", "cz", "ro", "es")
START = datetime(2026, 1, 10, 8, tzinfo=UTC)
TITLES = ("became of it", "rows booked", "seen pending", "recognised", "precision", "recall")

Truth = tuple[str, int]  # a payment's true id and its piece


@dataclass
class Tally:
    """Counts by what became of the payment."""

    booked: Counter[str] = field(default_factory=Counter)
    due: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Simulate until enough rows have booked; print the table."""
    rows_min = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    hours = int(sys.argv[2]) if len(sys.argv) > 2 else HOURS_APART
    tally = Tally()
    for seed in count(1):
        key = (seed, COUNTRIES[seed % len(COUNTRIES)], LOGIN, 0)
        _follow(key, timedelta(hours=hours), tally)
        if tally.booked.total() >= rows_min:
            break
    _show(tally, hours)


def _follow(key: alive.Key, apart: timedelta, tally: Tally) -> None:
    """One account for some weeks: each booked row is judged when it is first seen booked."""
    memory: Memory | None = None
    truths_of_id: dict[str, set[Truth]] = {}
    seen_pending: set[Truth] = set()
    judged: set[Truth] = set()
    at = START
    while at < START + timedelta(days=DAYS):
        shown = _shown(key, at)
        found = recognised(
            _fingerprint,
            f"{key}",
            [_row(life, one) for life, one in shown],
            memory,
            balance=None,
            since=(at - timedelta(days=READ_DAYS)).date(),
            today=at.date(),
        )
        memory = unpack(pack(found.memory))
        for (life, one), row_id in zip(shown, found.ids, strict=True):
            own, either = (life.true_id, one.piece), (life.twin_of or life.true_id, one.piece)
            if one.status != DONE:
                seen_pending.add(own)
                if row_id is not None:
                    truths_of_id.setdefault(row_id, set()).add(either)
            elif own not in judged:
                judged.add(own)
                tally.booked[life.fate] += 1
                tally.due[life.fate] += own in seen_pending
                tally.given[life.fate] += row_id in truths_of_id
                tally.right[life.fate] += either in truths_of_id.get(row_id or "", ())
        at += apart


def _shown(key: alive.Key, at: datetime) -> list[tuple[Life, Appearance]]:
    """What the bank lists at the instant, with the payment each row truly is."""
    first = (at - timedelta(days=READ_DAYS)).date()
    lives = {life.true_id: life for day in (first, at.date()) for life in alive.around(key, day)}
    found = [
        (life, one)
        for life in lives.values()
        for one in life.appearances
        if one.is_shown(at) and (one.booked_on or one.traded_on) >= first
    ]
    return sorted(found, key=lambda pair: (pair[1].from_at, pair[0].true_id, pair[1].piece))


def _row(life: Life, one: Appearance) -> Transaction:
    is_booked = one.status == DONE
    return Transaction(
        amount=Decimal(one.minor).scaleb(-2),
        transaction_on=one.traded_on,
        booked_on=one.booked_on,
        title=one.title or None,
        party=one.party.name or None,
        party_iban=one.party.account,
        kind=life.kind,
        status=TransactionStatus.DONE if is_booked else TransactionStatus.PENDING,
        bank_id=one.bank_id or None,
    )


def _fingerprint(*parts: str) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()


def _show(tally: Tally, hours: int) -> None:
    table = Table(*TITLES, title=f"Pending to booked, an import every {hours} h")
    for fate in sorted(tally.booked):
        counts = (tally.booked[fate], tally.due[fate], tally.given[fate], tally.right[fate])
        table.add_row(fate, *_figures(*counts))
    totals = (one.total() for one in (tally.booked, tally.due, tally.given, tally.right))
    table.add_row("all", *_figures(*totals))
    console.print(table)


def _figures(booked: int, due: int, given: int, right: int) -> tuple[str, ...]:
    return str(booked), str(due), str(given), _share(right, given), _share(right, due)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


if __name__ == "__main__":
    main()
