"""Which of the rows a bank sent belong in the result, and why the others do not; pure.

Banks send pages twice, one row on two pages, a row as pending beside the same one booked, and two
truly equal payments, which must stay two. The bank's own id tells them apart only where it holds:
not when it is blank, and not at a bank that gives one id to different rows. A balance after the row
tells it apart too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from opensaldo.domain.receipt import Skip
from opensaldo.domain.transaction import Transaction, TransactionStatus, newest_first

REPEATED_PAGE_ROWS_MIN = 2  # a page of one row may truly come twice

Pages = Sequence[tuple[Transaction, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What one account's pages came to.

    `rows` are the result's, newest first; `booked` are all booked rows once, in the bank's order
    and from before the range too, for they carry the balances.
    """

    rows: tuple[Transaction, ...]
    booked: tuple[Transaction, ...]
    fetched: int
    skipped: Mapping[Skip, int]


def sifted(pages: Pages, since: date) -> Sifted:
    """The rows to keep out of all pages of all lists of one account."""
    fetched = [row for page in pages for row in page]
    all_once = once(pages)
    moving = [row for row in all_once if row.status.moves_money]
    settled = _without_booked_besides(moving)
    rows = [row for row in settled if row.day is None or row.day >= since]
    skipped = {
        Skip.SENT_TWICE: len(fetched) - len(all_once),
        Skip.NO_MONEY_MOVED: len(all_once) - len(moving),
        Skip.BOOKED_BESIDES: len(moving) - len(settled),
        Skip.OUTSIDE_RANGE: len(settled) - len(rows),
    }
    return Sifted(
        rows=newest_first(rows),
        booked=tuple(row for row in moving if row.status is TransactionStatus.DONE),
        fetched=len(fetched),
        skipped={why: count for why, count in skipped.items() if count},
    )


def once(pages: Pages) -> list[Transaction]:
    """The rows without those that a second page repeats."""
    holding = _ids_that_hold(pages)
    seen_pages: set[tuple[Transaction, ...]] = set()
    seen: Counter[Transaction] = Counter()
    kept: list[Transaction] = []
    for page in pages:
        if len(page) >= REPEATED_PAGE_ROWS_MIN and page in seen_pages:
            continue
        seen_pages.add(page)
        here: Counter[Transaction] = Counter()
        for row in page:
            here[row] += 1
            is_known = row.bank_hint in holding or row.balance is not None
            if not is_known or here[row] > seen[row]:
                kept.append(row)
        seen.update({row: max(0, count - seen[row]) for row, count in here.items()})
    return kept


def _ids_that_hold(pages: Pages) -> frozenset[str | None]:
    """The bank's ids, unless it gave any of them to rows with different facts."""
    first_of: dict[str, Transaction] = {}
    for page in pages:
        for row in page:
            if row.bank_hint is None:
                continue
            first = first_of.setdefault(row.bank_hint, row)
            if first is not row and _facts(first) != _facts(row):
                return frozenset()
    return frozenset(first_of)


def _facts(row: Transaction) -> Transaction:
    """The row apart from what changes while it books."""
    return replace(
        row, status=TransactionStatus.DONE, booked_on=None, balance=None, transaction_on=None
    )


def _without_booked_besides(rows: list[Transaction]) -> list[Transaction]:
    """The rows without the pending ones that stand among the booked under the same id."""
    booked = {
        (row.bank_hint, row.amount)
        for row in rows
        if row.status is TransactionStatus.DONE and row.bank_hint is not None
    }
    return [
        row
        for row in rows
        if row.status is TransactionStatus.DONE or (row.bank_hint, row.amount) not in booked
    ]
