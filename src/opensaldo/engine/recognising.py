"""An account's rows beside what is remembered of it: which are new, changed, retired; pure.

A pending row that booked keeps its id. One that is gone waits for its booking and is then retired;
retired rows and the pending form of booked ones do not come back when the bank lists them again.
At a bank that was seen to list a pending row beside its booked one under one id, one that stands
there under another id is known for the same payment too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from opensaldo.domain.account import BalanceKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.balancing import EDGE, LATE_EDGE, NOTHING_AHEAD, Before
from opensaldo.engine.identity import Fingerprint, with_ids
from opensaldo.engine.matching import (
    BOOKS_BEFORE_DAYS,
    BOOKS_WITHIN_DAYS,
    Days,
    booked_beside,
    matched,
)
from opensaldo.engine.remembered import Memory, Print, Printer, Standing, kept_prints
from opensaldo.engine.retiring import PENDING_WAITS, kept_away, left_over

BESIDE_EXPECTED = timedelta(days=30)  # after a row was last seen beside its booked one
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The rows' ids in their order, None for those that do not come back, and what changed."""

    ids: tuple[str | None, ...]
    new: int
    changed: int
    retired_ids: tuple[str, ...]
    before: Before | None
    memory: Memory


def recognised(
    fingerprint: Fingerprint,
    account_id: str,
    rows: Sequence[Transaction],
    memory: Memory | None,
    *,
    balance: Decimal | None,
    kind: BalanceKind = BalanceKind.BOOKED,
    ahead: tuple[Decimal, ...] = NOTHING_AHEAD,
    since: date,
    today: date,
    shows: Callable[[Transaction], bool] = lambda _row: True,
    is_beside: bool = False,
) -> Recognised:
    """The rows as what they were before, and what is to be remembered from now on.

    Balances of different kinds are not compared. `shows` tells which rows the client gets: only
    those are new or changed to it, and only what it had is retired. `is_beside` tells that the bank
    listed a pending row beside its booked one under one id.
    """
    printer = Printer(fingerprint, account_id)
    fresh = [printer.print_of(row, "", today) for row in rows]
    days = partial(_days, printer, rows, since, today)
    beside_on = today if is_beside else _beside_on(memory, today)
    apart = _told_apart(fresh, rows, memory, days, today, looks_beside=beside_on is not None)
    ids = _ids(fingerprint, account_id, rows, apart, memory)
    known, given = apart.known, {place for place in apart.stay if shows(rows[place])}
    missed = _of_range(apart.left, since, days)
    retired, kept = left_over(apart.left, apart.away, missed, today)
    prints, whole_since = kept_prints(
        [
            (
                rows[place].day or today,
                _as_known(fresh[place], one, known.get(place), rows[place], place in given),
            )
            for place, one in ids.items()
        ],
        [*kept, *_turned(fresh, apart, today)],
        since,
        memory,
    )
    had = {place for place in given if place in known and known[place].was_shown}
    forgotten = {
        place
        for place in given - {*known}
        if memory is not None and not memory.has_all_of(rows[place].day)
    }
    return Recognised(
        ids=tuple(ids.get(place) for place in range(len(rows))),
        new=len(given - had - forgotten),
        changed=len([place for place in had if fresh[place].facts != known[place].facts]),
        retired_ids=tuple(one.id for one in retired if one.was_shown),
        before=_before(memory, rows, fresh, known, missed, since, kind),
        memory=Memory(
            prints=prints,
            balance=balance,
            kind=kind,
            ahead=ahead,
            pending=sum((rows[p].amount for p in ids if not _is_booked(rows[p])), ZERO),
            since=since,
            read_on=today,
            beside_on=beside_on,
            whole_since=whole_since,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Apart:
    """Which rows stay, what the rows were before, and the remembered ones that are none of them.

    `away` are those whose rows are listed and do not come back.
    """

    stay: list[int]
    known: dict[int, Print]
    away: list[Print]
    left: list[Print]


def _told_apart(
    fresh: Sequence[Print],
    rows: Sequence[Transaction],
    memory: Memory | None,
    days: Callable[[], Days],
    today: date,
    *,
    looks_beside: bool,
) -> _Apart:
    old = memory.prints if memory is not None else ()
    pairs = matched(fresh, old, days)
    beside = booked_beside(fresh, old, pairs, days) if looks_beside else {}
    pairs |= {booked: pairs.pop(pending) for booked, pending in beside.items()}
    away = kept_away(fresh, old, pairs, [row.day is not None for row in rows], today)
    hidden, listed = {*away, *beside.values()}, {*pairs.values(), *away.values()}
    return _Apart(
        stay=[place for place in range(len(rows)) if place not in hidden],
        known={place: old[other] for place, other in pairs.items()},
        away=[old[place] for place in sorted({*away.values()})],
        left=[one for place, one in enumerate(old) if place not in listed],
    )


def _ids(
    fingerprint: Fingerprint,
    account_id: str,
    rows: Sequence[Transaction],
    apart: _Apart,
    memory: Memory | None,
) -> dict[int, str]:
    """The ids of the rows that stay, by their places; no new one was ever another's."""
    named = with_ids(
        fingerprint,
        account_id,
        [rows[place] for place in apart.stay],
        {at: apart.known[one].id for at, one in enumerate(apart.stay) if one in apart.known},
        {one.id for one in memory.prints} if memory is not None else (),
    )
    return dict(zip(apart.stay, named, strict=True))


def _turned(fresh: Sequence[Print], apart: _Apart, today: date) -> list[Print]:
    """The pending forms of what has booked, which do not come back."""
    return [
        replace(apart.known[place], standing=Standing.RETIRED, last_on=today)
        for place in apart.stay
        if place in apart.known and _has_booked(fresh[place], apart.known[place])
    ]


def _days(printer: Printer, rows: Sequence[Transaction], since: date, today: date) -> Days:
    """The days that fingerprints of the rows, and of those they may have been, stand for."""
    first = min((row.day for row in rows if row.day), default=since)
    earliest = min(first, since, today - PENDING_WAITS) - timedelta(days=BOOKS_WITHIN_DAYS)
    latest = max((row.day for row in rows if row.day), default=today)
    return printer.days(earliest, max(latest, today) + timedelta(days=BOOKS_BEFORE_DAYS))


def _beside_on(memory: Memory | None, today: date) -> date | None:
    """When a pending row was last seen beside its booked one; None when never or long ago."""
    if memory is None or memory.beside_on is None:
        return None
    return memory.beside_on if today - memory.beside_on <= BESIDE_EXPECTED else None


def _as_known(
    fresh: Print, row_id: str, old: Print | None, row: Transaction, is_given: bool
) -> Print:
    """The row's print under its id; without a day of its own it keeps the one it came on."""
    if old is None:
        return replace(fresh, id=row_id, was_shown=is_given)
    day = fresh.day if row.day is not None else old.day
    was_shown = is_given or old.was_shown
    return replace(fresh, id=row_id, first_on=old.first_on, day=day, was_shown=was_shown)


def _has_booked(new: Print, old: Print) -> bool:
    return new.standing is Standing.BOOKED and old.standing is Standing.PENDING


def _is_booked(row: Transaction) -> bool:
    return row.status is TransactionStatus.DONE


def _of_range(left: Sequence[Print], since: date, days: Callable[[], Days]) -> list[Print]:
    """Those of a day that was read, so that they should be listed and are not."""
    known = days() if left else {}
    return [one for one in left if known.get(one.day, since) >= since + EDGE]


def _before(
    memory: Memory | None,
    rows: Sequence[Transaction],
    fresh: Sequence[Print],
    known: Mapping[int, Print],
    missed: Sequence[Print],
    since: date,
    kind: BalanceKind,
) -> Before | None:
    """What the earlier import left, beside what was booked since."""
    if memory is None:
        return None
    booked = [
        row.amount
        for place, row in enumerate(rows)
        if _is_booked(row)
        and (place not in known or _has_booked(fresh[place], known[place]))
        and (row.booked_on or row.day or memory.since) >= memory.since
        and memory.has_all_of(row.day)
    ]
    return Before(
        balance=memory.balance if memory.kind is kind else None,
        pending=memory.pending,
        ahead=memory.ahead,
        booked_since=sum(booked, ZERO),
        is_range_whole=since <= memory.read_on and memory.has_all_of(memory.read_on - LATE_EDGE),
        has_lost_rows=any(one.standing is Standing.BOOKED for one in missed),
    )
