"""Which remembered row each row of this import is: equal ones first, then by a score; pure.

One row is at most one other. The outcome depends on what the rows say, not on their order. A
booked row is never pending again. Sums are not guessed: of a payment that books in parts one part
at most is the pending row, where its amount or a number in its text says so, and of several that
book as one at most one; other booked rows are new, other pending ones are retired.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import date

from opensaldo.engine.remembered import Print, Standing

BOOKS_WITHIN_DAYS = 14  # of a pending row's day
BOOKS_BEFORE_DAYS = 3  # banks date a hold later than the payment
SCORE_MIN = 5
SCORE_MIN_NEAR = 6  # when the amount is about the same, or the bank's id is the same
SCORE_MIN_FAR = 7  # when only a number in the texts is the same: a pump's hold
SCORE_MIN_BESIDE = 9  # while the pending row is still listed: amount, words and day all say so
AMOUNT_SAME, AMOUNT_NEAR, HINT_SAME = 4, 1, 4
NUMBER_SAME, NUMBERS_DIFFER = 3, -1
NUMBER_ROWS_MAX = 3  # a number in more rows is a card's or a shop's, and tells nothing
WORDS_MOST, WORDS_SOME, WORDS_NONE = 3, 2, -1
DAY_CLOSE, DAY_NEAR = 2, 1
CLOSE_DAYS, NEAR_DAYS = 1, 5

Pairs = dict[int, int]
Days = Mapping[str, date]


def matched(new: Sequence[Print], old: Sequence[Print], days: Callable[[], Days]) -> Pairs:
    """The place in `old` of each row in `new` that was there before; retired ones take no part.

    `days` gives the days that fingerprints stand for; it is asked only when rows are left over.
    """
    pairs: Pairs = {}
    left = {place for place, one in enumerate(old) if one.standing is not Standing.RETIRED}
    for key in (_facts_and_hint, _facts, _lasting_and_hint, _lasting):
        _pair_equal(new, old, pairs, left, key)
    if left and len(pairs) < len(new):
        _pair_by_score(new, old, pairs, left, days())
    return pairs


def booked_beside(
    new: Sequence[Print], old: Sequence[Print], pairs: Pairs, days: Callable[[], Days]
) -> Pairs:
    """The booked rows that came beside their pending ones, and where in `new` those still stand.

    Only for a bank that lists payments so. The pending row is the remembered one by the bank's id
    too; where two rows may be a payment's, none is.
    """
    still = [place for place, other in pairs.items() if _still_stands(new[place], old[other])]
    fresh = [p for p, one in enumerate(new) if p not in pairs and one.standing is Standing.BOOKED]
    if not still or not fresh:
        return {}
    known, common = days(), _common_numbers(old)
    found = [
        (booked, pending)
        for booked in fresh
        for pending in still
        if new[booked].amount == new[pending].amount
        and (score(new[booked], new[pending], known, common) or 0) >= SCORE_MIN_BESIDE
    ]
    rivals = Counter(place for pair in found for place in pair)
    return {booked: pending for booked, pending in found if rivals[booked] == rivals[pending] == 1}


def score(new: Print, old: Print, days: Days, common: Collection[str] = ()) -> int | None:
    """How surely `new` is what became of `old`; None when it cannot be.

    Numbers that are `common` speak for nothing.
    """
    apart = _days_apart(new, old, days)
    is_same, is_near = new.amount == old.amount, bool({*new.near} & {*old.near})
    is_hinted = new.hint is not None and new.hint == old.hint
    numbers = _of_numbers(new, old, common)
    is_like = is_same or is_near or is_hinted or numbers > 0
    if apart is None or not _may_become(new, old) or not is_like:
        return None
    if old.standing is Standing.BOOKED and not (is_same and (apart == 0 or is_hinted)):
        return None
    words = _of_words(new, old)
    if is_hinted and not is_same and words < 0:
        return None  # the bank gave an old id to another payment
    total = AMOUNT_SAME if is_same else AMOUNT_NEAR if is_near else 0
    total += (HINT_SAME if is_hinted else 0) + words + numbers
    total += DAY_CLOSE if abs(apart) <= CLOSE_DAYS else DAY_NEAR if abs(apart) <= NEAR_DAYS else 0
    least = SCORE_MIN if is_same else SCORE_MIN_NEAR if is_near or is_hinted else SCORE_MIN_FAR
    return total if total >= least else None


def _pair_equal(
    new: Sequence[Print],
    old: Sequence[Print],
    pairs: Pairs,
    left: set[int],
    key: Callable[[Print], Hashable | None],
) -> None:
    """Rows equal by this key are each other's; of several the first stand for the rest."""
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for place in sorted(left, key=lambda place: _order(old[place])):
        if (value := key(old[place])) is not None:
            waiting[value].append(place)
    for place in sorted(range(len(new)), key=lambda place: _order(new[place])):
        found = waiting.get(key(new[place])) if place not in pairs else None
        fitting = [one for one in found or () if _may_become(new[place], old[one])]
        if found and fitting:
            pairs[place] = fitting[0]
            found.remove(fitting[0])
            left.discard(fitting[0])


def _pair_by_score(
    new: Sequence[Print], old: Sequence[Print], pairs: Pairs, left: set[int], days: Days
) -> None:
    """The best pair first, until none is sure enough."""
    common = _common_numbers(old)
    by_token: dict[str, list[int]] = defaultdict(list)
    for place in left:
        for token in _tokens(old[place]):
            by_token[token].append(place)
    found = []
    for place, one in enumerate(new):
        if place in pairs:
            continue
        for other in {other for token in _tokens(one) for other in by_token[token]}:
            total = score(one, old[other], days, common)
            if total is not None:
                apart = abs(_days_apart(one, old[other], days) or 0)
                rank = (-total, apart, _order(old[other]), _order(one))
                found.append((rank, place, other))
    for _rank, place, other in sorted(found):
        if place not in pairs and other in left:
            pairs[place] = other
            left.discard(other)


def _common_numbers(old: Sequence[Print]) -> set[str]:
    """Those that stand in many rows."""
    counts = Counter(number for one in old for number in one.numbers)
    return {number for number, count in counts.items() if count > NUMBER_ROWS_MAX}


def _still_stands(new: Print, old: Print) -> bool:
    """Whether the pending row is the remembered one by what the bank calls it, unchanged in sum."""
    is_pending = new.standing is old.standing is Standing.PENDING
    return is_pending and new.hint is not None and (new.hint, new.amount) == (old.hint, old.amount)


def _tokens(one: Print) -> tuple[str, ...]:
    return (*one.near, *one.numbers, *((one.hint,) if one.hint else ()))


def _may_become(new: Print, old: Print) -> bool:
    return new.standing is Standing.BOOKED or old.standing is Standing.PENDING


def _days_apart(new: Print, old: Print, days: Days) -> int | None:
    """By how many days the row is later than the remembered one; None when that is too far."""
    now, then = days.get(new.day), days.get(old.day)
    if now is None or then is None:
        return None
    apart = (now - then).days
    return apart if -BOOKS_BEFORE_DAYS <= apart <= BOOKS_WITHIN_DAYS else None


def _of_words(new: Print, old: Print) -> int:
    """What the words they share, out of those of the row that has fewer, speak for."""
    mine, theirs = {*new.words}, {*old.words}
    if not mine or not theirs:
        return 0
    shared = len(mine & theirs)
    if not shared:
        return WORDS_NONE
    return WORDS_MOST if shared * 2 >= min(len(mine), len(theirs)) else WORDS_SOME


def _of_numbers(new: Print, old: Print, common: Collection[str]) -> int:
    """What a number in both texts speaks for, or that each has others."""
    mine, theirs = {*new.numbers}.difference(common), {*old.numbers}.difference(common)
    if not mine or not theirs:
        return 0
    return NUMBER_SAME if mine & theirs else NUMBERS_DIFFER


def _order(one: Print) -> tuple[str, ...]:
    """An order that comes from the row alone."""
    return (one.facts, one.hint or "", one.lasting, one.id)


def _facts(one: Print) -> Hashable:
    return one.facts


def _facts_and_hint(one: Print) -> Hashable | None:
    return (one.facts, one.hint) if one.hint else None


def _lasting(one: Print) -> Hashable:
    return one.lasting


def _lasting_and_hint(one: Print) -> Hashable | None:
    return (one.lasting, one.hint) if one.hint else None
