"""Consents: what we ask for, and what the bank says of a consent and its authorisation; pure.

Source: NextGenPSD2 1.3.12, 6.3, 6.4 and 7 (consentStatus, scaStatus, scaMethods, challengeData).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from opensaldo.connectors.base import SignInRequest
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.berlin_group.faults import fault_of, refusal_in
from opensaldo.connectors.road import ConsentModel
from opensaldo.connectors.things import Thing, decode
from opensaldo.errors import BankAnsweredNonsense

VALID = "valid"
PARTIAL = "partiallyauthorised"
REFUSED = ("rejected",)
OVER = ("revokedbypsu", "expired", "terminatedbytpp")
SCA_GRANTED = ("finalised", "exempted")
SCA_FAILED = ("failed",)
METHODS_MAX = 50
PICTURE_BYTES_MAX = 512 * 1024
TEXT_CHARACTERS_MAX = 2_000
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class Method:
    """One way the person can authorise."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What the person needs to find the code; all of it is the bank's own, hostile text."""

    text: str = ""
    picture: bytes = b""
    picture_type: str = ""
    characters_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAnswer:
    """What one answer says of a consent or of its authorisation; statuses in small letters."""

    consent_id: str | None
    status: str | None
    sca_status: str | None
    authorisation_id: str | None
    links: Mapping[str, str]
    approach: str
    methods: tuple[Method, ...]
    method: Method | None
    challenge: Challenge
    message: str
    valid_until: date | None

    def link(self, *names: str) -> str | None:
        """The first of these links that is there."""
        return next((self.links[name] for name in names if name in self.links), None)


def consent_body(
    profile: Profile, request: SignInRequest, today: date, numbers: Sequence[str] = ()
) -> dict[str, Any]:
    """The consent we ask for, as the bank's model wants it.

    `numbers` are the accounts a detailed consent names; without them the lists are empty and the
    person chooses at the bank.
    """
    model = profile.consent
    access: dict[str, Any]
    if model is ConsentModel.GLOBAL:
        access = {"allPsd2": "allAccounts"}
    elif model is ConsentModel.GLOBAL_WITH_OWNER:
        access = {"allPsd2": "allAccountsWithOwnerName"}
    else:
        named = [{"iban": number} for number in numbers]
        access = {"accounts": named, "balances": named, "transactions": named}
        access["additionalInformation"] = {"ownerName": named}
    asked = request.valid_until.astimezone(UTC).date()
    latest = date.fromordinal(today.toordinal() + profile.consent_days)
    return {
        "access": access,
        "recurringIndicator": request.repeated,
        "validUntil": max(today, min(asked, latest)).isoformat(),
        "frequencyPerDay": max(1, profile.calls_per_day) if request.repeated else 1,
        "combinedServiceIndicator": False,
    }


def consent_answer(body: bytes, headers: Mapping[str, str]) -> ConsentAnswer:
    """What the answer to any call about a consent says; an empty one says nothing.

    Raises:
        OpenSaldoError: the answer is an error, or no object.
    """
    raw = decode(body) if body.strip() else {}
    if not isinstance(raw, Mapping):
        raise BankAnsweredNonsense("body", "an object")
    thing = Thing(raw)
    has_data = any(name in thing for name in ("consentId", "consentStatus", "scaStatus"))
    if (refusal := refusal_in(raw, is_beside_data=has_data)) is not None:
        raise fault_of(refusal)
    methods = tuple(_methods(thing))
    chosen = thing.thing("chosenScaMethod")
    return ConsentAnswer(
        consent_id=thing.opaque("consentId"),
        status=_word(thing, "consentStatus"),
        sca_status=_word(thing, "scaStatus"),
        authorisation_id=thing.opaque("authorisationId", "authorizationId"),
        links=_links(thing),
        approach=headers.get("aspsp-sca-approach", "").strip().upper(),
        methods=methods,
        method=_method(chosen) if chosen else None,
        challenge=_challenge(thing.thing("challengeData") or Thing({})),
        message=(thing.text("psuMessage") or "")[:TEXT_CHARACTERS_MAX],
        valid_until=_last_day(thing),
    )


def end_of(day: date) -> datetime:
    """The last moment of a consent that is valid until this day, which is included."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)


def _word(thing: Thing, name: str) -> str | None:
    said = thing.text(name)
    return said.lower() if said else None


def _links(thing: Thing) -> dict[str, str]:
    """All links by their plain names."""
    links = thing.thing("_links")
    if links is None:
        return {}
    found = ((name, thing.link(name)) for name in links.members)
    return {name: link for name, link in found if link}


def _methods(thing: Thing) -> list[Method]:
    listed = thing.things("scaMethods", "scaMethod", "authenticationMethods") or []
    found = (_method(one) for one in listed[:METHODS_MAX])
    return [one for one in found if one is not None]


def _method(one: Thing) -> Method | None:
    found = one.opaque("authenticationMethodId", "id")
    if found is None:
        return None
    words = (one.text("name"), one.text("explanation"), one.text("authenticationType"))
    said = ": ".join(dict.fromkeys(word for word in words[:2] if word)) or words[2] or found
    return Method(found, said[:TEXT_CHARACTERS_MAX])


def _challenge(thing: Thing) -> Challenge:
    """The challenge; a picture that cannot be shown is left out."""
    texts = (thing.text("additionalInformation"), thing.text("data"))
    picture = _picture(thing.opaque("image") or "")
    length = thing.opaque("otpMaxLength") or ""
    return Challenge(
        text=" ".join(text for text in texts if text)[:TEXT_CHARACTERS_MAX],
        picture=picture,
        picture_type=next((kind for mark, kind in _PICTURES if picture.startswith(mark)), ""),
        characters_max=int(length) if length.isdecimal() and 0 < len(length) < 4 else None,
    )


def _picture(written: str) -> bytes:
    """The bytes of a picture in base64, with or without the form of a data address."""
    if len(written) > PICTURE_BYTES_MAX:
        return b""
    try:
        picture = base64.b64decode("".join(written.rpartition(",")[2].split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return picture if any(picture.startswith(mark) for mark, _ in _PICTURES) else b""


def _last_day(thing: Thing) -> date | None:
    """The consent's last day; one that cannot be read is no reason to lose the consent."""
    try:
        return thing.day("validUntil")
    except BankAnsweredNonsense:
        return None
