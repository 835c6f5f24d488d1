"""What one call is, and what it is answered with."""

from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, QueryParams

from kontobank.access.nouns import Consent
from kontobank.apis.answered import Fallible
from kontobank.mask import Mask

JSON_TYPE = "application/json"


@dataclass
class Call(Fallible):
    """One call while it is answered; the journal's columns are filled in as they get known."""

    endpoint: str
    place: str
    country: str
    mask: Mask
    headers: Headers
    query: QueryParams
    path: dict[str, str]
    seal: str = ""
    form: dict[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    client_id: str | None = None
    consent: Consent | None = None
    account: str | None = None
    is_attended: bool = False
    page: int = 0

    @property
    def login(self) -> str | None:
        """Whose data the call is about, once known."""
        return self.consent.login if self.consent else None


@dataclass(frozen=True)
class Reply:
    """The answer before it is bytes; `body` None for an answer without one."""

    status: int
    body: dict[str, Any] | None
    headers: dict[str, str] = field(default_factory=dict)
