"""An account's rows beside what is remembered of it: which are new, changed, retired; pure.

A pending row that booked keeps its id. One that is gone waits for its booking and is then retired;
retired rows and the pending form of booked ones do not come back when the bank lists them again.
At a bank that was seen to list a pending row beside its booked one under one id, one that stands
there under another id is known for the same payment too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from opensaldo.domain.account import BalanceKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.balancing import EDGE, NOTHING_AHEAD, Before
from opensaldo.engine.identity import Fingerprint, with_ids
from opensaldo.engine.matching import (
    BOOKS_BEFORE_DAYS,
    BOOKS_WITHIN_DAYS,
    Days,
    booked_beside,
    matched,
)
from opensaldo.engine.remembered import ROWS_MAX, Memory, Print, Printer, Standing, kept_prints

PENDING_WAITS = timedelta(days=BOOKS_WITHIN_DAYS)  # for its booking, once it is no longer listed
PENDING_LISTED_MAX = timedelta(days=60)  # then it is retired although the bank still lists it
BESIDE_EXPECTED = timedelta(days=30)  # after a row was last seen beside its booked one
RETIRED_KEPT = timedelta(days=60)
BOOKED_KEPT = timedelta(days=200)
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
    old = memory.prints if memory is not None else ()
    fresh = [printer.print_of(row, "", today) for row in rows]
    days = partial(_days, printer, rows, since, today)
    beside_on = today if is_beside else _beside_on(memory, today)
    pairs = matched(fresh, old, days)
    beside = booked_beside(fresh, old, pairs, days) if beside_on is not None else {}
    pairs |= {booked: pairs.pop(pending) for booked, pending in beside.items()}
    gone = {place for place, one in enumerate(fresh) if _is_gone(one, place, pairs, old, today)}
    gone |= {*beside.values()}
    known = {place: old[other] for place, other in pairs.items()}
    stay = [place for place in range(len(rows)) if place not in gone]
    named = with_ids(
        fingerprint,
        account_id,
        [rows[place] for place in stay],
        {at: known[place].id for at, place in enumerate(stay) if place in known},
        {one.id for one in old},
    )
    ids = dict(zip(stay, named, strict=True))
    given = {place for place in stay if shows(rows[place])}
    now = [_as_known(fresh[p], ids[p], known.get(p), rows[p], is_given=p in given) for p in stay]
    left = [one for place, one in enumerate(old) if place not in {*pairs.values()}]
    missed = _of_range(left, since, days)
    stale = [known[place] for place in sorted(gone) if place in known]
    retired, kept = _left_over(left, stale, missed, today)
    turned = [
        replace(known[place], standing=Standing.RETIRED, last_on=today)
        for place in stay
        if place in known and _has_booked(fresh[place], known[place])
    ]
    had = {place for place in given if place in known and known[place].was_shown}
    has_lost_rows = any(one.standing is Standing.BOOKED for one in missed)
    return Recognised(
        ids=tuple(ids.get(place) for place in range(len(rows))),
        new=len(given - had),
        changed=len([place for place in had if fresh[place].facts != known[place].facts]),
        retired_ids=tuple(one.id for one in retired if one.was_shown),
        before=_before(memory, rows, fresh, pairs, old, has_lost_rows, since, kind),
        memory=Memory(
            prints=kept_prints([*now, *kept, *turned]),
            balance=balance,
            kind=kind,
            ahead=ahead,
            pending=sum((rows[p].amount for p in stay if not _is_booked(rows[p])), ZERO),
            since=since,
            read_on=today,
            beside_on=beside_on,
        ),
    )


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


def _is_gone(
    one: Print, place: int, pairs: dict[int, int], old: Sequence[Print], today: date
) -> bool:
    """Whether a row not booked yet must not come back: retired before, or listed for too long."""
    if one.standing is Standing.BOOKED:
        return False
    if place in pairs:
        return today - old[pairs[place]].first_on > PENDING_LISTED_MAX
    return one.hint is not None and any(
        other.standing is Standing.RETIRED and (other.hint, other.amount) == (one.hint, one.amount)
        for other in old
    )


def _as_known(
    fresh: Print, row_id: str, old: Print | None, row: Transaction, *, is_given: bool
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


def _left_over(
    left: Sequence[Print], stale: Sequence[Print], missed: Sequence[Print], today: date
) -> tuple[list[Print], list[Print]]:
    """Of what is not listed any more: what is retired now, and what is remembered on.

    A pending row of days that were not read may have booked unseen: it is not retired.
    """
    retired, kept = [*stale], []
    for one in left:
        age = today - one.last_on
        if one.standing is Standing.PENDING and age >= PENDING_WAITS and one in missed:
            retired.append(one)
        elif age < (RETIRED_KEPT if one.standing is Standing.RETIRED else BOOKED_KEPT):
            kept.append(one)
    kept += [replace(one, standing=Standing.RETIRED, last_on=today) for one in retired]
    return retired, kept


def _of_range(left: Sequence[Print], since: date, days: Callable[[], Days]) -> list[Print]:
    """Those of a day that was read, so that they should be listed and are not."""
    known = days() if left else {}
    return [one for one in left if known.get(one.day, since) >= since + EDGE]


def _before(
    memory: Memory | None,
    rows: Sequence[Transaction],
    fresh: Sequence[Print],
    pairs: dict[int, int],
    old: Sequence[Print],
    has_lost_rows: bool,
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
        and (place not in pairs or _has_booked(fresh[place], old[pairs[place]]))
        and (row.booked_on or row.day or memory.since) >= memory.since
    ]
    return Before(
        balance=memory.balance if memory.kind is kind else None,
        pending=memory.pending,
        ahead=memory.ahead,
        booked_since=sum(booked, ZERO),
        is_range_whole=since <= memory.read_on and len(old) < ROWS_MAX,
        has_lost_rows=has_lost_rows,
    )
