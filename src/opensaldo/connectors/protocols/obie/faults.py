"""What an OBIE bank's refusals mean for us, by HTTP status and code; pure.

4.0 has codes of four characters whose list we do not have; there the status alone speaks.
Source: OBIE 4.0.0 (OBErrorResponse1); codes of 3.1 (UK.OBIE.…); RFC 6749, 4.1.2.1 and 5.2.
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
ACCESS_EXCEEDED = "ACCESS_EXCEEDED"
WITHDRAWN = ("InvalidConsentStatus", "ConsentRevoked", "CONSENT_WITHDRAWN")
ENDED = ("Reauthenticate", "ConsentExpired")
DEAD = (401, 403)
DEAD_AT_TOKEN = (400, 401, 403)
GONE = (400, 404, 410)


def fault_of(
    status: int,
    codes: tuple[str, ...],
    headers: Mapping[str, str],
    dead: tuple[int, ...] = DEAD,
    body: bytes = b"",
) -> BankError:
    """The error a refused call means; `dead` are the statuses by which an access ends.

    The code is trusted before the status where it says that the person must act.
    """
    wait_s = retry_after_s(headers)
    words = {word for code in codes for word in code.replace(".", " ").split()}
    if status == 429 or ACCESS_EXCEEDED in words:
        return no_more_calls(headers, words, body)
    if words & set(WITHDRAWN):
        return BankConsentWithdrawn()
    if words & set(ENDED) or status in dead:
        return BankAccessEnded()
    if status == 503 and MAINTENANCE in words:
        return BankMaintenance(retry_after_s=wait_s)
    return BankUnavailable(retry_after_s=wait_s)


def fault_in(codes: tuple[str, ...]) -> BankError:
    """The error of a body that came with a status of success."""
    return fault_of(200, codes, {})
