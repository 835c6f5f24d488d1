"""The funnel: how far a client's sign-ins got, and why they ended, in counts that name nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

SUCCESS = "success"
ABANDONED = "abandoned"
PENDING = "pending"


class Reached(IntEnum):
    """The furthest a sign-in got; it never goes back."""

    STARTED = 0
    BANK_CHOSEN = 1
    AT_BANK = 2
    BACK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """So many sign-ins began on this day (UTC), got this far and ended like this.

    `target` is the bank chosen last, None before one was chosen. `ending` is `SUCCESS`, the name
    of an exception, `ABANDONED` where the link ran out, or `PENDING`.
    """

    started_on: date
    target: str | None
    channel: str
    reached: Reached
    ending: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelRow:
    """One day's sign-ins to one target over one channel; each stage counts all that reached it."""

    started_on: date | None
    target: str | None
    channel: str | None
    started: int = 0
    bank_chosen: int = 0
    at_bank: int = 0
    back: int = 0
    success: int = 0
    pending: int = 0
    exits: Mapping[str, int] = field(default_factory=dict)


def rows(passed: Iterable[Passed]) -> tuple[FunnelRow, ...]:
    """One row for each day, target and channel, in this order."""
    found: dict[tuple[date, str, str], list[Passed]] = {}
    for one in passed:
        found.setdefault((one.started_on, one.target or "", one.channel), []).append(one)
    return tuple(
        total(found[key], started_on=key[0], target=key[1] or None, channel=key[2])
        for key in sorted(found)
    )


def total(
    passed: Iterable[Passed],
    *,
    started_on: date | None = None,
    target: str | None = None,
    channel: str | None = None,
) -> FunnelRow:
    """All of these in one row. Who succeeded has reached everything."""
    counts = dict.fromkeys(Reached, 0)
    endings: dict[str, int] = {}
    for one in passed:
        furthest = Reached.BACK if one.ending == SUCCESS else one.reached
        for stage in Reached:
            counts[stage] += one.count if stage <= furthest else 0
        endings[one.ending] = endings.get(one.ending, 0) + one.count
    return FunnelRow(
        started_on=started_on,
        target=target,
        channel=channel,
        started=counts[Reached.STARTED],
        bank_chosen=counts[Reached.BANK_CHOSEN],
        at_bank=counts[Reached.AT_BANK],
        back=counts[Reached.BACK],
        success=endings.pop(SUCCESS, 0),
        pending=endings.pop(PENDING, 0),
        exits=dict(sorted(endings.items())),
    )
