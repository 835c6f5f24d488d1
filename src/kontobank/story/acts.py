"""What the buttons of the page do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kontobank.access.consents import Consents
from kontobank.access.journal import Journal
from kontobank.access.registry import Registry
from kontobank.access.withdrawal import withdraw_all
from kontobank.clock import Clock
from kontobank.faults import ANY, KINDS, Fault, FaultPlan, PlannedFault
from kontobank.outages import EVERYWHERE, Outages
from kontobank.outages import KINDS as OUTAGES
from kontobank.story.told import Day, Story

DAY_S = 86_400
DAYS_MAX = 366
TIMES_MAX = 1_000
OUTAGE_S = 60
STORY_OUTAGE_S = 300
SLOW_MS = 10_000
LOGIN_CHARACTERS_MAX = 64
Form = Mapping[str, str]


class Unclear(Exception):
    """The form does not say what it wants."""


@dataclass
class Stage:
    """The parts of the bank that the page shows and moves; `day` is where the story is.

    A story begins at the bank's time of the first visit to one of its days.
    """

    seed: int
    clock: Clock
    registry: Registry
    consents: Consents
    journal: Journal
    faults: FaultPlan
    outages: Outages
    story: Story | None = None
    day: int = -1
    began_at: datetime | None = None

    def reset(self) -> None:
        """The story has not begun."""
        self.day, self.began_at = -1, None

    def act(self, name: str, form: Form) -> None:
        """It is done.

        Raises:
            Unclear: there is no such act, or the form does not say what it wants.
        """
        acts: Mapping[str, Callable[[Form], None]] = {
            "clock": self._move_clock,
            "fault": self._add_fault,
            "clear": self._clear,
            "outage": self._begin_outage,
            "day": self._go_to_day,
        }
        if name not in acts:
            raise Unclear(f"there is no act {name}")
        acts[name](form)

    def _move_clock(self, form: Form) -> None:
        step = form.get("step", "")
        if step == "real":
            self.clock.reset()
        elif step == "pause":
            self.clock.pause()
        elif step == "resume":
            self.clock.resume()
        else:
            self.clock.advance(DAY_S * _whole(step, DAYS_MAX))

    def _add_fault(self, form: Form) -> None:
        kind = form.get("kind", "")
        if kind not in KINDS:
            raise Unclear("there is no such fault")
        login = form.get("login", "").strip()[:LOGIN_CHARACTERS_MAX]
        self._plan(
            {"kind": kind, "login": login, "times": _whole(form.get("times", ""), TIMES_MAX)}
        )

    def _clear(self, _form: Form) -> None:
        self.faults.clear()
        self.outages.end()

    def _begin_outage(self, form: Form) -> None:
        kind = form.get("kind", "")
        if kind not in OUTAGES:
            raise Unclear("there is no such outage")
        self.outages.begin(kind, EVERYWHERE, OUTAGE_S)

    def _go_to_day(self, form: Form) -> None:
        """It is that day of the story, and nothing goes wrong but what the story says."""
        number = _whole(form.get("number", ""), DAYS_MAX)
        days = self.story.days if self.story else ()
        found = next((one for one in days if one.day == number), None)
        if found is None:
            raise Unclear("the story has no such day")
        self.began_at = self.began_at or self.clock.now()
        self.clock.set_to(self.began_at + timedelta(days=number))
        self._clear(form)
        self._perform(found)
        self.day = number

    def _perform(self, day: Day) -> None:
        for one in day.faults:
            self._plan(one)
        if day.outage:
            self.outages.begin(day.outage, EVERYWHERE, STORY_OUTAGE_S)
        if day.withdraws:
            withdraw_all(self.registry, self.consents, day.withdraws)

    def _plan(self, one: Mapping[str, Any]) -> None:
        fault = Fault(
            kind=one["kind"],
            status=one.get("status", 503),
            code=one.get("code", "INJECTED"),
            delay_ms=one.get("delay_ms", SLOW_MS if one["kind"] == "slow" else 0),
            retry_after_s=one.get("retry_after_s"),
        )
        planned = PlannedFault(
            fault=fault,
            path=one.get("path", ANY),
            login=one.get("login") or None,
            after=0,
            times=one.get("times", 1),
        )
        try:
            self.faults.add(planned)
        except ValueError as cause:
            raise Unclear(str(cause)) from cause


def _whole(text: str, highest: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > highest:
        raise Unclear(f"a whole number from 0 to {highest}")
    return int(text)
