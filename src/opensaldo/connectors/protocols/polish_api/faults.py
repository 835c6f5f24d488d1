"""What a PolishAPI bank's refusals mean for us, by HTTP status; pure.

Codes are each bank's own, so only those that say more than the status are read.
Source: PolishAPI 2.1.2, responses of every call; OAuth 2 (RFC 6749, 4.1.2.1).
"""

from __future__ import annotations

from collections.abc import Mapping

from opensaldo.connectors.call_limits import no_more_calls
from opensaldo.connectors.refusals import retry_after_s
from opensaldo.errors import (
    BankAccessEnded,
    BankConsentWithdrawn,
    BankError,
    BankMaintenance,
    BankUnavailable,
)

MAINTENANCE = "MAINTENANCE"
CONSENT_OVER = (
    "CONSENT_WITHDRAWN",
    "CONSENT_REVOKED",
    "CONSENT_DELETED",
    "CONSENT_EXPIRED",
    "INVALID_GRANT",
)
DEAD_ELSEWHERE = (401, 403)
DEAD: Mapping[str, tuple[int, ...]] = {
    "authorize": (),
    "token": (400, 401, 403),
    "deleteConsent": (401, 403, 404, 410, 422),
}


def fault_of(
    endpoint: str, status: int, code: str | None, headers: Mapping[str, str], body: bytes = b""
) -> BankError:
    """The error a refused call means; `code` is None unless the bank signed it.

    A token call also refuses a dead code or refresh token with 400 (RFC 6749, 5.2); a consent that
    cannot be deleted because there is none has ended; before `authorize` there is no access that
    could end.
    """
    wait_s = retry_after_s(headers)
    if status in DEAD.get(endpoint, DEAD_ELSEWHERE):
        return BankConsentWithdrawn() if (code or "").upper() in CONSENT_OVER else BankAccessEnded()
    if status == 429:
        return no_more_calls(headers, (code,) if code else (), body)
    if status == 503 and code == MAINTENANCE:
        return BankMaintenance(retry_after_s=wait_s)
    return BankUnavailable(retry_after_s=wait_s)
