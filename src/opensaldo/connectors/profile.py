"""What a connector knows of its bank: the road with absolute addresses, and the target's name."""

from __future__ import annotations

from dataclasses import dataclass, fields

from opensaldo.connectors.road import KONTOBANK, Road
from opensaldo.domain.secret import Secret

KONTOBANK_CERTIFICATE = "qwac"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Road):
    """One target's road, its addresses absolute; `bank` names the target in limits and counters.

    `client_id` and `client_secret` are what the bank gave the operator, empty without any.
    """

    bank: str
    country: str
    client_id: str = ""
    client_secret: Secret | None = None

    def __post_init__(self) -> None:
        """The road was checked when its file was read."""


def profile_of(
    road: Road,
    *,
    bank: str,
    country: str,
    kontobank_url: str,
    client_id: str = "",
    client_secret: Secret | None = None,
) -> Profile:
    """The road of one target, its addresses starting at KontoBank's where the file says so."""
    values = {field.name: getattr(road, field.name) for field in fields(Road)}
    for name in ("base_url", "jwks_url", "authorize_url", "token_url"):
        values[name] = values[name].replace(KONTOBANK, kontobank_url.rstrip("/"))
    if values["base_url"].startswith(f"{kontobank_url.rstrip('/')}/"):
        values["certificate"] = KONTOBANK_CERTIFICATE if kontobank_url.startswith("https:") else ""
    return Profile(
        bank=bank,
        country=country,
        client_id=client_id,
        client_secret=client_secret,
        **values,
    )
