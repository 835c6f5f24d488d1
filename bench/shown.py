"""What a bank with a pack lists of a living account, through a standard's words and conversion.

No row has a balance after it: many banks show none, and it would only help to tell rows apart.
Each row keeps the payment it truly is beside it; the platform's side of it never sees that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from kontobank.apis.berlin_group import render as berlin_words
from kontobank.apis.cut import dumps
from kontobank.apis.polish_api import render as polish_words
from kontobank.quirks import REPLIES, Sight, seen
from kontobank.world import Account, alive
from kontobank.world import Transaction as BankRow
from kontobank.world.lives import HOLD, Appearance, Life
from kontobank.world.manners import Manner
from kontobank.world.nouns import months
from opensaldo.connectors import lenient
from opensaldo.connectors.protocols.berlin_group import convert as berlin_convert
from opensaldo.connectors.protocols.polish_api import convert as polish_convert
from opensaldo.connectors.protocols.polish_api import messages
from opensaldo.domain.transaction import Transaction

_DIGITS = re.compile(r"\d+")
MANY_TO_ONE = ("splits", "merges")


class Truth(NamedTuple):
    """Which piece of which payment a row is; twins have the same `equal`."""

    payment: str
    equal: str
    piece: int
    minor: int
    has_counterpart: bool


NOBODY = Truth("", "", 0, 0, False)


@dataclass(frozen=True, slots=True)
class KnownRow(BankRow):
    """A row of the bank with the payment it is."""

    truth: Truth = NOBODY


class Listed(NamedTuple):
    """One row as the platform reads it, and the truth of it."""

    row: Transaction
    truth: Truth
    is_whole: bool  # its amount is that of the payment's piece


Page = tuple[Listed, ...]
Convert = Callable[[Account, list[KnownRow], str, frozenset[str]], tuple[Transaction, ...]]


class Bank:
    """One account's lists at a bank of this standard with this pack (none: the empty name)."""

    def __init__(self, key: alive.Key, account: Account, standard: str, pack: str) -> None:
        self._key, self._account = key, account
        self._convert = CONVERT[standard]
        self._packs = frozenset({pack} if pack else ())
        self._readings = 0
        self._known: dict[tuple[KnownRow, ...], Page] = {}

    def pages(self, booked: list[KnownRow], waiting: list[KnownRow]) -> list[Page]:
        """The pages of all lists; each booked day is a page of its own."""
        self._readings += 1
        sight = Sight(self._key[0], self._key[2], self._account.number, self._readings)
        with_balances: list[Any] = seen(self._packs, list(booked), sight)
        shown = [replace(row, balance_minor=None) for row in with_balances]
        days = [list(rows) for _, rows in groupby(shown, lambda row: row.booked_on)]
        found = [self._page(rows, "done") for rows in days]
        for kind in ("pending", HOLD):
            rows = [row for row in waiting if row.status == kind]
            found.append(self._page(rows, kind))
        return found

    def _page(self, rows: list[KnownRow], kind: str) -> Page:
        """Equal pages are worded and converted once."""
        place = tuple(rows)
        if place not in self._known:
            converted = self._convert(self._account, rows, kind, self._packs)
            self._known[place] = tuple(
                Listed(row, source.truth, source.minor == source.truth.minor)
                for row, source in zip(converted, rows, strict=True)
            )
        return self._known[place]


def booked_rows(key: alive.Key, at: datetime, first: date, manner: Manner) -> list[KnownRow]:
    """The rows the bank shows as booked from this day on, newest first, with balances."""
    at = manner.seen_at(at)
    found = []
    for year, month in months(first, at.date()):
        balance = alive.opening(key)
        for life, one in alive.booked(key, date(year, month, 1), at, manner):
            balance += one.minor
            on = one.booked_on or first
            if (on.year, on.month) == (year, month) and first <= on <= at.date():
                found.append(_known_row(life, one, balance))
    return _named(found, at, manner)[::-1]


def waiting_rows(key: alive.Key, at: datetime, manner: Manner) -> list[KnownRow]:
    """The rows the bank shows as held or pending, newest first."""
    at = manner.seen_at(at)
    around = alive.around(key, at.date(), manner)
    found = [(one.from_at, life, one) for life in around for one in life.unbooked(at)]
    found.sort(key=lambda each: (each[0], each[2].bank_id))
    rows = [_known_row(life, one, None) for _, life, one in found]
    return _named(rows, at, manner)[::-1]


def _named(rows: list[KnownRow], at: datetime, manner: Manner) -> list[KnownRow]:
    named = manner.named(rows, at.date())
    return [row for row in named if isinstance(row, KnownRow)]


def without_numbers(rows: list[KnownRow]) -> list[KnownRow]:
    """The rows with no digit left in their titles."""
    return [replace(row, title=_DIGITS.sub("", row.title)) for row in rows]


def _known_row(life: Life, one: Appearance, balance: int | None) -> KnownRow:
    row = life.row(one, balance)
    equal = life.twin_of or life.true_id
    truth = Truth(life.true_id, equal, one.piece, one.minor, life.fate not in MANY_TO_ONE)
    members = {name: getattr(row, name) for name in BankRow.__dataclass_fields__}
    return KnownRow(**members, truth=truth)


def _polish(
    account: Account, rows: list[KnownRow], kind: str, _packs: frozenset[str]
) -> tuple[Transaction, ...]:
    listed = b",".join(polish_words.transaction(row, account) for row in rows)
    name = b"holds" if kind == HOLD else b"transactions"
    reply = lenient.decode(b'{"' + name + b'":[' + listed + b"]}", messages.ListReply)
    return _POLISH_PAGES[kind](reply).rows


def _berlin(
    account: Account, rows: list[KnownRow], kind: str, packs: frozenset[str]
) -> tuple[Transaction, ...]:
    state = "booked" if kind == "done" else "pending"
    report = {state: [berlin_words.transaction(row, account) for row in rows], "_links": {}}
    body: dict[str, Any] = {"account": berlin_words.reference(account), "transactions": report}
    body = json.loads(dumps(body))
    for name in sorted(packs & REPLIES.keys()):
        body = REPLIES[name](body)
    found = berlin_convert.transactions(dumps(body), account=account.number)
    return found.booked if state == "booked" else found.pending


_POLISH_PAGES = {
    "done": polish_convert.done_page,
    "pending": polish_convert.pending_page,
    HOLD: polish_convert.holds_page,
}
CONVERT: dict[str, Convert] = {"polish_api": _polish, "berlin_group": _berlin}


def rows_of(pages: list[Page]) -> Iterator[Listed]:
    """The rows of all pages in their order."""
    return (listed for page in pages for listed in page)
