"""Authorisation in the bank's app: the third party waits."""

from typing import Any

from kontobank.access.consents import AccountConsent
from kontobank.access.nouns import AccessRefused
from kontobank.apis.berlin_group.call import Call
from kontobank.apis.parts import Parts
from kontobank.people.owners import is_known

MESSAGE = "Confirm the access in the app of your bank."


def start(parts: Parts, call: Call, consent: AccountConsent) -> dict[str, Any]:
    """The person's app asks; the person must be named."""
    login = call.headers.get("PSU-ID") or consent.psu_id
    if not login:
        raise AccessRefused(400, "FORMAT_ERROR", "PSU-ID is required")
    if not is_known(login):
        raise AccessRefused(401, "PSU_CREDENTIALS_INVALID", "no such person")
    authorisation = parts.consents.start(consent, "decoupled")
    parts.approvals.push(authorisation, login)
    return {
        "scaStatus": authorisation.status,
        "authorisationId": authorisation.id,
        "psuMessage": MESSAGE,
        "_links": {
            "scaStatus": call.link("consents", consent.id, "authorisations", authorisation.id)
        },
    }
