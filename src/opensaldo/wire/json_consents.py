"""A client's consents in JSON: our own endpoint, the vendor has none."""

from __future__ import annotations

from datetime import datetime

import msgspec

from opensaldo.domain.consent import Consent, ConsentStatus, ConsentView
from opensaldo.wire.text import allowed
from opensaldo.wire.times import whole_seconds

_ENCODER = msgspec.json.Encoder()
ACTIVE, EXPIRED, WITHDRAWN, REVOKED, REPLACED = (
    "ACTIVE",
    "EXPIRED",
    "WITHDRAWN",
    "REVOKED",
    "REPLACED",
)
STATES = (ACTIVE, EXPIRED, WITHDRAWN, REVOKED, REPLACED)
_OF_STATUS = {
    ConsentStatus.EXPIRED: EXPIRED,
    ConsentStatus.REVOKED_BY_PSU: WITHDRAWN,
    ConsentStatus.TERMINATED_BY_TPP: REVOKED,
}


def state_of(consent: Consent, now: datetime) -> str:
    """What became of the consent, in the words of this endpoint."""
    if consent.is_usable(now):
        return ACTIVE
    if consent.replaced_by is not None:
        return REPLACED
    return _OF_STATUS.get(consent.status, EXPIRED)


def consents(listed: tuple[ConsentView, ...], now: datetime, *, has_more: bool) -> bytes:
    """The consents in the order given, and whether there are older ones."""
    return _ENCODER.encode({"consents": [_one(each, now) for each in listed], "more": has_more})


def _one(listed: ConsentView, now: datetime) -> dict[str, object]:
    consent, state = listed.consent, state_of(listed.consent, now)
    shown: dict[str, object] = {"multipleAccessId": listed.multiple_access_id}
    if listed.owner_external_id:
        shown["ownerExternalId"] = allowed(listed.owner_external_id)
    shown |= {
        "target": consent.target,
        "state": state,
        "grantedAt": whole_seconds(consent.granted_at),
        "validUntil": whole_seconds(consent.valid_until),
    }
    if consent.ended_at is not None:
        shown["endedAt"] = whole_seconds(consent.ended_at)
    if state == ACTIVE:
        shown["importsLeft"] = listed.imports_left
        shown["nextImportAt"] = whole_seconds(listed.next_import_at)
    return shown
