"""Where one sign-in stands between two steps, as texts that travel with the step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What must not be forgotten; nothing in it was typed by the person.

    `phase` says what the answer to the step is. `link` is the bank's link that the answer goes to;
    `verifier` proves that we began the OAuth sign-in; times are ISO 8601.
    """

    phase: str = ""
    consent_id: str = ""
    authorisation_id: str = ""
    sca_link: str = ""
    link: str = ""
    verifier: str = ""
    token_url: str = ""
    access_token: str = ""
    refresh_token: str = ""
    token_until: str = ""
    until: str = ""
    extra: str = ""

    def memory(self) -> dict[str, str]:
        """The texts that are not empty."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in pairs if value}


def attempt_of(memory: Mapping[str, str]) -> Attempt:
    """The attempt a step's memory holds; unknown texts are ignored."""
    known = {field.name for field in fields(Attempt)}
    return Attempt(**{name: value for name, value in memory.items() if name in known})
