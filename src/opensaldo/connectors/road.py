"""How one target's bank is reached: the tables `[targets.road]` of a bank file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from opensaldo.connectors.quirks import QUIRKS

KONTOBANK = "{kontobank}"
CALLS_AT_ONCE_MAX = 64
HISTORY_DAYS_MAX = 5 * 366
DETAILS_MAX = 100
_VERSION = re.compile(r"[A-Za-z0-9_.-]{0,40}")


class Approach(StrEnum):
    """A way of strong customer authentication the bank offers."""

    REDIRECT = "redirect"
    OAUTH = "oauth"
    DECOUPLED = "decoupled"
    EMBEDDED = "embedded"


class OAuth(StrEnum):
    """When a token is fetched: never, before the consent, or as its authorisation."""

    NONE = "none"
    PRE_STEP = "pre_step"
    SCA = "sca"


class ConsentModel(StrEnum):
    """What a consent names: accounts, nothing (the person chooses at the bank), or everything."""

    DETAILED = "detailed"
    BANK_OFFERED = "bank_offered"
    GLOBAL = "global"
    GLOBAL_WITH_OWNER = "global_with_owner"


class SignatureKind(StrEnum):
    """How requests are signed: not, as draft-cavage, or as a detached JWS."""

    NONE = "none"
    CAVAGE = "cavage"
    JWS = "jws"


class KeyId(StrEnum):
    """How a cavage signature names our certificate."""

    SERIAL_HEX = "serial_hex"
    SERIAL_DECIMAL = "serial_decimal"
    TPP_ID = "tpp_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRule:
    """How one bank wants its requests signed (table `[targets.road.signature]`).

    `headers` are the signed headers in order, those that a request has; `algorithm` is written as
    it stands, the signature is RSA with SHA-256 whatever it says.
    """

    kind: SignatureKind = SignatureKind.NONE
    key_id: KeyId = KeyId.SERIAL_HEX
    algorithm: str = "rsa-sha256"
    headers: tuple[str, ...] = ("digest", "x-request-id", "psu-id", "tpp-redirect-uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """The table `[targets.road]`; every member is explained in data/README.md."""

    calls_at_once_max: int
    history_days_initial: int
    history_days_later: int
    base_url: str = ""
    version: str = ""
    other_versions: tuple[str, ...] = ()
    jwks_url: str = ""
    authorize_url: str = ""
    token_url: str = ""
    approaches: tuple[Approach, ...] = (Approach.REDIRECT,)
    oauth: OAuth = OAuth.NONE
    consent: ConsentModel = ConsentModel.BANK_OFFERED
    consent_days: int = 180
    calls_per_day: int = 4
    history_window_minutes: int = 15
    history_extra_sca: bool = False
    booking_statuses: tuple[str, ...] = ("both", "booked")
    lists: tuple[str, ...] = ()
    details_max: int = 0
    same_request_id_for_pages: bool = False
    signature: SignatureRule = SignatureRule()
    certificate: str = ""
    quirks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no bank can mean."""
        addresses = (self.base_url, self.jwks_url, self.authorize_url, self.token_url)
        for url in filter(None, addresses):
            if not url.startswith(("https://", f"{KONTOBANK}/")):
                raise ValueError(f"addresses to start with https:// or {KONTOBANK}/")
        if not all(map(_VERSION.fullmatch, self.versions_served)):
            raise ValueError("version like v2_1_2.1 or v1")
        if not 1 <= self.calls_at_once_max <= CALLS_AT_ONCE_MAX:
            raise ValueError(f"calls_at_once_max from 1 to {CALLS_AT_ONCE_MAX}")
        if not 1 <= self.history_days_later <= self.history_days_initial <= HISTORY_DAYS_MAX:
            raise ValueError(
                f"1 <= history_days_later <= history_days_initial <= {HISTORY_DAYS_MAX}"
            )
        if not 0 <= self.details_max <= DETAILS_MAX:
            raise ValueError(f"details_max from 0 to {DETAILS_MAX}")
        if unknown := set(self.quirks) - set(QUIRKS):
            raise ValueError(f"quirks of the table QUIRKS, not {', '.join(sorted(unknown))}")

    @property
    def versions_served(self) -> tuple[str, ...]:
        """The versions that answer at this address, the preferred one first."""
        return (self.version, *self.other_versions)

    @property
    def needs_kontobank(self) -> bool:
        """Whether the road starts at the configured address of KontoBank."""
        return self.base_url.startswith(KONTOBANK)
