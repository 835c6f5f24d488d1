"""Whether the pages of one list fit together: gaps are noticed; pure.

What tells a gap is the chain of running balances, where the rows of a list keep one, and the
bank's own count of its rows, where it gives one. A bank that gives neither can leave out a page
unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise

from opensaldo.connectors.base import Page, TornList
from opensaldo.domain.transaction import Transaction, TransactionStatus

EDGE = timedelta(days=7)  # of the range: banks leave out rows by the day of trade, not of booking
PAIRS_HELD_MIN = 2  # so many neighbours agree before one that does not is a gap

Fits = Callable[[Transaction, Transaction], bool]


class Seams:
    """What was seen of one list so far."""

    def __init__(self, list_name: str, since: date) -> None:
        """Nothing was seen yet of a list asked for from `since` on; errors name the list."""
        self._name = list_name
        self._edge_on = since + EDGE
        self._seen: set[Transaction] = set()
        self._count = 0
        self._list_count: int | None = None
        self._is_counted = True
        self._last: Transaction | None = None
        self._orders: Mapping[str, Fits] = _ORDERS
        self._held = 0

    def check(self, page: Page) -> None:
        """The next page follows on the one before it; rows it repeats are left to `sifted`.

        Raises:
            TornList: rows are missing before it, or the list changed since the page before.
        """
        fresh = tuple(row for row in page.rows if not (row in self._seen and _is_one(row)))
        if page.rows and not fresh:
            raise TornList(self._name, "a page with rows of its own")
        self._seen.update(fresh)
        self._count += len(fresh)
        self._check_count(page)
        self._check_chain(fresh)

    def _check_count(self, page: Page) -> None:
        """The bank counts the same rows on every page, and in the end as many as it showed."""
        said, before = page.list_count, self._list_count
        self._is_counted = self._is_counted and said is not None
        self._list_count = said
        if not self._is_counted:
            return
        if before not in (None, said):
            raise TornList(self._name, "as many rows as when the list was begun")
        if page.is_last and self._count != said:
            raise TornList(self._name, "all the rows the bank counts")

    def _check_chain(self, fresh: Iterable[Transaction]) -> None:
        """Each balance follows from its neighbour's, also where two pages meet."""
        rows = [row for row in fresh if row.status is TransactionStatus.DONE]
        if any(row.balance is None for row in rows):
            self._orders = {}
        pairs = list(pairwise(rows))
        within = {name: fits for name, fits in self._orders.items() if _all_fit(fits, pairs)}
        self._held += len(pairs)
        if rows and self._last is not None and within:
            seam = [(self._last, rows[0])]
            across = {name: fits for name, fits in within.items() if _all_fit(fits, seam)}
            is_edge = (rows[0].booked_on or self._edge_on) <= self._edge_on
            if not across and self._held >= PAIRS_HELD_MIN and not is_edge:
                raise TornList(self._name, "rows whose balances follow from each other")
            within, self._held = across, self._held + 1
        self._orders = within
        self._last = rows[-1] if rows else self._last


def _is_one(row: Transaction) -> bool:
    """Whether an equal row must be this one: the bank named it, or its balance tells it apart."""
    return row.bank_hint is not None or row.balance is not None


def _all_fit(fits: Fits, pairs: Iterable[tuple[Transaction, Transaction]]) -> bool:
    return all(fits(first, second) for first, second in pairs)


def _newest_first(newer: Transaction, older: Transaction) -> bool:
    return newer.balance is not None and newer.balance - newer.amount == older.balance


def _oldest_first(older: Transaction, newer: Transaction) -> bool:
    return _newest_first(newer, older)


_ORDERS: Mapping[str, Fits] = {"newest first": _newest_first, "oldest first": _oldest_first}
