"""What differs between 2.1.1, 2.1.2 and 3.0, read off the version part of a road's path.

Sources: PolishAPI-ver2_1_1.yaml and ZBP-polish-api-2_1_2-swagger.json (DeleteConsentRequest), read
2026-11-21. What is said of 3.0 comes from one bank's documentation (an IBM gateway in front, the
secret in the token call, `directPsu`) and not from a specification file: it is unproven.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opensaldo.domain.secret import Secret

HEADER_WITH_DELETE = (2, 1, 2)
GATEWAY = (3, 0)
_NUMBERS = re.compile(r"v?(\d{1,3}(?:_\d{1,3})*)")  # what follows the dot is the bank's revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a bank's developer portal gave us: the names of our application and its secret."""

    client_id: str
    client_secret: Secret


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the standard at one bank."""

    number: tuple[int, ...]
    registration: Registration | None = None

    @property
    def is_unproven(self) -> bool:
        """Whether nothing but one bank's documentation stands behind what we send."""
        return self.number >= GATEWAY

    @property
    def header_with_delete(self) -> bool:
        """Whether deleteConsent takes a requestHeader."""
        return self.number >= HEADER_WITH_DELETE

    def headers(self) -> dict[str, str]:
        """The headers of the gateway, none without one."""
        if self.registration is None or self.number < GATEWAY:
            return {}
        return {
            "X-IBM-Client-Id": self.registration.client_id,
            "X-IBM-Client-Secret": self.registration.client_secret.reveal(),
        }

    def token_members(self) -> Mapping[str, Any]:
        """What the token call says besides."""
        if self.registration is None or self.number < GATEWAY:
            return {}
        return {"client_secret": self.registration.client_secret.reveal()}

    def presence(self, *, is_attended: bool) -> Mapping[str, Any]:
        """How a data call says whether the person is there."""
        said = {"isDirectPsu": is_attended}
        return said | {"directPsu": is_attended} if self.number >= GATEWAY else said


def version_of(text: str, registration: Registration | None = None) -> Version:
    """The version a path part such as `v2_1_2.1` names; an unreadable one is taken for 2.1.2.

    >>> version_of("v2_1_1.1").number
    (2, 1, 1)
    """
    found = _NUMBERS.match(text)
    number = tuple(map(int, found[1].split("_"))) if found else HEADER_WITH_DELETE
    return Version(number, registration)
