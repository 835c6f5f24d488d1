"""Between `scope_details` as the standard writes them and a Scope."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from kontobank.access.nouns import (
    DATA_PRIVILEGES,
    HISTORY_DAYS_MAX,
    LIST_PRIVILEGE,
    AccessRefused,
    Consent,
    Privilege,
    Scope,
)
from kontobank.mask import PLAIN, Mask

SCOPES = ("ais-accounts", "ais")
WITHOUT_HISTORY = ("ais:getAccount", "ais:getTransactionDetail", LIST_PRIVILEGE)
CONSENT_ID_CHARACTERS_MAX = 128
PRIVILEGE_ITEMS_MAX = 200


def read_scope(scope: Any, details: Any, now: datetime, mask: Mask = PLAIN) -> Scope:
    """The scope a request asks for; never longer than the bank's consents live.

    Raises:
        AccessRefused: 400 for a wrong shape, 422 for a content the bank cannot grant.
    """
    if scope not in SCOPES:
        raise AccessRefused(422, "SCOPE_UNSUPPORTED", "scope is ais-accounts or ais here")
    if not isinstance(details, dict):
        raise AccessRefused(400, "SCOPE_DETAILS_MISSING", "scope_details must be an object")
    if details.get("scopeGroupType") != scope:
        raise AccessRefused(400, "SCOPE_GROUP_INVALID", "scopeGroupType must equal scope")
    if details.get("throttlingPolicy") != "psd2Regulatory":
        raise AccessRefused(400, "THROTTLING_POLICY_INVALID", "throttlingPolicy: psd2Regulatory")
    consent_id = details.get("consentId")
    if not isinstance(consent_id, str) or not 0 < len(consent_id) <= CONSENT_ID_CHARACTERS_MAX:
        raise AccessRefused(400, "CONSENT_ID_INVALID", "consentId is missing or too long")
    privileges, accounts = _read_privileges(scope, details.get("privilegeList"))
    return Scope(
        scope=scope,
        consent_id=consent_id,
        valid_until=_read_limit(details.get("scopeTimeLimit"), now, mask.consent_days),
        privileges=privileges,
        accounts=accounts,
    )


def _read_limit(text: Any, now: datetime, days_max: int) -> datetime:
    try:
        limit = datetime.fromisoformat(text)
    except (TypeError, ValueError) as cause:
        raise AccessRefused(
            400, "SCOPE_TIME_LIMIT_INVALID", "scopeTimeLimit: no date-time"
        ) from cause
    if limit.tzinfo is None:
        limit = limit.replace(tzinfo=UTC)
    if limit <= now:
        raise AccessRefused(422, "SCOPE_TIME_LIMIT_PAST", "scopeTimeLimit has passed")
    return min(limit.astimezone(UTC), now + timedelta(days=days_max))


def _read_privileges(scope: str, items: Any) -> tuple[dict[str, Privilege], tuple[str, ...]]:
    if not isinstance(items, list) or not 0 < len(items) <= PRIVILEGE_ITEMS_MAX:
        raise AccessRefused(400, "PRIVILEGE_LIST_INVALID", "privilegeList must name privileges")
    allowed = (LIST_PRIVILEGE,) if scope == "ais-accounts" else (LIST_PRIVILEGE, *DATA_PRIVILEGES)
    privileges: dict[str, Privilege] = {}
    accounts: list[str] = []
    for item in items:
        if not isinstance(item, dict):
            raise AccessRefused(400, "PRIVILEGE_LIST_INVALID", "privilegeList holds objects")
        for name, value in item.items():
            if name == "accountNumber":
                accounts.append(str(value))
            elif name in allowed:
                privileges[name] = _read_privilege(name, value)
            else:
                raise AccessRefused(422, "PRIVILEGE_UNSUPPORTED", f"{name[:40]} is not granted")
    if not privileges:
        raise AccessRefused(400, "PRIVILEGE_LIST_INVALID", "privilegeList must name privileges")
    return privileges, tuple(dict.fromkeys(accounts))


def _read_privilege(name: str, value: Any) -> Privilege:
    usage = value.get("scopeUsageLimit", "single") if isinstance(value, dict) else None
    if usage not in ("single", "multiple"):
        raise AccessRefused(400, "USAGE_LIMIT_INVALID", "scopeUsageLimit: single or multiple")
    if name in WITHOUT_HISTORY:
        return Privilege(usage == "multiple")
    days = value.get("maxAllowedHistoryLong")
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= HISTORY_DAYS_MAX:
        raise AccessRefused(
            400, "HISTORY_INVALID", f"maxAllowedHistoryLong: 1 to {HISTORY_DAYS_MAX} days"
        )
    return Privilege(usage == "multiple", days)


def write_scope(scope: Scope) -> dict[str, Any]:
    """The `scope_details` of a token reply: what was granted, one item per account."""
    privileges: dict[str, Any] = {}
    for name, privilege in scope.privileges.items():
        granted: dict[str, Any] = {
            "scopeUsageLimit": "multiple" if privilege.is_multiple else "single"
        }
        if privilege.history_days is not None:
            granted["maxAllowedHistoryLong"] = privilege.history_days
        privileges[name] = granted
    items = [{"accountNumber": number, **privileges} for number in scope.accounts]
    if scope.scope == "ais-accounts":
        items = [privileges]
    return {
        "privilegeList": items,
        "consentId": scope.consent_id,
        "scopeTimeLimit": scope.valid_until.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "throttlingPolicy": "psd2Regulatory",
    }


def earliest_on(consent: Consent, privilege: str, now: datetime, mask: Mask = PLAIN) -> date:
    """The oldest day a list call may show: the consent's history, or 90 days long after SCA.

    RTS art. 10a: without a fresh SCA a third party sees the last 90 days only.
    """
    days = consent.scope.privileges[privilege].history_days or mask.history_days_later
    days = min(days, mask.history_days_initial)
    if now - consent.sca_at > timedelta(minutes=mask.history_window_minutes):
        days = min(days, mask.history_days_later)
    return now.date() - timedelta(days=days)
