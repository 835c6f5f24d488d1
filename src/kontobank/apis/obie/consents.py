"""account-access-consents: made, shown, ended."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from kontobank.access.nouns import AccessRefused
from kontobank.apis.obie.call import Call, Reply
from kontobank.apis.obie.intents import Intent, Intents
from kontobank.apis.parts import Parts

PERMISSIONS = (
    "ReadAccountsBasic",
    "ReadAccountsDetail",
    "ReadBalances",
    "ReadPAN",
    "ReadParty",
    "ReadPartyPSU",
    "ReadTransactionsBasic",
    "ReadTransactionsCredits",
    "ReadTransactionsDebits",
    "ReadTransactionsDetail",
)
WORDS = {
    "AWAU": "AwaitingAuthorisation",
    "AUTH": "Authorised",
    "RJCT": "Rejected",
    "CANC": "Revoked",
    "EXPD": "Revoked",
}


def create(parts: Parts, intents: Intents, call: Call) -> Reply:
    """An intent waits for its person."""
    client_id, seal = _own(intents, call)
    data = _data(call.body)
    asked = data.get("Permissions")
    if not isinstance(asked, list) or not asked or set(asked) - set(PERMISSIONS):
        raise AccessRefused(400, "Field.Invalid", "Data.Permissions of those offered")
    reads_rows = {"ReadTransactionsBasic", "ReadTransactionsDetail"} & set(asked)
    directions = {"ReadTransactionsCredits", "ReadTransactionsDebits"} & set(asked)
    if bool(reads_rows) != bool(directions):
        raise AccessRefused(400, "Field.Invalid", "transactions need a level and a direction")
    now = parts.clock.now()
    longest = now + timedelta(days=call.mask.consent_days)
    until = _instant(data, "ExpirationDateTime") or longest
    if until <= now:
        raise AccessRefused(400, "Field.InvalidDate", "ExpirationDateTime has passed")
    intent = intents.open(
        client_id=client_id,
        seal=seal,
        place=call.place,
        permissions=tuple(asked),
        valid_until=min(until, longest),
        from_at=_instant(data, "TransactionFromDateTime"),
    )
    return Reply(201, _shown(call, intent))


def show(parts: Parts, intents: Intents, call: Call) -> Reply:
    """The intent as it is now."""
    del parts
    client_id, _ = _own(intents, call)
    return Reply(200, _shown(call, intents.intent(call.names["consent"], client_id, call.place)))


def delete(parts: Parts, intents: Intents, call: Call) -> Reply:
    """The intent and everything under it is over."""
    client_id, _ = _own(intents, call)
    intent = intents.intent(call.names["consent"], client_id, call.place)
    call.consent = parts.registry.consent(intent.id)
    intents.end(intent)
    return Reply(204)


def _own(intents: Intents, call: Call) -> tuple[str, str]:
    """The third party that calls for itself."""
    call.client_id, seal = intents.bearer_of(call.bearer)
    return call.client_id, seal


def _data(raw: bytes) -> dict[str, Any]:
    """The body's Data, else AccessRefused 400."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as cause:
        raise AccessRefused(400, "Resource.InvalidFormat", "the body is not JSON") from cause
    if not isinstance(body, dict) or not isinstance(body.get("Data"), dict) or "Risk" not in body:
        raise AccessRefused(400, "Field.Missing", "Data and Risk are required")
    found: dict[str, Any] = body["Data"]
    return found


def _instant(data: dict[str, Any], name: str) -> datetime | None:
    """A moment of the body, None when absent, else AccessRefused 400."""
    if data.get(name) is None:
        return None
    try:
        moment = datetime.fromisoformat(data[name])
    except (TypeError, ValueError) as cause:
        raise AccessRefused(400, "Field.InvalidDate", f"{name} is no date-time") from cause
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shown(call: Call, intent: Intent) -> dict[str, Any]:
    data: dict[str, Any] = {
        "ConsentId": intent.id,
        "CreationDateTime": wire_time(intent.created_at),
        "Status": intent.status if call.is_newer else WORDS[intent.status],
        "StatusUpdateDateTime": wire_time(intent.changed_at),
        "Permissions": list(intent.permissions),
        "ExpirationDateTime": wire_time(intent.valid_until),
    }
    if intent.from_at is not None:
        data["TransactionFromDateTime"] = wire_time(intent.from_at)
    link = call.link(f"account-access-consents/{intent.id}")
    return {"Data": data, "Risk": {}, "Links": {"Self": link}, "Meta": {}}


def wire_time(moment: datetime) -> str:
    """A moment as the standard writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
