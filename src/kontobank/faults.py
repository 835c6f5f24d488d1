"""What goes wrong on purpose: by login, and by the switchboard's plan."""

from dataclasses import dataclass

from kontobank.people.owners import CORPORATE_LOGIN, PERSON_FAULTS

KINDS = (
    "reset",
    "truncate",
    "slow",
    "status",
    "html",
    "nonsense",
    "bad_signature",
    "missing_signature",
    "expired_token",
    "withdrawn",
    "hostile_text",
    "no_next_page",
    "loop_pages",
)
LATENCY_MAX_MS = 3_600_000
PLANNED_MAX = 1_000
RETRY_AFTER_S = 120
SLOW_PAGE_DELAY_S = 25
SLOW_PAGE_ROWS_MAX = 1
ANY = "*"


@dataclass(frozen=True)
class Fault:
    """One thing to go wrong in one reply."""

    kind: str
    status: int = 500
    code: str = "INJECTED"
    delay_ms: int = 0
    retry_after_s: int | None = None


@dataclass
class PlannedFault:
    """A fault that waits: `after` calls pass first, then `times` calls meet it."""

    fault: Fault
    path: str
    login: str | None
    after: int
    times: int

    def meets(self, endpoint: str, login: str | None) -> bool:
        """True when this call is one of those the fault is for; counts the call."""
        if self.path not in (ANY, endpoint) or (self.login and self.login != login):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times <= 0:
            return False
        self.times -= 1
        return True


class FaultPlan:
    """The switchboard's schedule of failures, and the latency of every call."""

    def __init__(self, latency_ms: int = 0) -> None:
        self._planned: list[PlannedFault] = []
        self._first_latency_ms = latency_ms
        self.latency_ms = latency_ms

    def add(self, planned: PlannedFault) -> None:
        """The fault waits for its calls; ValueError when there are too many."""
        if len(self._planned) >= PLANNED_MAX:
            raise ValueError(f"at most {PLANNED_MAX} planned faults")
        self._planned.append(planned)

    def clear(self) -> None:
        """No fault is planned."""
        self._planned.clear()

    def reset(self) -> None:
        """No fault is planned and the latency is that of the start."""
        self.clear()
        self.latency_ms = self._first_latency_ms

    def take(self, endpoint: str, login: str | None) -> Fault | None:
        """The fault this call meets, first planned first; each planned one counts the call."""
        met = [planned for planned in self._planned if planned.meets(endpoint, login)]
        self._planned = [planned for planned in self._planned if planned.times > 0]
        return met[0].fault if met else None

    @property
    def waiting(self) -> int:
        """How many planned faults are left."""
        return len(self._planned)


def person_fault(login: str) -> tuple[str, str | None] | None:
    """The error and its description with which the login page sends this person back."""
    if login == CORPORATE_LOGIN:
        return "server_error", None
    if login in PERSON_FAULTS:
        return "access_denied", PERSON_FAULTS[login]
    return None


def call_fault(login: str, *, is_next_page: bool) -> Fault | None:
    """The fault a data call meets because of whose data it asks for."""
    if login == "test-slow" and is_next_page:
        return Fault("slow", delay_ms=SLOW_PAGE_DELAY_S * 1000)
    return BY_LOGIN.get(login)


BY_LOGIN = {
    "test-io": Fault("reset"),
    "test-maintenance": Fault(
        "status", status=503, code="MAINTENANCE", retry_after_s=RETRY_AFTER_S
    ),
    "test-down": Fault("status", status=503, code="SERVICE_UNAVAILABLE"),
    "test-expired": Fault("expired_token"),
}
