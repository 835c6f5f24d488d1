"""Masks: KontoBank under another bank's name, with that bank's own limits and ways to sign in.

A place in an address is a country, `ro`, or a country and a mask, `ro.<base64url of JSON>`. The
mask comes with every call, so the bank remembers none.
"""

import base64
import binascii
import json
from dataclasses import dataclass, fields
from typing import Any

from kontobank.people.countries import COUNTRIES

MASK_CHARACTERS_MAX = 2_000
NAME_CHARACTERS_MAX = 120


class MaskRefused(ValueError):
    """The place is no country, or its mask cannot be read."""


@dataclass(frozen=True)
class Mask:
    """What the bank pretends to be.

    `approaches` are the ways of strong customer authentication, the preferred one first:
    redirect, oauth, decoupled, embedded. `history_days_initial` is served within
    `history_window_minutes` of SCA, `history_days_later` afterwards. `version` is the standard's,
    where an address does not say it. `quirks` are the packs of misbehaviour that are on.
    """

    name: str = "KontoBank"
    version: str = ""
    approaches: tuple[str, ...] = ("redirect",)
    oauth: str = "none"
    consent_days: int = 180
    calls_per_day: int = 4
    history_days_initial: int = 1460
    history_window_minutes: int = 15
    history_days_later: int = 90
    history_extra_sca: bool = False
    quirks: tuple[str, ...] = ()


PLAIN = Mask()


def place_of(text: str) -> tuple[str, Mask]:
    """The country and the mask of one segment of a path.

    Raises:
        MaskRefused: no such country, or no such mask.
    """
    country, dot, written = text.partition(".")
    if country not in COUNTRIES or len(written) > MASK_CHARACTERS_MAX:
        raise MaskRefused(text[:80])
    return country, _mask(written) if dot else PLAIN


def place_or_none(text: str) -> tuple[str | None, Mask]:
    """As `place_of`; no country and the plain mask where the bank is not."""
    try:
        return place_of(text)
    except MaskRefused:
        return None, PLAIN


def _mask(written: str) -> Mask:
    padded = written + "=" * (-len(written) % 4)
    try:
        members = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        raise MaskRefused("a mask that is no JSON in base64url") from None
    known = {field.name: field for field in fields(Mask)}
    if not isinstance(members, dict) or members.keys() - known.keys():
        raise MaskRefused("a mask with unknown members")
    return Mask(**{name: _value(name, value) for name, value in members.items()})


def _value(name: str, value: Any) -> Any:
    default = getattr(PLAIN, name)
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
    elif type(value) is type(default):
        return value[:NAME_CHARACTERS_MAX] if isinstance(value, str) else value
    raise MaskRefused(f"a mask whose {name} is of another type")
