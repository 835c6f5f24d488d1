"""What a Berlin Group bank's refusals mean for us: its codes first, then the HTTP status; pure.

Texts are never believed: banks write unrelated ones beside a right code.
Source: NextGenPSD2 1.3.12, tppMessages and RFC 7807 bodies; RFC 6749, 4.1.2.1 and 5.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from opensaldo.connectors.call_limits import no_more_calls
from opensaldo.connectors.refusals import REASONS, retry_after_s
from opensaldo.connectors.things import Thing, decode
from opensaldo.errors import (
    AccessBlocked,
    BankAccessEnded,
    BankAnsweredNonsense,
    BankConsentWithdrawn,
    BankDailyLimit,
    BankMaintenance,
    BankUnavailable,
    InvalidCredentials,
    OpenSaldoError,
    PsuError,
    SignInCancelled,
    UnsupportedLoginMethod,
)

MESSAGES_MAX = 50
PERIOD_INVALID = "PERIOD_INVALID"
PARAMETER_NOT_SUPPORTED = "PARAMETER_NOT_SUPPORTED"

_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,60}")
_LISTS = ("tppMessages", "tppMessage", "errors", "error", "additionalErrors", "fault")
_SIGNS = ("title", "error_description", "httpMessage", "moreInformation", "errorMessage")
_MEANINGS: Mapping[str, type[OpenSaldoError]] = {
    "ACCESS_EXCEEDED": BankDailyLimit,
    "CONSENT_INVALID": BankConsentWithdrawn,
    "CONSENT_EXPIRED": BankConsentWithdrawn,
    "CONSENT_UNKNOWN": BankConsentWithdrawn,
    "CONSENT_WITHDRAWN": BankConsentWithdrawn,
    "TOKEN_UNKNOWN": BankAccessEnded,
    "TOKEN_INVALID": BankAccessEnded,
    "TOKEN_EXPIRED": BankAccessEnded,
    "INVALID_TOKEN": BankAccessEnded,
    "INVALID_GRANT": BankAccessEnded,
    "RESOURCE_UNKNOWN": BankAccessEnded,
    "RESOURCE_EXPIRED": BankAccessEnded,
    "PSU_CREDENTIALS_INVALID": InvalidCredentials,
    "SCA_INVALID": InvalidCredentials,
    "SERVICE_BLOCKED": AccessBlocked,
    "SCA_METHOD_UNKNOWN": UnsupportedLoginMethod,
    "MAINTENANCE": BankMaintenance,
    "SERVICE_MAINTENANCE": BankMaintenance,
}
_OURS = ("CERTIFICATE_", "SIGNATURE_", "ROLE_")


class Refusal(NamedTuple):
    """What an error body says: its codes in order, and the HTTP status it repeats, if any."""

    codes: tuple[str, ...]
    status: int | None = None


def refusal_in(raw: Any, *, is_beside_data: bool = False) -> Refusal | None:
    """The error this JSON is, None when it is no error.

    Warnings are no errors; beside data only listed messages are errors. A bare list is one of
    messages when all its objects look like messages.
    """
    if isinstance(raw, list):
        listed = [Thing(one) for one in raw[:MESSAGES_MAX] if isinstance(one, Mapping)]
        is_error = bool(listed) and all("code" in one or "category" in one for one in listed)
        return Refusal(tuple(_codes_of(listed))) if is_error else None
    if not isinstance(raw, Mapping):
        return None
    body = Thing(raw)
    messages = [one for one in _messages(body) if not _is_warning(one)]
    written = body.opaque("status", "httpCode", "httpStatus") or ""
    status = int(written) if re.fullmatch(r"[45]\d\d", written) else None
    codes = tuple(_codes_of([*messages, body]))
    says_error = bool(codes) or status is not None or any(name in body for name in _SIGNS)
    if messages or (says_error and not is_beside_data):
        return Refusal(codes, status)
    return None


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
    """The error a refused call means; `status` is 0 when only the body is known."""
    wait_s = retry_after_s(headers or {})
    status = status or refusal.status or 0
    if status == 429:
        return no_more_calls(headers or {}, refusal.codes, body)
    for code in refusal.codes:
        meaning = _MEANINGS.get(code) or REASONS_BY_CODE.get(code)
        if meaning is not None:
            return meaning(retry_after_s=wait_s)
        if code.startswith(_OURS):
            return BankUnavailable(f"The bank refuses our certificate or signature ({code}).")
    if status in (401, 403) and not refusal.codes:
        return BankAccessEnded()
    return BankUnavailable(retry_after_s=wait_s)


def refused_by_person(message: str) -> OpenSaldoError:
    """The error of an authorisation that failed; the bank's message may name the reason.

    A real bank's message is prose for the person and names none: they gave up, or were refused.
    """
    if message.strip() == "server_error":
        return BankUnavailable()
    return REASONS.get(message.strip(), SignInCancelled)()


REASONS_BY_CODE: Mapping[str, type[PsuError]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): reason for name, reason in REASONS.items()
}


def _messages(body: Thing) -> Iterator[Thing]:
    """The messages an error body lists, under any of the names met."""
    for name in _LISTS:
        value = body.raw(name)
        for one in (value if isinstance(value, list) else [value])[:MESSAGES_MAX]:
            if isinstance(one, Mapping):
                yield Thing(one)
            elif isinstance(one, str):
                yield Thing({"code": one})


def _codes_of(messages: list[Thing]) -> Iterator[str]:
    """The codes in capitals, as the standard writes them."""
    for one in messages:
        if _is_warning(one):
            continue
        for name in ("code", "errorCode", "error", "tppMessageCode"):
            code = (one.text(name) or "").strip().upper().replace(" ", "_").replace("-", "_")
            if _CODE.fullmatch(code):
                yield code


def _is_warning(message: Thing) -> bool:
    return (message.text("category") or "").upper() in ("WARNING", "INFO", "INFORMATION")
