"""What one call is, and what it is answered with."""

from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, QueryParams

from kontobank.access.consents import AccountConsent
from kontobank.access.nouns import Token
from kontobank.apis.answered import Fallible
from kontobank.mask import Mask

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Dialect:
    """One relative of the standard: the names of its headers and what it demands.

    `created` is the status of a new consent; `needs_seal` demands digest and signature on every
    call, `needs_token` an access token fetched before the consent; with `has_query_flags` the
    preferences of the third party stand in the address.
    """

    name: str
    request_id: str = "X-Request-ID"
    certificate: str = "TPP-Signature-Certificate"
    created: int = 201
    needs_seal: bool = False
    needs_token: bool = False
    has_query_flags: bool = False


BERLIN_GROUP = Dialect("berlin-group")
SIGNED = ("psu-id", "psu-corporate-id", "tpp-redirect-uri")
REDSYS = Dialect("redsys", created=200, needs_seal=True, needs_token=True)
SIBS = Dialect(
    "sibs", request_id="TPP-Request-ID", certificate="TPP-Certificate", has_query_flags=True
)


@dataclass
class Call(Fallible):
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
    token: Token | None = None
    consent: AccountConsent | None = None
    account: str | None = None
    page: str | None = None
    packs: frozenset[str] = frozenset()

    @property
    def is_attended(self) -> bool:
        """True when the person started the call: their address is in it.

        Source: NextGenPSD2 1.3.12, PSU-IP-Address; SIBS API Market, psuInvolved.
        """
        return "PSU-IP-Address" in self.headers

    @property
    def needs_token(self) -> bool:
        """True where a token must be fetched before anything else."""
        return self.dialect.needs_token or self.mask.oauth == "pre_step"

    @property
    def login(self) -> str | None:
        """Whose data the call is about, once known."""
        return self.consent.login if self.consent else None

    def link(self, *names: str) -> dict[str, str]:
        """A link to a path of this interface."""
        return {"href": "/".join((self.prefix, *names))}

    def flag(self, header: str) -> bool | None:
        """A header of true or false, which SIBS has in the query; None when it is neither."""
        words = header.split("-")
        in_query = self.query.get(words[0].lower() + "".join(words[1:]), "")
        text = self.headers.get(header) or (in_query if self.dialect.has_query_flags else "")
        return {"true": True, "false": False}.get(text.lower())


@dataclass(frozen=True)
class Reply:
    """The answer before it is bytes; `body` None for an answer without one."""

    status: int
    body: dict[str, Any] | None
    headers: dict[str, str] = field(default_factory=dict)
