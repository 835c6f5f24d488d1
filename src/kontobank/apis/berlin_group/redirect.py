"""Authorisation in the browser: on the bank's pages, or through its authorisation server."""

from datetime import UTC, datetime, time
from typing import Any

from kontobank.access.consents import AccountConsent, Authorisation
from kontobank.access.nouns import AccessRefused, Authorization, Privilege, Scope
from kontobank.access.registry import with_query
from kontobank.apis.berlin_group.call import Call
from kontobank.apis.parts import Parts
from kontobank.mask import Mask
from kontobank.people.owners import CONFIRMING_LOGIN
from kontobank.seeds import digits

PRIVILEGES = {"balances": "ais:getAccount", "transactions": "ais:getTransactionsDone"}
METADATA_PATH = "/.well-known/oauth-authorization-server"
LIST_PRIVILEGE = "ais-accounts:getAccounts"
ANOTHER_PERSON = "TargetCredentialsMismatch"
CONFIRMATION_DIGITS = 8


def start(parts: Parts, call: Call, consent: AccountConsent) -> dict[str, Any]:
    """A new authorisation on the bank's pages, as its start is answered."""
    redirect_uri = call.headers.get("TPP-Redirect-URI", "")
    if not redirect_uri.startswith(("http://", "https://")):
        raise AccessRefused(400, "FORMAT_ERROR", "TPP-Redirect-URI is required")
    authorisation = parts.consents.start(consent, "redirect")
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


def start_oauth(parts: Parts, call: Call, consent: AccountConsent) -> dict[str, Any]:
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
        if login == CONFIRMING_LOGIN:
            mine.confirmation_code = digits("confirmation", mine.id, length=CONFIRMATION_DIGITS)
            self._parts.consents.leave_unconfirmed(mine, login, accounts)
            return with_query(mine.redirect_uri, {"confirmationCode": mine.confirmation_code})
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
    return call.headers.get("TPP-Brand-Logging-Information") or "TPP"
