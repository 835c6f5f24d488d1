"""Whether an account's balance follows from its rows; pure, exact, whatever order they came in.

Where every booked row carries the balance after it, the rows must form one chain that ends at the
account's balance: each row is an edge from the balance before it to the one after it, and all
edges are one trail (Euler). Otherwise the balance an earlier import left plus what was booked since
must be the balance now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from opensaldo.domain.account import BalanceKind
from opensaldo.domain.receipt import Reason
from opensaldo.domain.transaction import Transaction

ROWS_TO_JUDGE_MIN = 8  # fewer broken links than this are missing rows, not a bank's habit
EDGE = timedelta(days=7)  # at the start of a range by another day, rows come in by and by
LATE_EDGE = timedelta(days=14)  # for what is taken back under the day it was paid on
ZERO = Decimal(0)
NOTHING_AHEAD = (ZERO,)
REASON_OF_KIND = {
    BalanceKind.AVAILABLE: Reason.NOT_BOOKED,
    BalanceKind.EXPECTED: Reason.NOT_BOOKED,
    BalanceKind.UNKNOWN: Reason.KIND_UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """The balance that the bank tells of an account: what it is made of, and the day of it."""

    balance: Decimal | None
    kind: BalanceKind = BalanceKind.BOOKED
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What an earlier import left of an account: its balance and its rows not booked yet.

    `booked_since` is what was booked after it, `ahead` what of its rows its balance may not have
    known; `is_range_whole` whether the list reaches back to it; `has_lost_rows` whether booked
    rows of then are no longer listed.
    """

    balance: Decimal | None
    pending: Decimal
    booked_since: Decimal
    ahead: tuple[Decimal, ...] = NOTHING_AHEAD
    is_range_whole: bool
    has_lost_rows: bool


Edge = tuple[Decimal, Decimal]
Verdict = tuple[Decimal | None, Reason | None]


def weighed(
    stand: Stand,
    booked: Sequence[Transaction],
    pending: Iterable[Transaction],
    before: Before | None,
    since: date,
) -> Verdict:
    """The gap between the bank's balance and its rows, and the reason where there is one.

    A gap without a reason, or neither, means that rows are missing or were sent twice: balances
    that are booked ones, or those of the rows, contradict each other.
    """
    if stand.balance is None:
        return None, Reason.NO_BALANCE
    on_the_way = sum((row.amount for row in pending), ZERO)
    lost = Reason.ROWS_WITHDRAWN if before is not None and before.has_lost_rows else None
    if booked and all(row.balance is not None for row in booked):
        gap, reason = _along_the_chain(stand, stand.balance, booked, on_the_way, since)
        if reason is not Reason.ROW_BALANCES_UNUSABLE or before is None:
            return gap, reason or (lost if gap == 0 else None)
    if before is None or before.balance is None:
        return None, REASON_OF_KIND.get(stand.kind, Reason.FIRST_IMPORT)
    return _since_before(stand, stand.balance - before.balance, booked, on_the_way, before)


def chained_since(booked: Sequence[Transaction]) -> date | None:
    """The day of the oldest row, where the rows' own balances make one trail; else None."""
    if any(row.balance is None for row in booked) or _trail(_edges(booked))[1]:
        return None
    return min((day for row in booked if (day := row.booked_on or row.day)), default=None)


def newest_day(rows: Iterable[Transaction]) -> date | None:
    """The day of the newest row; None without dated rows."""
    return max((row.day for row in rows if row.day is not None), default=None)


def ahead_of(stand: Stand, booked: Iterable[Transaction]) -> tuple[Decimal, ...]:
    """The sums of booked rows that a balance of its day may not have in it, nothing first."""
    return tuple(dict.fromkeys((*_behind(stand, booked), _valued_later(stand, booked))))


def _behind(stand: Stand, booked: Iterable[Transaction]) -> tuple[Decimal, ...]:
    """What was booked after the balance's day, and from that day on: an opening balance's."""
    on = stand.on
    if on is None:
        return (ZERO,)
    later = (row.amount for row in booked if (row.booked_on or row.day or on) > on)
    since = (row.amount for row in booked if (row.booked_on or row.day or date.min) >= on)
    return ZERO, sum(later, ZERO), sum(since, ZERO)


def _valued_later(stand: Stand, booked: Iterable[Transaction]) -> Decimal:
    """What counts from a day after the balance's, whenever it was booked."""
    on = stand.on
    if on is None:
        return ZERO
    return sum((row.amount for row in booked if (row.transaction_on or on) > on), ZERO)


def _along_the_chain(
    stand: Stand,
    balance: Decimal,
    booked: Sequence[Transaction],
    on_the_way: Decimal,
    since: date,
) -> Verdict:
    edges = _edges(booked)
    starts, broken = _trail(edges)
    if len(booked) >= ROWS_TO_JUDGE_MIN and broken * 2 > len(booked):
        return None, Reason.ROW_BALANCES_UNUSABLE
    if broken:
        return _past_the_edge(stand, balance, booked, on_the_way, since)
    gap = _gap(balance, booked, starts, edges)
    if gap == 0:
        return gap, None
    is_older = balance in _ends(edges)
    return gap, _why(gap, stand, booked, on_the_way, is_of_a_row=is_older)


def _past_the_edge(
    stand: Stand,
    balance: Decimal,
    booked: Sequence[Transaction],
    on_the_way: Decimal,
    since: date,
) -> Verdict:
    """The verdict on broken links: they are nothing worse where the range begins by another day."""
    for edge in (since + EDGE, since + LATE_EDGE):
        later = [row for row in booked if (row.booked_on or row.day or date.max) >= edge]
        edges = _edges(later)
        starts, broken = _trail(edges)
        if later and len(later) < len(booked) and not broken:
            gap = _gap(balance, later, starts, edges)
            if gap == 0:
                return gap, Reason.HISTORY_CUT
            is_older = balance in _ends(edges)
            return gap, _why(gap, stand, later, on_the_way, is_of_a_row=is_older)
    edges = _edges(booked)
    gap = _gap(balance, booked, _trail(edges)[0], edges)
    return gap or None, None


def _gap(
    balance: Decimal,
    booked: Sequence[Transaction],
    starts: list[Decimal],
    edges: Sequence[Edge],
) -> Decimal:
    moved = sum((row.amount for row in booked), ZERO)
    if starts:
        return balance - (_first_of(starts, booked) + moved)
    # the trail ends where it began: it may begin at any balance of it
    return ZERO if balance in _ends(edges) else balance - _latest(booked)


def _edges(booked: Sequence[Transaction]) -> list[Edge]:
    return [(row.balance - row.amount, row.balance) for row in booked if row.balance is not None]


def _ends(edges: Sequence[Edge]) -> set[Decimal]:
    return {after for _, after in edges}


def _trail(edges: Sequence[Edge]) -> tuple[list[Decimal], int]:
    """The balances at which pieces begin, and how many links are broken (0 for one trail)."""
    degree: Counter[Decimal] = Counter()
    for before, after in edges:
        degree[before] += 1
        degree[after] -= 1
    starts = [place for place, count in degree.items() for _ in range(count) if count > 0]
    pieces = _pieces(edges, set(starts))
    return starts, pieces - 1


def _pieces(edges: Sequence[Edge], starts: set[Decimal]) -> int:
    """How many trails the edges need: one for each start, and one for each ring by itself."""
    parent: dict[Decimal, Decimal] = {}

    def root(place: Decimal) -> Decimal:
        while (above := parent.setdefault(place, place)) != place:
            parent[place] = parent[above]
            place = above
        return place

    degree: Counter[Decimal] = Counter()
    for before, after in edges:
        parent[root(before)] = root(after)
        degree[before] += 1
        degree[after] -= 1
    begun: Counter[Decimal] = Counter()
    for place in starts:
        begun[root(place)] += degree[place]
    return sum(max(1, begun[group]) for group in {root(place) for place in list(parent)})


def _first_of(starts: list[Decimal], booked: Sequence[Transaction]) -> Decimal:
    """Of the balances at which pieces begin, the one before the oldest row."""
    begins = {*starts}
    dated = sorted(
        (row.booked_on or row.day or date.min, row.balance - row.amount)
        for row in booked
        if row.balance is not None and row.balance - row.amount in begins
    )
    return dated[0][1]


def _latest(booked: Sequence[Transaction]) -> Decimal:
    newest = max(booked, key=lambda row: (row.booked_on or row.day or date.min, row.balance or 0))
    return newest.balance or ZERO


def _since_before(
    stand: Stand,
    change: Decimal,
    booked: Sequence[Transaction],
    on_the_way: Decimal,
    before: Before,
) -> Verdict:
    if not before.is_range_whole:
        return None, Reason.HISTORY_CUT
    if before.has_lost_rows:
        return None, Reason.ROWS_WITHDRAWN
    gap = change - before.booked_since
    if gap == 0:
        return gap, None
    is_older = gap in {then - now for then in before.ahead for now in _behind(stand, booked)}
    newly = on_the_way - before.pending
    return gap, _why(gap, stand, booked, newly, is_of_a_row=is_older, ahead=before.ahead)


def _why(
    gap: Decimal,
    stand: Stand,
    booked: Iterable[Transaction],
    on_the_way: Decimal,
    *,
    is_of_a_row: bool,
    ahead: tuple[Decimal, ...] = NOTHING_AHEAD,
) -> Reason | None:
    """What explains the gap: rows on their way, a balance older than rows, or what it is made of.

    None where nothing does.
    """
    if gap == on_the_way:
        return Reason.PENDING_INCLUDED
    if is_of_a_row:
        return Reason.BALANCE_OLDER
    if gap in {then - _valued_later(stand, booked) for then in ahead}:
        return Reason.VALUED_LATER
    return REASON_OF_KIND.get(stand.kind)
