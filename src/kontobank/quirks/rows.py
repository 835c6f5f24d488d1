"""Packs that change which rows a list has, what they are called and how it is cut into pages.

They work on the bank's own rows, before any standard words them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from kontobank import seeds
from kontobank.world import Transaction

IDS_IN_USE = 7  # a bank that counts payments anew after so many
BOTH_HALVES = 2
Rows = list[Transaction]


@dataclass(frozen=True)
class Sight:
    """Who looks at a list: at which account, and for the how manieth time."""

    seed: int
    login: str
    account: str
    reading: int


def seen(names: Iterable[str], rows: Rows, sight: Sight) -> Rows:
    """The rows, newest first, as a bank with these packs has them."""
    for name in sorted(names):
        if name in ROWS:
            rows = ROWS[name](rows, sight)
    return rows


def _named(name: Callable[[int, Transaction, Sight], str]) -> Callable[[Rows, Sight], Rows]:
    """The rows with other ids; a row is counted from the oldest one on."""

    def renamed(rows: Rows, sight: Sight) -> Rows:
        last = len(rows) - 1
        return [
            replace(row, item_id=name(last - place, row, sight)) for place, row in enumerate(rows)
        ]

    return renamed


def _reissued(_place: int, row: Transaction, sight: Sight) -> str:
    return seeds.identifier(sight.seed, sight.account, row.item_id, sight.reading)


def _of_the_day(_place: int, row: Transaction, _sight: Sight) -> str:
    return f"{row.booked_on or row.traded_on:%Y%m%d}"


def twins(rows: Rows, _sight: Sight) -> Rows:
    """Every payment of an even amount is two equal ones of half of it, under one id."""
    found: Rows = []
    for row in rows:
        half = row.minor // BOTH_HALVES
        if row.minor % BOTH_HALVES or not half or row.balance_minor is None:
            found.append(row)
            continue
        found.append(replace(row, minor=half))
        found.append(replace(row, minor=half, balance_minor=row.balance_minor - half))
    return found


ROWS: Mapping[str, Callable[[Rows, Sight], Rows]] = {
    "ids-blank": _named(lambda _place, _row, _sight: " "),
    "ids-reissued": _named(_reissued),
    "ids-reused": _named(lambda place, _row, _sight: f"REF{place % IDS_IN_USE}"),
    "ids-of-the-day": _named(_of_the_day),
    "ids-per-account": _named(lambda place, _row, _sight: f"{place + 1}"),
    "twins-under-one-id": twins,
}
CUTS: Mapping[str, Callable[[int, bool], str]] = {
    "first-page-empty": lambda _reading, is_first: "empty_page" if is_first else "",
    "pages-overlap": lambda _reading, is_first: "" if is_first else "repeated_page",
    "list-moves-on": lambda reading, is_first: (
        "row_removed" if reading == 1 and not is_first else ""
    ),
}
