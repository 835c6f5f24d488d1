"""The bank files: what one says of each target, checked while it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from opensaldo.connectors.road import Road
from opensaldo.connectors.scope import Scope
from opensaldo.data import COUNTRIES, BadDataFile, bank_files, fill, load_toml
from opensaldo.domain.client import Environment
from opensaldo.domain.command import CommandName
from opensaldo.domain.target import AccountType, Interface, Target

STANDARDS = (
    "polish_api",
    "berlin_group",
    "redsys",
    "sibs",
    "czech_standard",
    "obie",
    "online",
)
COMMANDS_OF_ALL = (
    CommandName.DEFAULT_IMPORT,
    CommandName.IMPORT_OWNERS,
    CommandName.IMPORT_ACCOUNTS,
    CommandName.IMPORT_ACCOUNT_TRANSACTIONS,
)
COMMANDS_OF_CARDS = (CommandName.IMPORT_CARDS, CommandName.IMPORT_CARD_TRANSACTIONS)
NAME_LENGTH_MAX = 60
_NAME = re.compile(r"[A-Z][A-Za-z0-9]{1,62}(_[a-z]{2})?")


class Status(StrEnum):
    """How sure it is that the target works at its bank."""

    PROVEN = "proven"
    DOCUMENTED = "documented"
    UNPROVEN = "unproven"


class Credential(StrEnum):
    """What the person signs in with (wire contract, section 9.1)."""

    API_SETUP = "API_SETUP"
    STATIC_LOGIN = "STATIC_LOGIN"
    DOCUMENT = "DOCUMENT"
    QUALIFIED_CERTIFICATE = "QUALIFIED_CERTIFICATE"
    PASSPORT = "PASSPORT"
    CARD_NUMBER = "CARD_NUMBER"
    CLIENT_CERTIFICATE = "CLIENT_CERTIFICATE"
    PERSONAL_NUMBER = "PERSONAL_NUMBER"
    TAX_NUMBER = "TAX_NUMBER"
    CORPORATE_TAX_NUMBER = "CORPORATE_TAX_NUMBER"
    FOREIGN_CITIZEN_NUMBER = "FOREIGN_CITIZEN_NUMBER"
    COMPANY_LOGIN = "COMPANY_LOGIN"
    CHOICE = "CHOICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTarget:
    """One `[[targets]]` table of a bank file; its fields are explained in data/README.md."""

    name: str
    country: str
    institution: str
    official_name: str
    official_url: str
    interface: Interface
    protocol: str
    standard: str
    status: Status
    source: str
    read_on: date
    account_types: tuple[AccountType, ...]
    credentials: tuple[Credential, ...]
    road: Road
    scope: Scope
    login_name: str | None = None
    fallback: str = ""
    cards: bool = False
    sign_out: bool = False
    beta: bool = False
    multiple_access: bool = False
    new_consent_ends_old: bool = False
    test_only: bool = False
    also_known_as: tuple[str, ...] = ()
    popular: int | None = None

    def __post_init__(self) -> None:
        """Refuse names outside the rule of the wire contract (section 8) and unknown standards."""
        suffix = "" if self.country == "pl" else f"_{self.country}"
        if self.country not in COUNTRIES:
            raise ValueError("country to be one of " + " ".join(COUNTRIES))
        for name in (self.name, self.institution):
            if not _NAME.fullmatch(name) or _suffix(name) != suffix:
                raise ValueError(f"name and institution in letters and digits, ending {suffix!r}")
        if not self.official_url.startswith("https://"):
            raise ValueError("official_url to start with https://")
        if self.protocol not in STANDARDS:
            raise ValueError("protocol to be one of " + " ".join(STANDARDS))
        if (self.interface is Interface.FALLBACK) != (self.protocol == "online"):
            raise ValueError("the protocol online for a fallback, and for nothing else")
        if not (self.account_types and self.credentials and self.standard and self.source):
            raise ValueError("account_types, credentials, standard and source that are not empty")
        if any(not 2 <= len(other.strip()) <= NAME_LENGTH_MAX for other in self.also_known_as):
            raise ValueError(f"also_known_as to be names of 2 to {NAME_LENGTH_MAX} characters")
        if self.popular is not None and self.popular < 1:
            raise ValueError("popular to be 1 for the country's largest bank, 2 for the next")

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands the target offers and the platform runs."""
        offered = (
            *COMMANDS_OF_ALL,
            *(COMMANDS_OF_CARDS if self.cards else ()),
            *((CommandName.SIGN_OUT,) if self.sign_out else ()),
        )
        return tuple(name.value for name in offered)

    def offered(self, environment: Environment, *, simulated: bool, version: str = "") -> Target:
        """The target as the rest of the platform knows it in this environment."""
        return Target(
            name=self.name,
            country=self.country,
            institution=self.institution,
            official_name=self.official_name,
            official_url=self.official_url,
            interface=self.interface,
            protocol=self.protocol,
            account_types=self.account_types,
            commands=self.commands,
            credentials=tuple(kind.value for kind in self.credentials),
            login_name=self.login_name,
            beta=self.beta,
            multiple_access=self.multiple_access,
            test_only=self.test_only,
            simulated=simulated,
            fallback=self.fallback,
            new_consent_ends_old=self.new_consent_ends_old,
            environment=environment,
            standard=self.standard,
            version=version or self.road.version,
            also_known_as=self.also_known_as,
            popular=self.popular,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """A whole bank file."""

    targets: tuple[BankTarget, ...]


def read_bank_files() -> dict[str, BankTarget]:
    """All targets of all bank files by name.

    Raises:
        BadDataFile: a file does not fit the schema, its folder, the name rule, or the others.
    """
    found: dict[str, BankTarget] = {}
    places: dict[str, tuple[str, str]] = {}
    for path in bank_files():
        for place, one in enumerate(read_bank_file(path).targets):
            if one.name in found:
                raise BadDataFile(path, f"targets[{place}].name", "a name used once", one.name)
            found[one.name] = one
            places[one.name] = path, f"targets[{place}].fallback"
    for one in found.values():
        stand_in = found.get(one.fallback)
        if one.fallback and (stand_in is None or not _may_stand_in(stand_in, one)):
            expected = "a fallback target of the same institution"
            raise BadDataFile(*places[one.name], expected, one.fallback)
    return found


def read_bank_file(path: str) -> BankFile:
    """One bank file; `path` is relative to the data folder.

    Raises:
        BadDataFile: it does not fit the schema or its folder.
    """
    return checked_file(load_toml(path), path)


def checked_file(table: Mapping[str, Any], path: str, *, country: str | None = "") -> BankFile:
    """The bank file a table describes; its folder's country is read off the path unless given.

    Raises:
        BadDataFile: it does not fit the schema or its folder.
    """
    whole = fill(BankFile, table, file=path, key="file")
    folder = path.partition("/")[0] if country == "" else country
    for place, one in enumerate(whole.targets):
        if folder not in (None, one.country):
            key = f"targets[{place}].country"
            raise BadDataFile(path, key, "the folder's country", one.country)
    return whole


def _may_stand_in(fallback: BankTarget, target: BankTarget) -> bool:
    is_other_way_in = target.interface is Interface.PSD2 and fallback.protocol == "online"
    return is_other_way_in and fallback.institution == target.institution


def _suffix(name: str) -> str:
    """The country suffix of a name, empty without one."""
    head, mark, country = name.rpartition("_")
    return mark + country if head else ""
