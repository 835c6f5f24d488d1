"""Which remembered rows are over: pending ones that never booked are retired; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from opensaldo.engine.matching import BOOKS_WITHIN_DAYS, Pairs
from opensaldo.engine.remembered import Print, Standing

PENDING_WAITS = timedelta(days=BOOKS_WITHIN_DAYS)  # for its booking, once it is no longer listed
PENDING_LISTED_MAX = timedelta(days=60)  # then it is retired although the bank still lists it
RETIRED_KEPT = timedelta(days=60)  # since it was last listed
BOOKED_KEPT = timedelta(days=200)

Graves = Mapping[Hashable, list[int]]


def kept_away(
    fresh: Sequence[Print],
    old: Sequence[Print],
    pairs: Pairs,
    is_dated: Sequence[bool],
    today: date,
) -> Pairs:
    """The rows not booked that are not shown, and which remembered row each of them is.

    They have been listed for too long, or are a retired row, or the pending form of a booked one:
    by the bank's id; a retired row by all its facts too, once for each, if it has a day.
    """
    away = {
        place: other
        for place, other in pairs.items()
        if fresh[place].standing is Standing.PENDING
        and today - old[other].first_on > PENDING_LISTED_MAX
    }
    by_hint, by_facts = _graves(old)
    for place, one in enumerate(fresh):
        if place in pairs or one.standing is Standing.BOOKED:
            continue
        alike = by_facts.get(one.facts, []) if is_dated[place] else []
        if found := by_hint.get((one.hint, one.amount)):
            away[place] = found[0]
        elif alike:
            away[place] = alike.pop()
    return away


def _graves(old: Sequence[Print]) -> tuple[Graves, Graves]:
    """The retired rows by the bank's id and amount, and by their facts.

    What is left of a booked row is not among the latter: an equal pending one is the next payment.
    """
    has_booked = {one.id for one in old if one.standing is Standing.BOOKED}
    by_hint: dict[Hashable, list[int]] = defaultdict(list)
    by_facts: dict[Hashable, list[int]] = defaultdict(list)
    for place, one in enumerate(old):
        if one.standing is Standing.RETIRED and one.hint is not None:
            by_hint[one.hint, one.amount].append(place)
        if one.standing is Standing.RETIRED and one.id not in has_booked:
            by_facts[one.facts].append(place)
    return by_hint, by_facts


def left_over(
    left: Sequence[Print], away: Sequence[Print], missed: Sequence[Print], today: date
) -> tuple[list[Print], list[Print]]:
    """Of what is not listed or kept away: what is retired now, and what is remembered on.

    A pending row of days that were not read may have booked unseen: it is not retired.
    """
    retired, kept = [one for one in away if one.standing is Standing.PENDING], []
    for one in left:
        age = today - one.last_on
        if one.standing is Standing.PENDING and age >= PENDING_WAITS and one in missed:
            retired.append(one)
        elif age < (RETIRED_KEPT if one.standing is Standing.RETIRED else BOOKED_KEPT):
            kept.append(one)
    still = [one for one in away if one.standing is Standing.RETIRED]
    kept += [replace(one, standing=Standing.RETIRED, last_on=today) for one in (*retired, *still)]
    return retired, kept
