"""Consents: made, shown, ended."""

from datetime import date, timedelta
from typing import Any

from kontobank.access.consents import AccountConsent
from kontobank.access.nouns import AccessRefused
from kontobank.apis.berlin_group import sca, tokens
from kontobank.apis.berlin_group.call import Call, Reply
from kontobank.apis.berlin_group.check import day_of, flag_of, number_of
from kontobank.apis.berlin_group.wishes import read_wish, write_access
from kontobank.apis.parts import Parts

ENDED = ("revokedByPsu", "expired", "terminatedByTpp", "rejected")


def create(parts: Parts, call: Call) -> Reply:
    """A consent is received; its links say how it can be authorised."""
    if not call.is_attended:
        raise AccessRefused(400, "FORMAT_ERROR", "PSU-IP-Address is required")
    body = call.body
    wish = read_wish(body.get("access"))
    is_recurring = flag_of(body, "recurringIndicator")
    if flag_of(body, "combinedServiceIndicator"):
        raise AccessRefused(400, "SESSIONS_NOT_SUPPORTED", "no payments are started here")
    frequency = number_of(body, "frequencyPerDay")
    if not is_recurring and frequency != 1:
        raise AccessRefused(400, "PARAMETER_NOT_CONSISTENT", "one-off: frequencyPerDay is 1")
    consent = parts.consents.open(
        tpp=call.tpp,
        country=call.country,
        place=call.place,
        wish=wish,
        is_recurring=is_recurring,
        valid_until=_valid_until(body, parts.clock.today(), call.mask.consent_days),
        per_day=min(frequency, call.mask.calls_per_day),
        psu_id=call.headers.get("PSU-ID"),
        signed_in=call.token.consent.login if call.token else None,
    )
    call.consent = consent
    started = sca.begin(parts, call, consent)
    shown: dict[str, Any] = {"consentStatus": consent.status, "consentId": consent.id, **started}
    shown["_links"] = {
        **started["_links"],
        "self": call.link("consents", consent.id),
        "status": call.link("consents", consent.id, "status"),
    }
    location = call.base_url + call.link("consents", consent.id)["href"]
    headers = {"Location": location, **sca.approach_header(parts, call)}
    return Reply(call.dialect.created, shown, headers)


def show(parts: Parts, call: Call) -> Reply:
    """The whole consent as it is now."""
    consent = held(parts, call)
    world = parts.world(call, consent.login) if consent.login else None
    shown = {
        "access": write_access(consent, world),
        "recurringIndicator": consent.is_recurring,
        "validUntil": consent.valid_until.isoformat(),
        "frequencyPerDay": consent.per_day,
        "lastActionDate": consent.acted_on.isoformat(),
        "consentStatus": consent.status,
        "_links": {"account": call.link("accounts")},
    }
    return Reply(200, shown)


def show_status(parts: Parts, call: Call) -> Reply:
    """The consent's status."""
    consent = held(parts, call)
    shown = {"consentStatus": consent.status}
    messages = [one.message for one in consent.authorisations.values() if one.message]
    if messages:
        shown["psuMessage"] = messages[-1]
    return Reply(200, shown)


def delete(parts: Parts, call: Call) -> Reply:
    """The third party ended the consent; one that had ended stays as it was."""
    consent = held(parts, call)
    if consent.status not in ENDED:
        parts.consents.end(consent, "terminatedByTpp")
    return Reply(204, None)


def held(parts: Parts, call: Call) -> AccountConsent:
    """The consent of the path, whatever its status, else AccessRefused 403."""
    consent = parts.consents.consent(call.path["consent"])
    is_mine = consent and (consent.tpp, consent.place) == (call.tpp, call.place)
    if consent is None or not is_mine or not tokens.fits(call, consent):
        raise AccessRefused(403, "CONSENT_UNKNOWN", "no such consent of this third party")
    call.consent = consent
    sca.catch_up(parts, consent)
    return consent


def _valid_until(body: dict[str, Any], today: date, days_max: int) -> date:
    """The last day of the consent: as asked, but not later than the bank's own limit."""
    asked = day_of(body, "validUntil")
    if asked < today:
        raise AccessRefused(400, "PERIOD_INVALID", "validUntil has passed")
    return min(asked, today + timedelta(days=days_max))
