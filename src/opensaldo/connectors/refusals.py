"""What a bank's refusal or return means whatever its standard: waiting times, reasons, the code.

Pure. Source: RFC 9110, 10.2.3 (Retry-After); RFC 6749, 4.1.2 (code, state, error).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from opensaldo.errors import (
    AccessBlocked,
    AccessTemporarilyBlocked,
    BankAnsweredNonsense,
    BankUnavailable,
    InsufficientIdentificationLevel,
    InvalidCredentials,
    ManualActionRequired,
    OpenSaldoError,
    PsuError,
    SignInCancelled,
    SignInTimeout,
    TargetCredentialsMismatch,
    UnsupportedLanguage,
    UnsupportedLoginMethod,
)

RETRY_AFTER_MAX_S = 86_400
RETURN_VALUE_CHARACTERS_MAX = 4_096

REASONS: Mapping[str, type[PsuError]] = {
    reason.__name__: reason
    for reason in (
        AccessBlocked,
        AccessTemporarilyBlocked,
        InsufficientIdentificationLevel,
        InvalidCredentials,
        ManualActionRequired,
        SignInTimeout,
        TargetCredentialsMismatch,
        UnsupportedLanguage,
        UnsupportedLoginMethod,
    )
}


def retry_after_s(headers: Mapping[str, str]) -> int | None:
    """The seconds a bank asks us to wait; None when it does not say, or says a date."""
    return seconds_in(headers.get("retry-after", ""))


def seconds_in(written: str) -> int | None:
    """The whole seconds of a Retry-After, at most a day; None when it is empty or a date."""
    written = written.strip()
    if not written.isascii() or not written.isdigit() or len(written) > 9:
        return None
    return min(int(written), RETRY_AFTER_MAX_S)


def sign_in_fault(error: str, description: str | None) -> OpenSaldoError:
    """The error that the bank's return address names after a sign-in."""
    if error == "access_denied":
        return REASONS.get((description or "").strip(), SignInCancelled)()
    return BankUnavailable()


def check_state(answer: Mapping[str, str], state: str) -> None:
    """The return address belongs to this sign-in.

    Raises:
        BankAnsweredNonsense: it carries another state, or none.
    """
    if not secrets.compare_digest(answer.get("state", "").encode(), state.encode()):
        raise BankAnsweredNonsense("state", "the state of this sign-in")


def code_in(answer: Mapping[str, str], state: str) -> str:
    """The code the return address brings.

    Raises:
        PsuError, BankUnavailable: it names an error instead.
        BankAnsweredNonsense: it belongs to another sign-in, or brings neither.
    """
    check_state(answer, state)
    if error := answer.get("error"):
        raise sign_in_fault(error, answer.get("error_description"))
    code = answer.get("code", "")
    if not 0 < len(code) <= RETURN_VALUE_CHARACTERS_MAX:
        raise BankAnsweredNonsense("code", "a code or an error")
    return code
