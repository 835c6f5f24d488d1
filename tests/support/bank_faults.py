"""What KontoBank's fault logins and planned faults end in, whatever its standard."""

from __future__ import annotations

from opensaldo import errors

PERSON_FAULTS = {
    "test-blocked": errors.AccessBlocked,
    "test-locked": errors.AccessTemporarilyBlocked,
    "test-action": errors.ManualActionRequired,
    "test-mismatch": errors.TargetCredentialsMismatch,
    "test-method": errors.UnsupportedLoginMethod,
    "test-language": errors.UnsupportedLanguage,
    "test-level": errors.InsufficientIdentificationLevel,
    "test-corporate": errors.BankUnavailable,
}
CALL_FAULTS = {
    "test-io": errors.BankUnreachable,
    "test-maintenance": errors.BankMaintenance,
    "test-down": errors.BankUnavailable,
    "test-expired": errors.BankAccessEnded,
}
