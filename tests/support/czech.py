"""A Czech road to a running KontoBank, whatever the catalogue says of its targets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import profile_of
from opensaldo.connectors.protocols.czech_standard.flow import CzechStandard
from opensaldo.connectors.road import Road as RoadFacts
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import Clock, system_clock
from tests.support.bank import Bank, Road
from tests.support.builders import a_psd2_target

FACTS = RoadFacts(
    base_url="{kontobank}/czech-standard/cz",
    version="8.0",
    history_days_initial=1460,
    history_days_later=90,
    calls_at_once_max=8,
    quirks=("kontobank_aux_data",),
)


def on_czech_road(
    bank: Bank,
    seal: Seal,
    work: Callable[[Road], Awaitable[Any]],
    *,
    clock: Clock = system_clock,
    through: str | None = None,
    door: Door | None = None,
    **facts: Any,
) -> Any:
    """What the work gives on KontoBank's Czech road; `through` is a proxy before the bank's data.

    `facts` are members of the road that are other than `FACTS`.
    """

    async def run() -> Any:
        async with door or Door() as opened:
            road = replace(FACTS, **facts)
            profile = profile_of(road, bank="KontoBankApi_cz", country="cz", kontobank_url=bank.url)
            if through is not None:
                profile = replace(
                    profile,
                    base_url=through,
                    authorize_url=f"{profile.base_url}/oauth2/auth",
                    token_url=f"{profile.base_url}/oauth2/token",
                )
            connector = CzechStandard(profile, door=opened, seal=seal, clock=clock)
            target = a_psd2_target(name="KontoBankApi_cz", country="cz")
            return await work(Road(bank, opened, target, connector, clock))

    return asyncio.run(run())
