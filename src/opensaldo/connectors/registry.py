"""From the bank files to targets, and from a target to its connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.connectors.bank_settings import SettingsOf
from opensaldo.connectors.base import Connector
from opensaldo.connectors.http import Door
from opensaldo.connectors.offers import Offer, offers_of
from opensaldo.connectors.profile import Profile, profile_of
from opensaldo.connectors.protocols.berlin_group.dialects import BERLIN_GROUP, REDSYS, SIBS, Dialect
from opensaldo.connectors.protocols.berlin_group.flow import BerlinGroup
from opensaldo.connectors.protocols.czech_standard.client import BankClient
from opensaldo.connectors.protocols.czech_standard.flow import CzechStandard
from opensaldo.connectors.protocols.obie.flow import Obie
from opensaldo.connectors.protocols.online.flow import Online
from opensaldo.connectors.protocols.polish_api.flow import PolishApi
from opensaldo.connectors.protocols.polish_api.versions import Registration
from opensaldo.connectors.signing import BankKeys, Seal
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import Clock
from opensaldo.domain.target import Target

Maker = Callable[[Profile, Door, Seal, BankKeys, Clock], Connector]


def _polish_api(
    profile: Profile, door: Door, seal: Seal, keys: BankKeys, clock: Clock
) -> Connector:
    """A PolishAPI connector; with the secret of the bank's gateway where there is one."""
    secret, client_id = profile.client_secret, profile.client_id or seal.tpp_id
    registration = Registration(client_id=client_id, client_secret=secret) if secret else None
    return PolishApi(
        profile, door=door, seal=seal, keys=keys, clock=clock, registration=registration
    )


def _online(profile: Profile, door: Door, seal: Seal, keys: BankKeys, clock: Clock) -> Connector:
    """A bank's online service; nothing is signed there."""
    del seal, keys
    return Online(profile, door=door, clock=clock)


def _obie(profile: Profile, door: Door, seal: Seal, keys: BankKeys, clock: Clock) -> Connector:
    """An OBIE connector; banks do not sign what it reads."""
    del keys
    return Obie(profile, door=door, seal=seal, clock=clock)


def _of_berlin_group(dialect: Dialect) -> Maker:
    """The maker of the connectors of one relative of Berlin Group's standard."""

    def make(profile: Profile, door: Door, seal: Seal, _keys: BankKeys, clock: Clock) -> Connector:
        return BerlinGroup(profile, dialect, door=door, seal=seal, clock=clock)

    return make


def _czech_standard(
    profile: Profile, door: Door, seal: Seal, keys: BankKeys, clock: Clock
) -> Connector:
    """A connector of the Czech standard, whose banks sign nothing."""
    del keys
    secret = profile.client_secret
    client = BankClient(profile.client_id, secret) if profile.client_id and secret else None
    return CzechStandard(profile, door=door, seal=seal, clock=clock, client=client)


PROTOCOLS: Mapping[str, Maker] = {
    "polish_api": _polish_api,
    "berlin_group": _of_berlin_group(BERLIN_GROUP),
    "redsys": _of_berlin_group(REDSYS),
    "sibs": _of_berlin_group(SIBS),
    "czech_standard": _czech_standard,
    "obie": _obie,
    "online": _online,
}
NO_BANKS: SettingsOf = {}


class Catalog:
    """The targets on offer and their connectors; nothing in it changes after the start.

    `mock_bank_url` is where KontoBank shows its own pages, empty without it.
    """

    def __init__(
        self, offers: Mapping[Target, Callable[[], Connector]], *, mock_bank_url: str = ""
    ) -> None:
        """Keep the targets in the given order; a connector is made when first asked for."""
        self.mock_bank_url = mock_bank_url.rstrip("/")
        self._targets = {
            environment: {one.name: one for one in offers if one.environment is environment}
            for environment in Environment
        }
        self._makers = {(one.name, one.environment): make for one, make in offers.items()}
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


def load_catalog(
    *,
    kontobank_url: str | None,
    door: Door,
    seal: Seal,
    clock: Clock,
    settings: SettingsOf = NO_BANKS,
) -> Catalog:
    """The catalogue of all bank files; without KontoBank's address nothing of it is offered.

    Raises:
        BadDataFile: a bank file, or the operator's settings of a target, cannot be used.
    """
    keys: dict[str, BankKeys] = {}

    def connector_of(offer: Offer) -> Connector:
        target = offer.target
        profile = profile_of(
            offer.road,
            bank=offer.bank,
            country=target.country,
            kontobank_url=kontobank_url or "",
            client_id=offer.settings.client_id,
            client_secret=offer.settings.client_secret,
        )
        door.present(profile.bank, profile.certificate)
        url = profile.jwks_url
        if url not in keys:
            keys[url] = BankKeys(door, bank=target.institution, url=url, clock=clock)
        return PROTOCOLS[target.protocol](profile, door, seal, keys[url], clock)

    offers = check_settings(settings, has_kontobank=bool(kontobank_url))
    makers = {offer.target: partial(connector_of, offer) for offer in offers}
    return Catalog(makers, mock_bank_url=kontobank_url or "")


def check_settings(settings: SettingsOf, *, has_kontobank: bool = False) -> tuple[Offer, ...]:
    """What can be offered with the operator's settings.

    Raises:
        BadDataFile: a bank file, or the operator's settings of a target, cannot be used.
    """
    return offers_of(read_bank_files(), settings, spoken=PROTOCOLS, has_kontobank=has_kontobank)
