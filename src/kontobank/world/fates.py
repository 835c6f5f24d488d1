"""What becomes of a payment, drawn from the seed: how it is first shown, changes, books or goes."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from kontobank import seeds
from kontobank.world.everyday import Draft
from kontobank.world.lives import HOLD, PENDING, Appearance
from kontobank.world.manners import USUAL, Manner
from kontobank.world.nouns import DONE, Party

HOUR_S, DAY_S = 3_600, 86_400
PENDING_AFTER_S = (0, 2 * HOUR_S)
CHANGES_AFTER_S = (HOUR_S, 10 * HOUR_S)
BOOKS_AFTER_S = (12 * HOUR_S, 4 * DAY_S)
VANISHES_AFTER_S = (2 * DAY_S, 8 * DAY_S)
ARRIVES_LATE_S = (2 * DAY_S, 6 * DAY_S)
SECOND_PIECE_AFTER_S = (HOUR_S, 36 * HOUR_S)
REVERSED_AFTER_S = (DAY_S, 6 * DAY_S)
PIECE_PERCENT = (20, 80)
TIP_PERCENT = (5, 20)
EXCHANGE_PER_MILLE = (-30, 30)
PUMP_HOLD_FACTOR = 3  # a pump holds more than anyone fills up
TRUNCATED_CHARACTERS = 18
REVERSAL_WORD = "STORNO"
PENDING_WORD = "AUT."
BOOKED_FORMS = {"plain": 0, "cut": 4, "capitals": 6}

# weights of 1000: what becomes of a card payment, of money sent, and of money that comes in
CARD_FATES = {
    "books": 560,
    "direct": 120,
    "backdated": 70,
    "vanishes": 70,
    "splits": 70,
    "merges": 60,
    "reversed": 50,
}
SENT_FATES = {"books": 470, "direct": 400, "backdated": 60, "vanishes": 40, "reversed": 30}
RECEIVED_FATES = {"books": 340, "direct": 570, "backdated": 90}


@dataclass(frozen=True)
class Plan:
    """A payment before its fate: what, when, by whom."""

    true_id: str
    draft: Draft
    party: Party
    happened_at: datetime
    draw: seeds.Rng
    manner: Manner = USUAL

    @property
    def is_card(self) -> bool:
        """True for a payment that is held before it books."""
        return bool(self.draft.habit.mcc)

    def chance(self, percent: int) -> bool:
        """True that often."""
        return self.draw.randrange(100) < percent

    def after(self, start: datetime, span_s: tuple[int, int]) -> datetime:
        """An instant so long after `start`, on a whole second."""
        return start + timedelta(seconds=self.draw.randint(*span_s))

    def bank_id(self, stage: str, piece: int) -> str:
        """The bank's name for the payment at one stage of its life."""
        return seeds.identifier("bank-id", self.true_id, stage, piece)


def fate_of(plan: Plan) -> tuple[str, tuple[Appearance, ...]]:
    """The payment's fate and every appearance of it, by instant."""
    weights = CARD_FATES
    if not plan.is_card:
        weights = RECEIVED_FATES if plan.draft.minor > 0 else SENT_FATES
    bounds = list(accumulate(weights.values()))
    drawn = list(weights)[bisect_right(bounds, plan.draw.randrange(bounds[-1]))]
    name = (plan.manner.card_fate if plan.is_card else plan.manner.fate) or drawn
    shown = _FATES[name](plan)
    if plan.manner.moves_dates:
        shown = [half for one in shown for half in _moved(one)]
    return name, tuple(sorted(shown, key=lambda one: (one.from_at, one.piece)))


def direct(plan: Plan) -> list[Appearance]:
    """Booked with nothing before; a card payment some days after it was made."""
    at = plan.after(plan.happened_at, BOOKS_AFTER_S if plan.is_card else PENDING_AFTER_S)
    return [_booked(plan, at, plan.draft.minor, plan.draft.title)]


def _backdated(plan: Plan) -> list[Appearance]:
    """Booked days later under the day it was made."""
    at = plan.after(plan.happened_at, ARRIVES_LATE_S)
    return [_booked(plan, at, plan.draft.minor, plan.draft.title, booked_on=_day(plan))]


def _books(plan: Plan) -> list[Appearance]:
    """On its way, then booked with whatever the bank changes."""
    held_minor, booked_minor = _amounts(plan)
    start = plan.after(plan.happened_at, PENDING_AFTER_S)
    end = plan.after(start, BOOKS_AFTER_S)
    return [*_waiting(plan, start, end, held_minor), _books_at(plan, end, booked_minor)]


def _vanishes(plan: Plan) -> list[Appearance]:
    """On its way, then gone."""
    start = plan.after(plan.happened_at, PENDING_AFTER_S)
    return _waiting(plan, start, plan.after(start, VANISHES_AFTER_S), plan.draft.minor)


def _splits(plan: Plan) -> list[Appearance]:
    """One on its way, two booked: together or the second one later."""
    start = plan.after(plan.happened_at, PENDING_AFTER_S)
    end = plan.after(start, BOOKS_AFTER_S)
    part = _part(plan)
    later = end if plan.chance(50) else plan.after(end, SECOND_PIECE_AFTER_S)
    rest = plan.draft.minor - part
    return [
        *_waiting(plan, start, end, plan.draft.minor),
        _books_at(plan, end, part),
        _booked(plan, later, rest, plan.draft.title, piece=1),
    ]


def _merges(plan: Plan) -> list[Appearance]:
    """Two on their way, one booked."""
    first = plan.after(plan.happened_at, PENDING_AFTER_S)
    second = plan.after(first, CHANGES_AFTER_S)
    end = plan.after(second, BOOKS_AFTER_S)
    part = _part(plan)
    rest = plan.draft.minor - part
    return [
        _pending(plan, (first, end), part, plan.draft.title),
        _pending(plan, (second, end), rest, plan.draft.title, piece=1),
        _books_at(plan, end, plan.draft.minor),
    ]


def _reversed(plan: Plan) -> list[Appearance]:
    """Booked, and some days later booked the other way."""
    shown = _books(plan) if plan.chance(60) else direct(plan)
    booked = shown[-1]
    at = plan.after(booked.from_at, REVERSED_AFTER_S)
    title = f"{REVERSAL_WORD} {booked.title}"
    return [*shown, _booked(plan, at, -booked.minor, title, piece=1, booked_on=at.date())]


def _moved(one: Appearance) -> list[Appearance]:
    """A booked row that is dated a day earlier from its first midnight on."""
    if one.status != DONE:
        return [one]
    midnight = datetime.combine(one.from_at.date() + timedelta(days=1), time(), UTC)
    later_on = (one.booked_on or one.from_at.date()) - timedelta(days=1)
    return [
        replace(one, until_at=midnight),
        replace(one, from_at=midnight, booked_on=later_on, traded_on=later_on),
    ]


_FATES: dict[str, Callable[[Plan], list[Appearance]]] = {
    "books": _books,
    "direct": direct,
    "backdated": _backdated,
    "vanishes": _vanishes,
    "splits": _splits,
    "merges": _merges,
    "reversed": _reversed,
}


def _amounts(plan: Plan) -> tuple[int, int]:
    """What is held first and what is booked in the end: a tip, a pump's hold, an exchange rate."""
    minor = plan.draft.minor
    if plan.manner.amount == "same":
        return minor, minor
    if plan.manner.amount == "tip":
        return minor, minor + minor * plan.draw.randint(*TIP_PERCENT) // 100
    if plan.draft.habit.key == "restaurant" and plan.chance(40):
        return minor, minor + minor * plan.draw.randint(*TIP_PERCENT) // 100
    if plan.draft.habit.key == "fuel" and plan.chance(60):
        return -plan.draft.habit.minor_max * PUMP_HOLD_FACTOR // 100 * 100, minor
    if plan.draft.habit.key == "online" and plan.chance(40):
        return minor + minor * plan.draw.randint(*EXCHANGE_PER_MILLE) // 1000, minor
    return minor, minor


def _part(plan: Plan) -> int:
    """A piece of the amount; the rest is the other piece."""
    return plan.draft.minor * plan.draw.randint(*PIECE_PERCENT) // 100


def _day(plan: Plan) -> date:
    return plan.happened_at.date()


def _waiting(plan: Plan, start: datetime, end: datetime, minor: int) -> list[Appearance]:
    """The payment on its way; one in four changes its amount or its text while it waits."""
    title = _pending_title(plan)
    end += timedelta(hours=plan.manner.stays_h)
    if plan.manner.is_steady or not plan.chance(25):
        return [_pending(plan, (start, end), minor, title)]
    change = plan.after(start, CHANGES_AFTER_S)
    stage = "pending" if plan.chance(80) else "changed"
    if plan.chance(70) or not plan.is_card:
        first = _pending(plan, (start, change), minor, plan.draft.habit.kind)
    else:
        estimate = minor + minor * plan.draw.randint(*TIP_PERCENT) // 100
        first = _pending(plan, (start, change), estimate, title)
    return [first, _pending(plan, (change, end), minor, title, stage=stage)]


def _pending_title(plan: Plan) -> str:
    """The text while on its way, often with a date or a mark before it."""
    form = plan.draw.randrange(10)
    if plan.manner.held_title:
        form = 0 if plan.manner.held_title == "dated" else 9
    if form < 3:
        return f"{_day(plan).isoformat()} {plan.draft.title}"
    if form < 5:
        return f"{PENDING_WORD} {_day(plan):%d.%m} {plan.draft.title}"
    return plan.draft.title


def _booked_title(plan: Plan) -> str:
    """The text once booked: as it was, cut, in capitals, with a reference."""
    title = plan.draft.title
    form = BOOKED_FORMS.get(plan.manner.booked_title, plan.draw.randrange(10))
    if form in (4, 5):
        return title[:TRUNCATED_CHARACTERS].rstrip()
    if form in (6, 7):
        return title.upper()
    if form >= 8:
        return f"{title} REF {seeds.digits('reference', plan.true_id, length=8)}"
    return title


def _pending(
    plan: Plan,
    span: tuple[datetime, datetime],
    minor: int,
    title: str,
    *,
    piece: int = 0,
    stage: str = "pending",
) -> Appearance:
    party = plan.party if plan.chance(75) else Party(plan.party.name)
    return Appearance(
        status=HOLD if plan.is_card else PENDING,
        piece=piece,
        bank_id=plan.bank_id(stage, piece),
        minor=minor,
        title=title,
        party=party,
        traded_on=_day(plan),
        booked_on=None,
        from_at=span[0],
        until_at=span[1],
    )


def _books_at(plan: Plan, at: datetime, minor: int) -> Appearance:
    """The booked row of what was on its way; one bank in three lets it keep its id."""
    stage = "pending" if plan.chance(plan.manner.keeps_id_percent) else "booked"
    is_early = plan.chance(15) and not plan.manner.is_steady
    booked_on = _day(plan) if is_early else at.date()
    return _booked(plan, at, minor, _booked_title(plan), stage=stage, booked_on=booked_on)


def _booked(
    plan: Plan,
    at: datetime,
    minor: int,
    title: str,
    *,
    piece: int = 0,
    stage: str = "booked",
    booked_on: date | None = None,
) -> Appearance:
    booked_on = booked_on or at.date()
    return Appearance(
        status=DONE,
        piece=piece,
        bank_id=plan.bank_id(stage, piece),
        minor=minor,
        title=title,
        party=plan.party,
        traded_on=booked_on if plan.chance(30) else _day(plan),
        booked_on=booked_on,
        from_at=at,
        until_at=None,
    )
