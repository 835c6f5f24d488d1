"""From the bank files to targets, and from a target to its connector."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opensaldo.connectors.base import Connector
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile, profile_of
from opensaldo.connectors.protocols.polish_api.flow import PolishApi
from opensaldo.connectors.road import Road
from opensaldo.connectors.signing import BankKeys, Seal
from opensaldo.data import COUNTRIES, BadDataFile, bank_files, fill, load_toml
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import Clock
from opensaldo.domain.target import AccountType, Interface, Target

_NAME = re.compile(r"[A-Z][A-Za-z0-9]{1,62}(_[a-z]{2})?")

Maker = Callable[[Profile, Door, Seal, BankKeys, Clock], Connector]


def _polish_api(
    profile: Profile, door: Door, seal: Seal, keys: BankKeys, clock: Clock
) -> Connector:
    """A PolishAPI connector."""
    return PolishApi(profile, door=door, seal=seal, keys=keys, clock=clock)


PROTOCOLS: Mapping[str, Maker] = {"polish_api": _polish_api}


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
    account_types: tuple[AccountType, ...]
    commands: tuple[str, ...]
    credentials: tuple[str, ...]
    road: Road
    login_name: str | None = None
    beta: bool = False
    multiple_access: bool = False
    test_only: bool = False

    def __post_init__(self) -> None:
        """Refuse names outside the rule of the wire contract (section 8) and unknown protocols."""
        suffix = "" if self.country == "pl" else f"_{self.country}"
        if self.country not in COUNTRIES:
            raise ValueError("country to be one of " + " ".join(COUNTRIES))
        for name in (self.name, self.institution):
            if not _NAME.fullmatch(name) or _suffix(name) != suffix:
                raise ValueError(f"name and institution in letters and digits, ending {suffix!r}")
        if not self.official_url.startswith("https://"):
            raise ValueError("official_url to start with https://")
        if self.protocol not in PROTOCOLS:
            raise ValueError("protocol to be one of " + " ".join(PROTOCOLS))
        if not (self.account_types and self.commands and self.credentials):
            raise ValueError("account_types, commands and credentials that are not empty")

    @property
    def target(self) -> Target:
        """The target as the rest of the platform knows it."""
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
            credentials=self.credentials,
            login_name=self.login_name,
            beta=self.beta,
            multiple_access=self.multiple_access,
            test_only=self.test_only,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """A whole bank file."""

    targets: tuple[BankTarget, ...]


class Catalog:
    """The targets on offer and their connectors; nothing in it changes after the start."""

    def __init__(self, offers: Mapping[Target, Connector]) -> None:
        """Keep the targets by country, then by name."""
        ordered = sorted(offers, key=lambda target: (target.country, target.name))
        self._targets = tuple(ordered)
        self._connectors = {target.name: offers[target] for target in ordered}

    def targets(self, environment: Environment) -> tuple[Target, ...]:
        """The targets offered there, by country, then by name."""
        is_test = environment is Environment.TEST
        return tuple(target for target in self._targets if is_test or not target.test_only)

    def find(self, name: str, environment: Environment) -> Target | None:
        """The target of this name, None when it is not offered there."""
        return next((one for one in self.targets(environment) if one.name == name), None)

    def connector(self, target: Target) -> Connector:
        """The target's connector; the same one at every call."""
        return self._connectors[target.name]


def read_bank_files() -> dict[str, BankTarget]:
    """All targets of all bank files by name.

    Raises:
        BadDataFile: a file does not fit the schema, its folder, or the name rule.
    """
    found: dict[str, BankTarget] = {}
    for path in bank_files():
        whole = fill(BankFile, load_toml(path), file=path, key="file")
        for place, one in enumerate(whole.targets):
            key = f"targets[{place}]"
            if one.country != path.partition("/")[0]:
                raise BadDataFile(path, f"{key}.country", "the folder's country", one.country)
            if one.name in found:
                raise BadDataFile(path, f"{key}.name", "a name used once", one.name)
            found[one.name] = one
    return found


def load_catalog(*, kontobank_url: str | None, door: Door, seal: Seal, clock: Clock) -> Catalog:
    """The catalogue of all bank files; KontoBank's targets only with its address.

    Raises:
        BadDataFile: a bank file cannot be used.
    """
    keys: dict[str, BankKeys] = {}
    offers: dict[Target, Connector] = {}
    for one in read_bank_files().values():
        if one.road.needs_kontobank and not kontobank_url:
            continue
        profile = profile_of(
            one.road, bank=one.name, country=one.country, kontobank_url=kontobank_url or ""
        )
        if profile.jwks_url not in keys:
            keys[profile.jwks_url] = BankKeys(
                door, bank=one.institution, url=profile.jwks_url, clock=clock
            )
        make = PROTOCOLS[one.protocol]
        offers[one.target] = make(profile, door, seal, keys[profile.jwks_url], clock)
    return Catalog(offers)


def _suffix(name: str) -> str:
    """The country suffix of a name, empty without one."""
    head, mark, country = name.rpartition("_")
    return mark + country if head else ""
