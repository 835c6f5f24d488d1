"""What a Czech bank's refusals mean for us: its codes first, then the HTTP status; pure.

Texts are never believed. Source: COBS 8.0, responses of every call; RFC 6749, 4.1.2.1 and 5.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from opensaldo.connectors.call_limits import no_more_calls
from opensaldo.connectors.refusals import retry_after_s
from opensaldo.connectors.things import Thing, decode, text_of
from opensaldo.errors import (
    BankAccessEnded,
    BankAnsweredNonsense,
    BankConsentWithdrawn,
    BankDailyLimit,
    BankMaintenance,
    BankRateLimited,
    BankUnavailable,
    OpenSaldoError,
)

ERRORS_MAX = 50
INVALID_DATE = "DT01"
IN_FUTURE = "DATE_IN_FUTURE"
NOT_OFFERED = frozenset({403, 404, 405, 501})

_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,60}")
_ENDED = BankAccessEnded, BankConsentWithdrawn
_MEANINGS: Mapping[str, type[OpenSaldoError]] = {
    "ACCESS_DENIED": BankAccessEnded,
    "ACCESS_EXCEEDED": BankDailyLimit,
    "CONSENT_REVOKED": BankConsentWithdrawn,
    "CONSENT_WITHDRAWN": BankConsentWithdrawn,
    "EXPIRED_TOKEN": BankAccessEnded,
    "FORBIDDEN": BankAccessEnded,
    "INSUFFICIENT_SCOPE": BankAccessEnded,
    "INVALID_GRANT": BankAccessEnded,
    "INVALID_TOKEN": BankAccessEnded,
    "MAINTENANCE": BankMaintenance,
    "TOKEN_EXPIRED": BankAccessEnded,
    "TOKEN_INVALID": BankAccessEnded,
    "TOO_MANY_REQUESTS": BankRateLimited,
    "UNAUTHORISED": BankAccessEnded,
    "UNAUTHORIZED": BankAccessEnded,
}
_OF_OUR_CLIENT = frozenset({"INVALID_CLIENT", "UNAUTHORIZED_CLIENT", "CERTIFICATE_INVALID"})


class Refusal(NamedTuple):
    """What an error body says: its codes in order, and the values of its parameters."""

    codes: tuple[str, ...]
    parameters: tuple[str, ...] = ()

    @property
    def is_of_a_date_too_old(self) -> bool:
        """Whether the bank refuses the first day asked for, as lying too far back."""
        return INVALID_DATE in self.codes and IN_FUTURE not in self.parameters

    @property
    def is_of_our_client(self) -> bool:
        """Whether the bank refuses us, not the person's access."""
        return not _OF_OUR_CLIENT.isdisjoint(self.codes)


def refusal_in(raw: Any) -> Refusal | None:
    """The error this JSON is, None when it is no error."""
    if not isinstance(raw, Mapping):
        return None
    errors = list(_errors(Thing(raw)))
    if not errors:
        return None
    return Refusal(tuple(_codes_of(errors)), tuple(_parameters_of(errors)))


def refusal_of(body: bytes) -> Refusal:
    """The error a refused call's body names; no codes when it cannot be read."""
    try:
        return refusal_in(decode(body)) or Refusal(())
    except BankAnsweredNonsense:
        return Refusal(())


def fault_of(
    refusal: Refusal,
    status: int = 0,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> OpenSaldoError:
    """The error a refused call means; `status` is 0 when only the body is known.

    A parameter says more than the code it stands beside. That the access is over is not believed of
    a bank that is out of order.
    """
    wait_s = retry_after_s(headers or {})
    if status == 429:
        return no_more_calls(headers or {}, (*refusal.parameters, *refusal.codes), body)
    for code in (*refusal.parameters, *refusal.codes):
        if code in _OF_OUR_CLIENT:
            return BankUnavailable(f"The bank does not accept us as its client ({code}).")
        meaning = _MEANINGS.get(code)
        if meaning is not None and not (status >= 500 and meaning in _ENDED):
            return meaning(retry_after_s=wait_s)
    if status in (401, 403):
        return BankAccessEnded()
    return BankUnavailable(retry_after_s=wait_s)


def _errors(body: Thing) -> Iterator[Thing]:
    """The errors a body lists; one may stand bare, as OAuth 2 has it."""
    listed = body.raw("errors", "error")
    for one in (listed if isinstance(listed, list) else [listed])[:ERRORS_MAX]:
        if isinstance(one, Mapping):
            yield Thing(one)
        elif isinstance(one, str):
            yield Thing({"error": one, "parameters": body.raw("parameters")})


def _codes_of(errors: list[Thing]) -> Iterator[str]:
    """The codes in capitals, as the standard writes them."""
    for one in errors:
        for name in ("error", "code", "errorCode"):
            code = (one.text(name) or "").upper().replace(" ", "_").replace("-", "_")
            if _CODE.fullmatch(code):
                yield code


def _parameters_of(errors: list[Thing]) -> Iterator[str]:
    """The values of the errors' parameters in capitals."""
    for one in errors:
        parameters = one.thing("parameters")
        for value in (parameters.members if parameters else {}).values():
            yield (text_of(value) or "").upper()
