"""KontoBank in another bank's place: its road of the same standard, under the bank's mask.

A mask is part of the address: after the country, `.<base64url of JSON>` with the name people see
and the limits to keep. KontoBank reads it from there and remembers none.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from opensaldo.connectors.bank_files import BankTarget
from opensaldo.connectors.road import KONTOBANK, Road

_PLACE = re.compile(rf"({re.escape(KONTOBANK)}/[a-z-]+/)([a-z]{{2}})(?=/|$)")
_AS_THE_BANK = (
    "version",
    "approaches",
    "oauth",
    "consent_days",
    "calls_per_day",
    "history_days_initial",
    "history_window_minutes",
    "history_days_later",
    "history_extra_sca",
)


_BESIDES = {
    "obie": Road(
        base_url=f"{KONTOBANK}/obie/lt",
        version="v3.1",
        other_versions=("v4.0",),
        history_days_initial=1460,
        history_days_later=90,
        calls_at_once_max=8,
    )
}  # standards that KontoBank speaks for other banks only: none of its own targets does


def models_of(targets: Iterable[BankTarget]) -> Mapping[str, Road]:
    """KontoBank's own road of each standard it speaks."""
    return _BESIDES | {one.protocol: one.road for one in targets if one.road.needs_kontobank}


def simulated_road(target: BankTarget, model: Road) -> Road:
    """The road to KontoBank that behaves as the target's own; addresses and seals are KontoBank's.

    A version that KontoBank does not serve is replaced by its own.
    """
    place = rf"\g<1>{target.country}.{mask_of(target)}"
    is_served = target.road.version in model.versions_served
    return replace(
        target.road,
        base_url=_PLACE.sub(place, model.base_url),
        authorize_url=_PLACE.sub(place, model.authorize_url),
        token_url=_PLACE.sub(place, model.token_url),
        jwks_url=model.jwks_url,
        version=target.road.version if is_served else model.version,
        signature=model.signature,
    )


def mask_of(target: BankTarget) -> str:
    """What KontoBank must know to stand in for the target's bank."""
    road = target.road
    members = {"name": target.official_name}
    members |= {name: getattr(road, name) for name in _AS_THE_BANK}
    written = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")
