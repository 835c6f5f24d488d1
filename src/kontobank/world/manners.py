"""How a bank treats the payments of living accounts: as most do, or so that one habit is certain.

A manner makes one misbehaviour happen to every payment and keeps the others away, so that what an
importer gets wrong comes from that one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from kontobank import seeds
from kontobank.world.nouns import DONE, Transaction

DRAWN = ""  # as the payment's own draw has it
DAILY, WEEKLY, PLACES, ONCE_BOOKED = "daily", "weekly", "places", "once-booked"
USUAL_KEEPS_ID_PERCENT = 35


@dataclass(frozen=True)
class Manner:
    """What is certain at a bank; the defaults leave everything to the draw.

    `fate` and `card_fate` are names of `fates`; `held_title` is plain or dated, `booked_title`
    plain, cut or capitals, `amount` same or tip. `stays_h` is how long a row on its way stays
    beside its booked one. `naming` is how ids are given: for a day, for a weekday, by the place
    in the day, to booked rows only. `moves_dates` puts a booked row a day back at its first
    midnight. `answers_every_h` and `lags_days` let the bank show an earlier instant,
    `old_balance` yesterday's balance.
    """

    fate: str = DRAWN
    card_fate: str = DRAWN
    is_steady: bool = False
    keeps_id_percent: int = USUAL_KEEPS_ID_PERCENT
    held_title: str = DRAWN
    booked_title: str = DRAWN
    amount: str = DRAWN
    stays_h: int = 0
    naming: str = DRAWN
    moves_dates: bool = False
    answers_every_h: int = 0
    lags_days: int = 0
    old_balance: bool = False

    def seen_at(self, now: datetime) -> datetime:
        """The instant the bank shows when it is asked now."""
        if self.answers_every_h:
            hour = now.hour // self.answers_every_h * self.answers_every_h
            now = now.replace(hour=hour, minute=0, second=0, microsecond=0)
        if self.lags_days:
            midnight = datetime.combine(now.date(), time(), now.tzinfo)
            now = midnight - timedelta(days=self.lags_days - 1, microseconds=1)
        return now

    def named(self, rows: Iterable[Transaction], on: date) -> tuple[Transaction, ...]:
        """The rows, oldest first, under the ids that the bank gives them on this day."""
        if not self.naming:
            return tuple(rows)
        of_the_day = Counter[str]()
        found = []
        for row in (*rows,)[::-1]:
            day = f"{row.status[0]}{row.booked_on or row.traded_on}"
            of_the_day[day] += 1
            name = self._name(row, on, f"{day}-{of_the_day[day]}")
            found.append(replace(row, item_id=name))
        return tuple(found[::-1])

    def _name(self, row: Transaction, on: date, place: str) -> str:
        if self.naming == DAILY:
            return seeds.identifier("of the day", row.item_id, on.isoformat())
        if self.naming == WEEKLY:
            return f"{(row.booked_on or row.traded_on).isoweekday()}-{row.item_id[:1]}"
        if self.naming == PLACES:
            return place
        return row.item_id if row.status == DONE else ""


USUAL = Manner()
CALM = Manner(
    fate="books",
    card_fate="books",
    is_steady=True,
    keeps_id_percent=100,
    held_title="plain",
    booked_title="plain",
    amount="same",
)
