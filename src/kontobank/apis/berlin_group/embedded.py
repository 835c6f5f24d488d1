"""Authorisation through the third party: password, method, code, each sent by it to the bank."""

import hmac
from typing import Any, NoReturn

from kontobank.access.consents import AccountConsent, Authorisation
from kontobank.access.nouns import SIGN_IN_TRIES_MAX, AccessRefused
from kontobank.apis.berlin_group.call import Call
from kontobank.apis.berlin_group.check import text_of
from kontobank.apis.berlin_group.methods import challenge_of, methods_of
from kontobank.apis.parts import Parts
from kontobank.people.owners import CODE, CONFIRMING_LOGIN, PASSWORD, is_known

LOGIN_CHARACTERS_MAX = 64


def start(parts: Parts, call: Call, consent: AccountConsent) -> dict[str, Any]:
    """A new authorisation; the person and the password may come with it."""
    authorisation = parts.consents.start(consent, "embedded")
    login = call.headers.get("PSU-ID") or consent.psu_id
    if login:
        authorisation.login, authorisation.state = login[:LOGIN_CHARACTERS_MAX], "psuIdentified"
    shown = _next(call, consent, authorisation)
    if "psuData" in call.body:
        shown = _authenticate(parts, call, consent, authorisation)
    return {**shown, "authorisationId": authorisation.id}


def update(
    parts: Parts, call: Call, consent: AccountConsent, authorisation: Authorisation
) -> dict[str, Any]:
    """What the third party adds: person, password, method or code, in this order."""
    body, state = call.body, authorisation.state
    if "psuData" in body and state in ("received", "psuIdentified"):
        return _authenticate(parts, call, consent, authorisation)
    if "authenticationMethodId" in body and state == "psuAuthenticated":
        return _select(call, consent, authorisation)
    if "scaAuthenticationData" in body and state == "scaMethodSelected":
        return _authorise(parts, call, consent, authorisation)
    if not body and state == "received" and call.headers.get("PSU-ID"):
        authorisation.login = call.headers["PSU-ID"][:LOGIN_CHARACTERS_MAX]
        authorisation.state = "psuIdentified"
        return _next(call, consent, authorisation)
    raise AccessRefused(409, "STATUS_INVALID", f"this does not fit an authorisation {state}")


def confirm(
    parts: Parts, call: Call, consent: AccountConsent, authorisation: Authorisation
) -> dict[str, Any]:
    """The code that proves that the same person came back."""
    given = text_of(call.body, "confirmationCode")
    expected = authorisation.confirmation_code or ""
    if not hmac.compare_digest(given.encode(), expected.encode()):
        _wrong(parts, consent, authorisation, 400, "SCA_INVALID")
    accounts = authorisation.accounts
    parts.consents.grant(consent, authorisation, authorisation.login or "", accounts)
    return _next(call, consent, authorisation)


def _authenticate(
    parts: Parts, call: Call, consent: AccountConsent, authorisation: Authorisation
) -> dict[str, Any]:
    login = call.headers.get("PSU-ID") or authorisation.login
    data = call.body["psuData"]
    if not login or not isinstance(data, dict):
        raise AccessRefused(400, "FORMAT_ERROR", "PSU-ID and psuData are required")
    authorisation.login = login[:LOGIN_CHARACTERS_MAX]
    password = text_of(data, "password")
    is_right = hmac.compare_digest(password.encode(), PASSWORD.encode())
    if not (is_right and is_known(authorisation.login)):
        authorisation.state = "psuIdentified"
        _wrong(parts, consent, authorisation, 401, "PSU_CREDENTIALS_INVALID")
    fault = parts.faults.sign_in_fault(authorisation.login, consent.country)
    if fault is not None:
        parts.approvals.deny(consent, authorisation, fault[1])
        raise AccessRefused(403, "SERVICE_BLOCKED", fault[1] or fault[0])
    authorisation.tries = 0
    methods = methods_of(authorisation.login)
    if not methods:
        parts.approvals.approve(consent, authorisation, "exempted")
        return _next(call, consent, authorisation)
    authorisation.state = "psuAuthenticated"
    if len(methods) == 1:
        _choose(authorisation, methods[0])
    return _next(call, consent, authorisation)


def _select(call: Call, consent: AccountConsent, authorisation: Authorisation) -> dict[str, Any]:
    name = text_of(call.body, "authenticationMethodId")
    methods = {one["authenticationMethodId"]: one for one in methods_of(authorisation.login or "")}
    if name not in methods:
        raise AccessRefused(400, "SCA_METHOD_UNKNOWN", "this person has no such method")
    _choose(authorisation, methods[name])
    return _next(call, consent, authorisation)


def _authorise(
    parts: Parts, call: Call, consent: AccountConsent, authorisation: Authorisation
) -> dict[str, Any]:
    given = text_of(call.body, "scaAuthenticationData")
    if not hmac.compare_digest(given.encode(), CODE.encode()):
        _wrong(parts, consent, authorisation, 401, "PSU_CREDENTIALS_INVALID")
    login = authorisation.login or ""
    if login == CONFIRMING_LOGIN:
        authorisation.confirmation_code = CODE
        accounts = parts.approvals.accounts(consent, login)
        parts.consents.leave_unconfirmed(authorisation, login, accounts)
    else:
        parts.approvals.approve(consent, authorisation)
    return _next(call, consent, authorisation)


def _choose(authorisation: Authorisation, method: dict[str, str]) -> None:
    authorisation.method = method["authenticationMethodId"]
    authorisation.state = "scaMethodSelected"


def _next(call: Call, consent: AccountConsent, authorisation: Authorisation) -> dict[str, Any]:
    """The state and the one step that leads on from it."""
    mine = call.link("consents", consent.id, "authorisations", authorisation.id)
    shown: dict[str, Any] = {"scaStatus": authorisation.status}
    links = {"scaStatus": mine}
    steps = {
        "received": "updatePsuIdentification",
        "psuIdentified": "updatePsuAuthentication",
        "psuAuthenticated": "selectAuthenticationMethod",
        "scaMethodSelected": "authoriseTransaction",
        "unconfirmed": "confirmation",
    }
    if authorisation.state in steps:
        links[steps[authorisation.state]] = mine
    methods = methods_of(authorisation.login or "")
    if authorisation.state == "psuAuthenticated":
        shown["scaMethods"] = list(methods)
    if authorisation.state == "scaMethodSelected":
        chosen = next(
            one for one in methods if one["authenticationMethodId"] == authorisation.method
        )
        shown["chosenScaMethod"] = chosen
        shown["challengeData"] = challenge_of(chosen, authorisation.id)
    if authorisation.message:
        shown["psuMessage"] = authorisation.message
    return {**shown, "_links": links}


def _wrong(
    parts: Parts, consent: AccountConsent, authorisation: Authorisation, status: int, code: str
) -> NoReturn:
    """A wrong answer is counted; the third one ends the authorisation."""
    authorisation.tries += 1
    if authorisation.tries >= SIGN_IN_TRIES_MAX:
        parts.approvals.deny(consent, authorisation, "InvalidCredentials")
    raise AccessRefused(status, code, "this is not right")
