"""What goes wrong because of who signs in."""

from kontobank.faults.kinds import Fault
from kontobank.people.owners import CORPORATE_LOGIN, PERSON_FAULTS

RETRY_AFTER_S = 120
SLOW_PAGE_DELAY_S = 25


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
