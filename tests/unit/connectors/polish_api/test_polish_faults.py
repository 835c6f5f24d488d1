"""Every refusal of a PolishAPI bank has its error."""

from __future__ import annotations

import pytest

from opensaldo import errors
from opensaldo.connectors.protocols.polish_api.faults import fault_of
from opensaldo.connectors.refusals import REASONS, retry_after_s, sign_in_fault

TABLE = [
    ("getAccount", 400, None, errors.BankUnavailable),
    ("getAccount", 401, None, errors.BankAccessEnded),
    ("getAccount", 401, "CONSENT_WITHDRAWN", errors.BankConsentWithdrawn),
    ("getAccount", 403, None, errors.BankAccessEnded),
    ("getAccount", 403, "CONSENT_WITHDRAWN", errors.BankConsentWithdrawn),
    ("getAccount", 404, None, errors.BankUnavailable),
    ("getAccount", 405, None, errors.BankUnavailable),
    ("getAccount", 406, None, errors.BankUnavailable),
    ("getAccount", 415, None, errors.BankUnavailable),
    ("getAccount", 422, None, errors.BankUnavailable),
    ("getAccount", 429, None, errors.BankDailyLimit),
    ("getAccount", 429, "TOKEN_INVALID", errors.BankDailyLimit),  # the status, not the words
    ("getAccount", 500, None, errors.BankUnavailable),
    ("getAccount", 501, None, errors.BankUnavailable),
    ("getAccount", 503, None, errors.BankUnavailable),
    ("getAccount", 503, "MAINTENANCE", errors.BankMaintenance),
    ("getAccount", 302, None, errors.BankUnavailable),
    ("token", 400, None, errors.BankAccessEnded),
    ("token", 401, None, errors.BankAccessEnded),
    ("token", 403, "CONSENT_WITHDRAWN", errors.BankConsentWithdrawn),
    ("token", 503, None, errors.BankUnavailable),
    ("authorize", 400, None, errors.BankUnavailable),
    ("authorize", 401, None, errors.BankUnavailable),
    ("authorize", 503, "MAINTENANCE", errors.BankMaintenance),
]


@pytest.mark.parametrize(("endpoint", "status", "code", "expected"), TABLE)
def test_a_refusal_means_its_error(
    endpoint: str, status: int, code: str | None, expected: type[errors.BankError]
) -> None:
    assert type(fault_of(endpoint, status, code, {})) is expected


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("120", 120), (" 7 ", 7), ("999999999", 86_400), ("Wed, 21 Oct 2026", None), ("-1", None)],
)
def test_the_wait_is_taken_when_it_is_a_number(written: str, seconds: int | None) -> None:
    assert retry_after_s({"retry-after": written}) == seconds
    assert fault_of("getAccount", 503, None, {"retry-after": written}).retry_after_s == seconds


def test_no_wait_is_none() -> None:
    assert retry_after_s({}) is None


@pytest.mark.parametrize("name", sorted(REASONS))
def test_a_named_reason_is_that_error(name: str) -> None:
    assert type(sign_in_fault("access_denied", name)).__name__ == name


@pytest.mark.parametrize(
    ("error", "description", "expected"),
    [
        ("access_denied", None, errors.SignInCancelled),
        ("access_denied", "OpenSaldoError", errors.SignInCancelled),
        ("access_denied", "anything", errors.SignInCancelled),
        ("server_error", "InvalidCredentials", errors.BankUnavailable),
        ("temporarily_unavailable", None, errors.BankUnavailable),
        ("invalid_scope", None, errors.BankUnavailable),
    ],
)
def test_other_returns(
    error: str, description: str | None, expected: type[errors.OpenSaldoError]
) -> None:
    assert type(sign_in_fault(error, description)) is expected
