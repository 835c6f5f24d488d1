"""From the bank files to targets, and from a target to its connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from opensaldo.connectors.bank_files import BankTarget, read_bank_files
from opensaldo.connectors.base import Connector
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile, profile_of
from opensaldo.connectors.protocols.polish_api.flow import PolishApi
from opensaldo.connectors.signing import BankKeys, Seal
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import Clock
from opensaldo.domain.target import Target

Maker = Callable[[Profile, Door, Seal, BankKeys, Clock], Connector]


def _polish_api(
    profile: Profile, door: Door, seal: Seal, keys: BankKeys, clock: Clock
) -> Connector:
    """A PolishAPI connector."""
    return PolishApi(profile, door=door, seal=seal, keys=keys, clock=clock)


PROTOCOLS: Mapping[str, Maker] = {"polish_api": _polish_api}


class Catalog:
    """The targets on offer and their connectors; nothing in it changes after the start."""

    def __init__(self, offers: Mapping[Target, Callable[[], Connector]]) -> None:
        """Keep the targets by country, then by name; a connector is made when first asked for."""
        ordered = sorted(offers, key=lambda target: (target.country, target.name))
        self._targets = {
            environment: {one.name: one for one in ordered if one.environment is environment}
            for environment in Environment
        }
        self._makers = {(one.name, one.environment): offers[one] for one in ordered}
        self._connectors: dict[tuple[str, Environment], Connector] = {}

    def targets(self, environment: Environment) -> tuple[Target, ...]:
        """The targets offered there, by country, then by name."""
        return tuple(self._targets[environment].values())

    def find(self, name: str, environment: Environment) -> Target | None:
        """The target of this name, None when it is not offered there."""
        return self._targets[environment].get(name)

    def connector(self, target: Target) -> Connector:
        """The target's connector in its environment; the same one at every call."""
        key = target.name, target.environment
        if key not in self._connectors:
            self._connectors[key] = self._makers[key]()
        return self._connectors[key]


def load_catalog(*, kontobank_url: str | None, door: Door, seal: Seal, clock: Clock) -> Catalog:
    """The catalogue of all bank files; KontoBank's targets only with its address.

    A target whose standard nobody speaks yet is known and not offered.

    Raises:
        BadDataFile: a bank file cannot be used.
    """
    keys: dict[str, BankKeys] = {}

    def keys_at(url: str, bank: str) -> BankKeys:
        return keys.setdefault(url, BankKeys(door, bank=bank, url=url, clock=clock))

    def connector_of(one: BankTarget) -> Connector:
        profile = profile_of(
            one.road, bank=one.name, country=one.country, kontobank_url=kontobank_url or ""
        )
        door.present(profile.bank, profile.certificate)
        bank_keys = keys_at(profile.jwks_url, one.institution)
        return PROTOCOLS[one.protocol](profile, door, seal, bank_keys, clock)

    return Catalog(
        {
            one.offered(Environment.TEST, simulated=False): partial(connector_of, one)
            for one in read_bank_files().values()
            if one.protocol in PROTOCOLS and one.road.needs_kontobank and kontobank_url
        }
    )
