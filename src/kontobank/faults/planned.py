"""The bank's list of failures to come: those a test planned one by one, then the seeded plan's."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from kontobank.faults.kinds import SENT_BACK, SIGN_IN, Fault, is_at
from kontobank.faults.logins import person_fault
from kontobank.faults.seeded import ANY, Plan

PLANNED_MAX = 1_000
COUNTED_MAX = 1_000_000


@dataclass
class PlannedFault:
    """A fault that waits: `after` calls pass first, then `times` calls meet it.

    `country` is the bank it is for, or any; `since` is when it was asked for, where somebody looks.
    """

    fault: Fault
    path: str
    login: str | None
    after: int
    times: int
    account: str | None = None
    country: str = ANY
    since: datetime | None = None

    def meets(
        self, endpoint: str, login: str | None, account: str | None = None, country: str = ANY
    ) -> bool:
        """True when this call is one of those the fault is for; counts the call."""
        if self.path not in (ANY, endpoint) or (self.login and self.login != login):
            return False
        if self.country not in (ANY, country):
            return False
        if not is_at(self.fault.kind, endpoint) or (self.account and self.account != account):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times <= 0:
            return False
        self.times -= 1
        return True


class FaultPlan:
    """Which call fails how, and the latency of every call.

    A seeded plan sees of a call only whose it is, for which account, at which endpoint, and which
    one of those it is: neither the time nor what others do changes what it meets.
    """

    def __init__(self, latency_ms: int = 0, first_plan: Plan | None = None) -> None:
        self._planned: list[PlannedFault] = []
        self._first_latency_ms, self._first_plan = latency_ms, first_plan or Plan()
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self.latency_ms = latency_ms
        self.plan = self._first_plan

    def add(self, planned: PlannedFault) -> None:
        """The fault waits for its calls; ValueError when there are too many."""
        if len(self._planned) >= PLANNED_MAX:
            raise ValueError(f"at most {PLANNED_MAX} planned faults")
        self._planned.append(planned)

    def follow(self, plan: Plan) -> None:
        """The plan is in force, and calls are counted from one again."""
        self.plan = plan
        self._counts.clear()

    def clear(self) -> None:
        """No fault is planned."""
        self._planned.clear()
        self.follow(Plan())

    def reset(self) -> None:
        """The bank fails as at its start: by its first plan, with its first latency."""
        self._planned.clear()
        self.follow(self._first_plan)
        self.latency_ms = self._first_latency_ms

    def drop(self, number: int) -> None:
        """The planned fault of this number, counted from 0, is not planned any more, if it is."""
        del self._planned[number : number + 1]

    def take(
        self, endpoint: str, login: str | None, account: str | None = None, country: str = ANY
    ) -> Fault | None:
        """The fault this call meets, first planned first; each planned one counts the call."""
        met = [one for one in self._planned if one.meets(endpoint, login, account, country)]
        self._planned = [planned for planned in self._planned if planned.times > 0]
        key = (login or "", account or "", endpoint)
        if self.plan.is_empty:
            return met[0].fault if met else None
        if len(self._counts) >= COUNTED_MAX:
            self._counts.clear()
        self._counts[key] += 1
        seeded = self.plan.fault(endpoint, login, account, self._counts[key])
        return met[0].fault if met else seeded

    def sign_in_fault(self, login: str, country: str = ANY) -> tuple[str, str | None] | None:
        """The error and its description with which this person is sent back at this sign-in."""
        met = self.take(SIGN_IN, login, country=country)
        return SENT_BACK.get(met.kind if met else "") or person_fault(login)

    @property
    def planned(self) -> tuple[PlannedFault, ...]:
        """Those that were planned one by one and still wait, first planned first."""
        return tuple(self._planned)

    @property
    def waiting(self) -> int:
        """How many planned faults are left."""
        return len(self._planned)
