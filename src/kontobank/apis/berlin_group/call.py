"""What one call is, and what it is answered with."""

from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, QueryParams

from kontobank.access.consents import AccountConsent
from kontobank.mask import Mask

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Dialect:
    """One relative of the standard: the names of its headers and what it demands.

    `created` is the status of a new consent; `needs_seal` demands digest and signature on every
    call, `needs_token` an access token fetched before the consent.
    """

    name: str
    request_id: str = "X-Request-ID"
    certificate: str = "TPP-Signature-Certificate"
    created: int = 201
    needs_seal: bool = False
    needs_token: bool = False


BERLIN_GROUP = Dialect("berlin-group")
REDSYS = Dialect("redsys", created=200, needs_seal=True, needs_token=True)
SIBS = Dialect("sibs", request_id="TPP-Request-ID", certificate="TPP-Certificate")


@dataclass
class Call:
    """One call while it is answered; the journal's columns are filled in as they get known."""

    dialect: Dialect
    place: str
    country: str
    mask: Mask
    base_url: str
    prefix: str
    method: str
    headers: Headers
    query: QueryParams
    endpoint: str = "unknown"
    path: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    tpp: str = ""
    psu: str | None = None
    consent: AccountConsent | None = None
    account: str | None = None
    page: str | None = None

    @property
    def is_attended(self) -> bool:
        """True when the person started the call: their address is in it."""
        return "PSU-IP-Address" in self.headers

    @property
    def login(self) -> str | None:
        """Whose data the call is about, once known."""
        return self.consent.login if self.consent else None

    def link(self, *names: str) -> dict[str, str]:
        """A link to a path of this interface."""
        return {"href": "/".join((self.prefix, *names))}

    def flag(self, header: str) -> bool | None:
        """A header of true or false; None when it is absent or neither."""
        return {"true": True, "false": False}.get(self.headers.get(header, "").lower())


@dataclass(frozen=True)
class Reply:
    """The answer before it is bytes; `body` None for an answer without one."""

    status: int
    body: dict[str, Any] | None
    headers: dict[str, str] = field(default_factory=dict)
