"""Access tokens in the calls of the standard: before the consent, or as its authorisation."""

from kontobank.access.consents import AccountConsent
from kontobank.access.nouns import AccessRefused
from kontobank.apis.berlin_group.call import Call
from kontobank.apis.parts import Parts

PRE_STEP_SCOPE = "AIS"
CODES = {"TOKEN_INVALID": "TOKEN_UNKNOWN", "TOKEN_EXPIRED": "TOKEN_EXPIRED"}


def read(parts: Parts, call: Call) -> None:
    """The call knows its token; 401 where one is missing, unknown or too old."""
    kind, _, value = call.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not value:
        if call.needs_token:
            raise AccessRefused(401, "TOKEN_UNKNOWN", "Authorization: Bearer is required")
        return
    try:
        token = parts.registry.use(value, "")
    except AccessRefused as refusal:
        code = CODES.get(refusal.code, "TOKEN_INVALID")
        raise AccessRefused(401, code, refusal.message) from refusal
    if token.consent.country != call.country:
        raise AccessRefused(401, "TOKEN_INVALID", "the token is of another country's bank")
    call.token = token


def fits(call: Call, consent: AccountConsent) -> bool:
    """Whether a call with this token may know of the consent."""
    if consent.signed_in is None or call.token is None:
        return consent.signed_in is None
    return call.token.consent.login == consent.signed_in


def check(call: Call, consent: AccountConsent) -> None:
    """The call has the token the consent needs, else AccessRefused."""
    if not fits(call, consent):
        raise AccessRefused(400, "CONSENT_UNKNOWN", "the consent is another person's")
    if not consent.needs_token:
        return
    if call.token is None:
        raise AccessRefused(401, "TOKEN_UNKNOWN", "Authorization: Bearer is required")
    if call.token.consent.id != consent.id:
        raise AccessRefused(401, "TOKEN_INVALID", "the token is of another consent")
