"""Authorisations of a consent: which approach, and how each one starts and ends."""

from typing import Any

from kontobank.access.consents import GRANTED, OVER, AccountConsent, Authorisation
from kontobank.access.nouns import AccessRefused
from kontobank.apis.berlin_group import decoupled, embedded, redirect
from kontobank.apis.berlin_group.call import Call, Reply
from kontobank.apis.parts import Parts

STARTS = {
    "redirect": redirect.start,
    "oauth": redirect.start_oauth,
    "decoupled": decoupled.start,
    "embedded": embedded.start,
}
APPROACH_WORDS = {"oauth": "REDIRECT", "redirect": "REDIRECT"}


def begin(parts: Parts, call: Call, consent: AccountConsent) -> dict[str, Any]:
    """The members and links a new consent is answered with.

    The bank starts by itself where it knows enough, unless the third party wants to; otherwise the
    link says what the start needs.
    """
    approach = approach_of(call)
    link = _list_link(call, consent)
    if call.flag("TPP-Explicit-Authorisation-Preferred") is True:
        return {"_links": {"startAuthorisation": link}}
    if approach == "embedded":
        return {"_links": {"startAuthorisationWithPsuAuthentication": link}}
    if approach == "decoupled" and consent.psu_id is None:
        return {"_links": {"startAuthorisationWithPsuIdentification": link}}
    shown = STARTS[approach](parts, call, consent)
    return {key: shown[key] for key in ("psuMessage", "_links") if key in shown}


def start(parts: Parts, call: Call, consent: AccountConsent) -> Reply:
    """An authorisation started by the third party."""
    shown = STARTS[approach_of(call)](parts, call, consent)
    return Reply(201, shown, approach_header(parts, call))


def listed(_parts: Parts, _call: Call, consent: AccountConsent) -> Reply:
    """The ids of the consent's authorisations."""
    return Reply(200, {"authorisationIds": list(consent.authorisations)})


def show(parts: Parts, call: Call, consent: AccountConsent) -> Reply:
    """The scaStatus of one authorisation."""
    authorisation = find(call, consent)
    shown: dict[str, Any] = {"scaStatus": authorisation.status}
    if authorisation.message:
        shown["psuMessage"] = authorisation.message
    if authorisation.status == "unconfirmed":
        mine = call.link("consents", consent.id, "authorisations", authorisation.id)
        shown["_links"] = {"confirmation": mine}
    if authorisation.status in GRANTED and consent.login and consent.wish.shows_owner:
        owner = parts.world(call, consent.login).accounts[0].owners[0]
        shown["psuName"] = owner.name
    return Reply(200, shown)


def update(parts: Parts, call: Call, consent: AccountConsent) -> Reply:
    """What the third party adds to an authorisation."""
    authorisation = find(call, consent)
    if authorisation.status in OVER:
        raise AccessRefused(409, "STATUS_INVALID", f"the authorisation is {authorisation.status}")
    if authorisation.status == "unconfirmed":
        return Reply(200, embedded.confirm(parts, call, consent, authorisation))
    if authorisation.approach != "embedded":
        raise AccessRefused(400, "SERVICE_INVALID", "nothing can be added to this authorisation")
    shown = embedded.update(parts, call, consent, authorisation)
    return Reply(200, shown, approach_header(parts, call))


def find(call: Call, consent: AccountConsent) -> Authorisation:
    """The authorisation of the path, else AccessRefused 403."""
    found = consent.authorisations.get(call.path["authorisation"])
    if found is None:
        raise AccessRefused(403, "RESOURCE_UNKNOWN", "no such authorisation of this consent")
    return found


def catch_up(parts: Parts, consent: AccountConsent) -> None:
    """What people did meanwhile is known; a sign-in they left alone fails when its time is over."""
    parts.approvals.settle(consent)
    for authorisation in consent.authorisations.values():
        sign_in = authorisation.sign_in
        if authorisation.state != "received" or sign_in is None:
            continue
        if parts.registry.authorization(sign_in.id) is None:
            parts.consents.fail(consent, authorisation, None)


def approach_of(call: Call) -> str:
    """The bank's own way unless the third party prefers another one the bank has."""
    offered = tuple(one for one in call.mask.approaches if one in STARTS) or ("redirect",)
    if call.mask.oauth == "sca":
        offered = tuple("oauth" if one == "redirect" else one for one in offered)
    by_browser = [one for one in offered if one in APPROACH_WORDS]
    others = [one for one in offered if one not in APPROACH_WORDS]
    if call.flag("TPP-Redirect-Preferred") is True and by_browser:
        return by_browser[0]
    if call.flag("TPP-Decoupled-Preferred") is True and "decoupled" in offered:
        return "decoupled"
    if call.flag("TPP-Redirect-Preferred") is False and others:
        return others[0]
    return offered[0]


def approach_header(parts: Parts, call: Call) -> dict[str, str]:  # noqa: ARG001
    """The approach the bank took, in the standard's word."""
    approach = approach_of(call)
    return {"ASPSP-SCA-Approach": APPROACH_WORDS.get(approach, approach.upper())}


def _list_link(call: Call, consent: AccountConsent) -> dict[str, str]:
    return call.link("consents", consent.id, "authorisations")
