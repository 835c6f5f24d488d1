"""What we ask a person to grant, in PolishAPI's words; pure.

Source: ZBP-polish-api-2_1_2-swagger.json (ScopeDetailsInput), read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from opensaldo.connectors.base import SignInRequest

SCOPE = "ais"
LISTING_SCOPE = "ais-accounts"
LISTING_SUFFIX = "-accounts"
DETAIL = "getTransactionDetail"
HISTORY_DAYS_MAX = 1460  # PolishAPI 2.1.2, maxAllowedHistoryLong

Details = dict[str, Any]


def listing_id(grant: str) -> str:
    """Our id of the consent to list accounts that goes before the one to read them."""
    return grant + LISTING_SUFFIX


def listing_details(request: SignInRequest) -> Details:
    """The consent to list the accounts once."""
    privileges = {"ais-accounts:getAccounts": {"scopeUsageLimit": "single"}}
    return _details(request, LISTING_SCOPE, listing_id(request.grant), [privileges])


def reading_details(
    request: SignInRequest,
    *,
    lists: Iterable[str],
    history_days: int,
    has_details: bool,
    numbers: Iterable[str] = (),
) -> Details:
    """The consent to read details and lists: of these accounts, else of those the person chooses.

    It asks for the calls that will be made and for no other.
    """
    usage = {"scopeUsageLimit": "multiple" if request.repeated else "single"}
    days = max(1, min(history_days, HISTORY_DAYS_MAX))
    privileges: Details = {"ais:getAccount": usage}
    privileges |= {f"ais:{name}": {**usage, "maxAllowedHistoryLong": days} for name in lists}
    if has_details:
        privileges[f"ais:{DETAIL}"] = usage
    items = [{"accountNumber": number, **privileges} for number in numbers]
    return _details(request, SCOPE, request.grant, items or [privileges])


def wire_time(moment: datetime) -> str:
    """The moment as the standard's date-time, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _details(
    request: SignInRequest, scope: str, consent_id: str, privileges: list[Details]
) -> Details:
    return {
        "privilegeList": privileges,
        "scopeGroupType": scope,
        "consentId": consent_id,
        "scopeTimeLimit": wire_time(request.valid_until.replace(microsecond=0)),
        "throttlingPolicy": "psd2Regulatory",
    }
