"""What one call of this standard is."""

from dataclasses import dataclass, field
from typing import Any

from kontobank.access.nouns import Consent
from kontobank.apis.answered import Fallible
from kontobank.mask import Mask
from kontobank.signing import Seal

FULL_VERSION = "v2_1_2.1"
OLDER_VERSION = "v2_1_1.1"
GATEWAY_VERSION = "v3_0.1"  # shapes of 2.1.2 behind a gateway; no specification file: unproven
VERSIONS = (OLDER_VERSION, FULL_VERSION, GATEWAY_VERSION)


@dataclass
class Call(Fallible):
    """One call while it is answered; the journal's columns are filled in as they get known."""

    endpoint: str
    place: str
    country: str
    mask: Mask
    version: str
    base_url: str
    body: dict[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    seal: Seal | None = None
    bearer: str | None = None
    consent: Consent | None = None
    account: str | None = None
    is_attended: bool = False
    page: str | None = None
    takes_gzip: bool = False

    @property
    def header(self) -> dict[str, Any]:
        """The body's requestHeader, {} when it has none."""
        found = self.body.get("requestHeader")
        return found if isinstance(found, dict) else {}

    @property
    def seal_id(self) -> str:
        """The thumbprint of the caller's key; '' before the signature was verified."""
        return self.seal.thumbprint if self.seal else ""

    @property
    def login(self) -> str | None:
        """Whose data the call is about, once known."""
        return self.consent.login if self.consent else None
