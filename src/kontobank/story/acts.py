"""What the buttons of the page do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
from kontobank.people.countries import COUNTRIES
from kontobank.quirks import Packs, UnknownPack
from kontobank.quirks.packs import EVERYBODY
from kontobank.story.told import Day, Story

DAY_S = 86_400
DAYS_MAX = 366
TIMES_MAX = 1_000
ALWAYS = 1_000_000  # a fault that is met until it is switched off
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

    A story begins at the bank's time of the first visit to one of its days. `start_anew` makes the
    whole bank what it was at its start.
    """

    seed: int
    clock: Clock
    registry: Registry
    consents: Consents
    journal: Journal
    faults: FaultPlan
    outages: Outages
    packs: Packs
    story: Story | None = None
    day: int = -1
    began_at: datetime | None = None
    start_anew: Callable[[], None] = field(default=lambda: None)

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
            "fault-off": self._drop_fault,
            "pack-on": self._turn_pack_on,
            "pack-off": self._turn_pack_off,
            "reset": lambda _form: self.start_anew(),
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
        times = form.get("times", "").strip()
        wanted = {"kind": kind, "login": _login(form), "country": _bank(form)}
        self._plan({**wanted, "times": _whole(times, TIMES_MAX) if times else ALWAYS})

    def _drop_fault(self, form: Form) -> None:
        """The fault is not planned any more; another that took its place meanwhile stays."""
        number, planned = _whole(form.get("number", ""), ALWAYS), self.faults.planned
        if number < len(planned) and planned[number].fault.kind == form.get("kind"):
            self.faults.drop(number)

    def _turn_pack_on(self, form: Form) -> None:
        try:
            self.packs.turn_on(
                _login(form) or EVERYBODY, form.get("pack", ""), _bank(form), self.clock.now()
            )
        except UnknownPack as complaint:
            raise Unclear(str(complaint)) from complaint

    def _turn_pack_off(self, form: Form) -> None:
        self.packs.turn_off(_login(form) or EVERYBODY, form.get("pack", ""), _bank(form))

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
            country=one.get("country", EVERYWHERE),
            since=self.clock.now(),
        )
        try:
            self.faults.add(planned)
        except ValueError as cause:
            raise Unclear(str(cause)) from cause


def _login(form: Form) -> str:
    return form.get("login", "").strip()[:LOGIN_CHARACTERS_MAX]


def _bank(form: Form) -> str:
    place = form.get("bank", EVERYWHERE)
    if place not in (EVERYWHERE, *COUNTRIES):
        raise Unclear("there is no such bank")
    return place


def _whole(text: str, highest: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > highest:
        raise Unclear(f"a whole number from 0 to {highest}")
    return int(text)
