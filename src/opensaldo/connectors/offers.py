"""Which targets are offered in which environment, and by which road each is reached."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from opensaldo.connectors.bank_files import BankTarget, Status
from opensaldo.connectors.bank_settings import BankSettings, SettingsOf
from opensaldo.connectors.road import Road
from opensaldo.connectors.simulation import models_of, simulated_road
from opensaldo.data import BadDataFile
from opensaldo.domain.client import Environment
from opensaldo.domain.secret import Secret
from opensaldo.domain.target import Interface, Target

NO_SETTINGS = BankSettings()
AT_KONTOBANK = BankSettings(client_secret=Secret("any, to the mock bank"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A target in one environment, the road to it there, and what the bank gave the operator."""

    target: Target
    road: Road
    settings: BankSettings = NO_SETTINGS

    @property
    def bank(self) -> str:
        """The name in limits and counters, and by which a certificate is chosen.

        One target may lead to three places, its bank, the bank's sandbox and KontoBank: none may
        be taken for another.
        """
        target = self.target
        if target.simulated:
            return f"{target.name}-simulated"
        is_sandbox = target.environment is Environment.TEST and not target.test_only
        return f"{target.name}-sandbox" if is_sandbox else target.name


def offers_of(
    targets: Mapping[str, BankTarget],
    settings: SettingsOf,
    *,
    spoken: Collection[str],
    has_kontobank: bool,
) -> tuple[Offer, ...]:
    """All offers, by country, then by name.

    Everywhere a target needs a standard that is `spoken`. With the operator's settings it reaches
    its bank; production wants these and a status better than unproven. On test KontoBank stands in
    for every other bank, and is offered under its own name.

    Raises:
        BadDataFile: the settings name no target, or cannot be used with it.
    """
    for name, environment in settings:
        if name not in targets:
            place = f"{environment.value.lower()}/{name}.toml"
            raise BadDataFile(place, "file", "the name of a target", name)
    models = models_of(targets.values()) if has_kontobank else {}
    served = [one for one in targets.values() if one.protocol in spoken]
    made = [
        offer
        for environment in Environment
        for one in served
        if (offer := _offer(one, environment, settings, models)) is not None
    ]
    return tuple(
        sorted(_with_fallbacks(made), key=lambda each: (each.target.country, each.target.name))
    )


def _offer(
    one: BankTarget, environment: Environment, settings: SettingsOf, models: Mapping[str, Road]
) -> Offer | None:
    """The target as it is offered there, None when it is not."""
    is_test = environment is Environment.TEST
    if one.test_only:
        road = one.road if is_test and models else None
        if road is None:
            return None
        target = one.offered(environment, simulated=False, version=road.version)
        return Offer(target=target, road=road)
    own = settings.get((one.name, environment))
    if own is not None:
        is_sure = one.status is not Status.UNPROVEN
        return _real(one, environment, own) if is_test or is_sure else None
    if not is_test or one.protocol not in models:
        return None
    road = simulated_road(one, models[one.protocol])
    target = one.offered(environment, simulated=True, version=road.version)
    return Offer(target=target, road=road, settings=AT_KONTOBANK)


def _real(one: BankTarget, environment: Environment, own: BankSettings) -> Offer:
    try:
        road = own.applied(one.road)
        if one.interface is Interface.PSD2:
            road = own.allowed(road)
    except ValueError as fault:
        place = f"{environment.value.lower()}/{one.name}.toml"
        raise BadDataFile(place, "settings", str(fault), "something else") from None
    target = one.offered(environment, simulated=False, version=road.version)
    return Offer(target=target, road=road, settings=own)


def _with_fallbacks(offers: Collection[Offer]) -> Iterator[Offer]:
    """The offers; a fallback that is not offered in the same environment is not named."""
    offered = {(each.target.name, each.target.environment) for each in offers}
    for each in offers:
        target = each.target
        if (target.fallback, target.environment) not in offered:
            target = replace(target, fallback="")
        yield replace(each, target=target)
