"""What differs between two endings of one import: rows added, gone, changed, field by field; pure.

Rows are told apart as an import that knows nothing better would: equal rows first, then the bank's
own id, then day and amount, then place; what is left over was added or is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from opensaldo.domain.account import Account, Card, Deposit, Holdings
from opensaldo.domain.command import Failure
from opensaldo.domain.receipt import Receipt
from opensaldo.domain.transaction import Transaction

Key = Callable[[Any], Hashable | None]
INNER = ("transactions", "owners")


class Turn(StrEnum):
    """What became of a thing."""

    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference; `place` names the thing without personal data, `name` its field."""

    turn: Turn
    place: str
    name: str = ""
    before: Any = field(default=None, repr=False)
    after: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an import ended: with a share and its receipt, or with a failure."""

    share: Holdings | None = field(default=None, repr=False)
    receipt: Receipt | None = None
    failure: Failure | None = None


def compare(before: Ending, after: Ending) -> tuple[Change, ...]:
    """All differences, in the order of the document."""
    found = [*_of_fields("failure", before.failure, after.failure)]
    found += _of_fields("receipt", before.receipt, after.receipt)
    if before.share is not None or after.share is not None:
        found += _of_holdings(before.share or Holdings(), after.share or Holdings())
    return tuple(found)


def _of_holdings(before: Holdings, after: Holdings) -> Iterator[Change]:
    yield from _of_list("owner", before.owners, after.owners, _NAMED)
    yield from _of_list("account", before.accounts, after.accounts, _NUMBERED)
    yield from _of_list("card", before.cards, after.cards, _NUMBERED)
    yield from _of_list("deposit", before.deposits, after.deposits, _NUMBERED)


def _of_list(
    what: str, before: Sequence[Any], after: Sequence[Any], keys: tuple[Key, ...]
) -> Iterator[Change]:
    """The differences of two lists of one kind of thing."""
    for place, old, new in _paired(before, after, keys):
        name = f"{what} {place}"
        if old is None:
            yield Change(turn=Turn.ADDED, place=name, after=new)
        elif new is None:
            yield Change(turn=Turn.GONE, place=name, before=old)
        elif old != new:
            yield from _of_fields(name, old, new)
            if isinstance(old, Account | Card | Deposit):
                yield from _of_list(f"{name} owner", old.owners, new.owners, _NAMED)
            if isinstance(old, Account | Card):
                yield from _of_list(f"{name} row", old.transactions, new.transactions, _ROWS)


def _of_fields(place: str, old: Any, new: Any) -> Iterator[Change]:
    """The fields in which two things of one kind differ, or that one of them is not there."""
    if old is None or new is None:
        if old is not new:
            turn = Turn.ADDED if old is None else Turn.GONE
            yield Change(turn=turn, place=place, before=old, after=new)
        return
    for one in fields(old):
        was, now = getattr(old, one.name), getattr(new, one.name)
        if was != now and one.name not in INNER:
            yield Change(turn=Turn.CHANGED, place=place, name=one.name, before=was, after=now)


def _paired(
    before: Sequence[Any], after: Sequence[Any], keys: tuple[Key, ...]
) -> list[tuple[int, Any, Any]]:
    """Which belongs to which: (place from 1, then, now), None where there is no counterpart."""
    old, new = dict(enumerate(before)), dict(enumerate(after))
    pairs: dict[int, int] = {}
    for key in (_itself, *keys):
        waiting: dict[Hashable, list[int]] = {}
        for place, one in new.items():
            if (value := key(one)) is not None:
                waiting.setdefault(value, []).append(place)
        for place in list(old):
            if places := waiting.get(key(old[place])):
                pairs[place] = places.pop(0)
                del old[place], new[pairs[place]]
    found = [(place + 1, before[place], after[pairs[place]]) for place in sorted(pairs)]
    found += [(place + 1, one, None) for place, one in old.items()]
    return sorted(found, key=lambda one: one[0]) + [(p + 1, None, one) for p, one in new.items()]


def _itself(one: Hashable) -> Hashable:
    return one


def _always(_one: Any) -> Hashable:
    return True


_NAMED: tuple[Key, ...] = (lambda owner: owner.name, _always)
_NUMBERED: tuple[Key, ...] = (
    lambda one: one.iban,
    lambda one: getattr(one, "number", None),
    lambda one: (one.name, one.currency),
)


def _bank_id(row: Transaction) -> Hashable | None:
    return row.bank_id


def _movement(row: Transaction) -> Hashable:
    return row.day, row.amount


def _text(row: Transaction) -> Hashable:
    return row.day, row.title, row.party


_ROWS: tuple[Key, ...] = (_bank_id, _movement, _text)
