"""A target: a sign-in choice in the catalogue, one way into one bank."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from opensaldo.domain.client import Environment


class AccountType(StrEnum):
    """Who may use the target."""

    INDIVIDUAL = "Individual"
    SOLE_TRADER = "SoleTrader"
    CORPORATE = "Corporate"


class Interface(StrEnum):
    """How the target reaches the bank."""

    PSD2 = "psd2"
    FALLBACK = "fallback"


class AccessMode(StrEnum):
    """What the client asks for: one visit, repeated visits, or repeated where possible."""

    SINGLE = "SINGLE"
    MULTIPLE = "MULTIPLE"
    MIXED = "MIXED"


BANKS_OWN_PAGES = "API_SETUP"  # the credential kind of who signs in at the bank itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One way into one bank, as its file under data/<country>/banks states it.

    `commands` are the command names the target offers, `credentials` its credential kinds in
    order. `simulated`: KontoBank stands in for the bank, under its name. `fallback` names the
    target to use while this one fails, empty for none. `new_consent_ends_old`: the bank ends an
    older repeated access of a person when they authorise a new one. `environment` is where it
    is offered; `standard` is what is spoken there in words, `version` as it stands in the path.
    `also_known_as` are further names people know the bank by; `popular` is its place among the
    country's largest banks for people, 1 the largest, None for the rest.
    """

    name: str
    country: str
    institution: str
    official_name: str
    official_url: str
    interface: Interface
    protocol: str
    account_types: tuple[AccountType, ...]
    commands: tuple[str, ...]
    credentials: tuple[str, ...]
    login_name: str | None = None
    beta: bool = False
    multiple_access: bool = False
    test_only: bool = False
    simulated: bool = False
    fallback: str = ""
    new_consent_ends_old: bool = False
    environment: Environment = Environment.TEST
    standard: str = ""
    version: str = ""
    also_known_as: tuple[str, ...] = ()
    popular: int | None = None

    @property
    def asks_here(self) -> bool:
        """Whether the person types login data on our pages instead of the bank's."""
        return self.interface is Interface.FALLBACK or any(
            kind != BANKS_OWN_PAGES for kind in self.credentials
        )

    @property
    def is_played(self) -> bool:
        """Whether no real institution answers: people must see that on every page."""
        return self.simulated or self.test_only

    def serves(self, mode: AccessMode) -> bool:
        """Whether the target can be signed in to with this access mode."""
        return mode is not AccessMode.MULTIPLE or self.multiple_access

    def grants_consent(self, mode: AccessMode) -> bool:
        """Whether a sign-in with this access mode ends in a reusable consent."""
        return mode is not AccessMode.SINGLE and self.multiple_access
