"""Authorisations of a consent: which approach, and how each one starts and ends."""

from datetime import UTC, datetime, time
from typing import Any

from kontobank.access.consents import GRANTED, OVER, AccountConsent, Authorisation
from kontobank.access.nouns import AccessRefused, Authorization, Privilege, Scope
from kontobank.apis.berlin_group.call import Call, Reply
from kontobank.apis.parts import Parts
from kontobank.mask import Mask

PRIVILEGES = {"balances": "ais:getAccount", "transactions": "ais:getTransactionsDone"}
METADATA_PATH = "/.well-known/oauth-authorization-server"
LIST_PRIVILEGE = "ais-accounts:getAccounts"
ANOTHER_PERSON = "TargetCredentialsMismatch"
APPROACH_WORDS = {"oauth": "REDIRECT", "redirect": "REDIRECT"}


def begin(parts: Parts, call: Call, consent: AccountConsent) -> dict[str, Any]:
    """The members and links a new consent is answered with.

    With a redirect the bank starts by itself unless the third party wants to; otherwise it says
    what the start needs.
    """
    approach = approach_of(call)
    is_explicit = call.flag("TPP-Explicit-Authorisation-Preferred") is True
    if is_explicit:
        return {"_links": {"startAuthorisation": _list_link(call, consent)}}
    return {"_links": _started(parts, call, consent, approach)["_links"]}


def start(parts: Parts, call: Call, consent: AccountConsent) -> Reply:
    """An authorisation started by the third party."""
    shown = _started(parts, call, consent, approach_of(call))
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
    if authorisation.status in GRANTED and consent.login and consent.wish.shows_owner:
        owner = parts.world(call.country, consent.login).accounts[0].owners[0]
        shown["psuName"] = owner.name
    return Reply(200, shown)


def update(_parts: Parts, call: Call, consent: AccountConsent) -> Reply:
    """What the third party adds to an authorisation."""
    authorisation = find(call, consent)
    if authorisation.status in OVER:
        raise AccessRefused(409, "STATUS_INVALID", f"the authorisation is {authorisation.status}")
    raise AccessRefused(400, "SERVICE_INVALID", "nothing can be added to this authorisation")


def find(call: Call, consent: AccountConsent) -> Authorisation:
    """The authorisation of the path, else AccessRefused 403."""
    found = consent.authorisations.get(call.path["authorisation"])
    if found is None:
        raise AccessRefused(403, "RESOURCE_UNKNOWN", "no such authorisation of this consent")
    return found


def catch_up(parts: Parts, consent: AccountConsent) -> None:
    """A sign-in the person left without a word has failed when its time is over."""
    for authorisation in consent.authorisations.values():
        sign_in = authorisation.sign_in
        if authorisation.state != "received" or sign_in is None:
            continue
        if parts.registry.authorization(sign_in.id) is None:
            parts.consents.fail(consent, authorisation, None)


def approach_of(call: Call) -> str:
    """The bank's own way unless the third party prefers another one the bank has."""
    offered = call.mask.approaches or ("redirect",)
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


def _started(parts: Parts, call: Call, consent: AccountConsent, approach: str) -> dict[str, Any]:
    """A new authorisation as its start is answered."""
    if approach == "oauth":
        return _oauth_started(parts, call, consent)
    redirect_uri = call.headers.get("TPP-Redirect-URI", "")
    if not redirect_uri.startswith(("http://", "https://")):
        raise AccessRefused(400, "FORMAT_ERROR", "TPP-Redirect-URI is required")
    authorisation = parts.consents.start(consent, approach)
    authorisation.redirect_uri = redirect_uri
    authorisation.nok_redirect_uri = call.headers.get("TPP-Nok-Redirect-URI", redirect_uri)
    authorisation.sign_in = _sign_in(parts, call, consent, authorisation)
    base = parts.public_url or call.base_url
    page = f"{base}/{call.dialect.name}/{call.place}/login?request={authorisation.sign_in.id}"
    links = {
        "scaRedirect": {"href": page},
        "scaStatus": call.link("consents", consent.id, "authorisations", authorisation.id),
    }
    return {
        "scaStatus": authorisation.status,
        "authorisationId": authorisation.id,
        "_links": links,
    }


def _oauth_started(parts: Parts, call: Call, consent: AccountConsent) -> dict[str, Any]:
    """A new authorisation that waits for the authorisation server."""
    authorisation = parts.consents.start(consent, "oauth")
    consent.needs_token = True
    base = parts.public_url or call.base_url
    metadata = f"{base}/{call.dialect.name}/{call.place}{METADATA_PATH}"
    links = {
        "scaOAuth": {"href": metadata},
        "scaStatus": call.link("consents", consent.id, "authorisations", authorisation.id),
    }
    return {"scaStatus": "received", "authorisationId": authorisation.id, "_links": links}


def _sign_in(
    parts: Parts, call: Call, consent: AccountConsent, authorisation: Authorisation
) -> Authorization:
    """A page waits for the person."""
    return parts.registry.open(
        country=call.country,
        client_id=_third_party(call),
        seal=call.tpp,
        redirect_uri=authorisation.redirect_uri,
        state="",
        scope=page_scope(call.mask, consent),
        place=call.place,
        name=call.mask.name,
        ending=ConsentEnding(parts, consent, authorisation),
        is_for_all=consent.wish.model in ("global", "available"),
    )


class ConsentEnding:
    """The pages end: the consent is valid or rejected, and the browser goes where it was told."""

    def __init__(self, parts: Parts, consent: AccountConsent, authorisation: Authorisation) -> None:
        self._parts, self._consent, self._authorisation = parts, consent, authorisation

    def approved(self, authorization: Authorization, accounts: tuple[str, ...]) -> str:
        """The third party's address as it is; with the code where one must be confirmed."""
        authorization.step = "done"
        mine, login = self._authorisation, authorization.login or ""
        if self._consent.status not in ("received", "valid"):
            return mine.nok_redirect_uri
        if {self._consent.signed_in, self._consent.login} - {None, login}:
            return self.denied(authorization, "access_denied", ANOTHER_PERSON)
        self._parts.consents.grant(self._consent, mine, login, accounts)
        return mine.redirect_uri

    def denied(self, authorization: Authorization, error: str, description: str | None) -> str:
        """The third party's address for refusals."""
        authorization.step = "done"
        self._parts.consents.fail(self._consent, self._authorisation, description or error)
        return self._authorisation.nok_redirect_uri


def page_scope(mask: Mask, consent: AccountConsent) -> Scope:
    """What the pages show of the consent."""
    privileges = {LIST_PRIVILEGE: Privilege(consent.is_recurring)}
    for kind, name in PRIVILEGES.items():
        if kind in consent.wish.named:
            days = mask.history_days_initial if kind == "transactions" else None
            privileges[name] = Privilege(consent.is_recurring, days)
    until = datetime.combine(consent.valid_until, time.max, UTC)
    return Scope("ais", consent.id, until, privileges, consent.wish.numbers)


def _third_party(call: Call) -> str:
    """How the pages name who asks."""
    return call.headers.get("TPP-Brand-Logging-Information") or call.tpp[:16] or "TPP"


def _list_link(call: Call, consent: AccountConsent) -> dict[str, str]:
    return call.link("consents", consent.id, "authorisations")
