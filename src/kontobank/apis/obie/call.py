"""What one call is, and what it is answered with."""

from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, QueryParams

from kontobank.access.nouns import Consent
from kontobank.apis.answered import Fallible
from kontobank.mask import Mask

ATTENDED = "x-fapi-customer-ip-address"
INTERACTION = "x-fapi-interaction-id"
NEWER = "v4.0"
OLDER = "v3.1"


@dataclass
class Call(Fallible):
    """One call while it is answered; the journal's columns are filled in as they get known."""

    place: str
    country: str
    mask: Mask
    base_url: str
    prefix: str
    version: str
    method: str
    rest: str
    headers: Headers
    query: QueryParams
    body: bytes = b""
    certificate: bytes | None = None
    endpoint: str = "unknown"
    names: dict[str, str] = field(default_factory=dict)
    client_id: str = ""
    consent: Consent | None = None
    account: str | None = None

    @property
    def is_attended(self) -> bool:
        """True when the person started the call: their address is in it."""
        return bool(self.headers.get(ATTENDED))

    @property
    def is_newer(self) -> bool:
        """True in 4.0, which says with ISO codes what 3.1 says with words."""
        return self.version == NEWER

    @property
    def page(self) -> str | None:
        """The id of the page asked for; None for the first."""
        return self.query.get("page")

    @property
    def login(self) -> str | None:
        """Whose data the call is about, once known."""
        return self.consent.login if self.consent else None

    @property
    def bearer(self) -> str:
        """The token of the call, "" without one."""
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        return value if kind.lower() == "bearer" else ""

    def link(self, rest: str) -> str:
        """The whole address of a path of this interface."""
        return f"{self.base_url}{self.prefix}/{rest}"


@dataclass(frozen=True)
class Reply:
    """The answer before it is bytes; `body` None for an answer without one."""

    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
