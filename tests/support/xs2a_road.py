"""Berlin Group's roads to a real KontoBank, for conformance tests: profiles, masks and a walker."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

from opensaldo.connectors.base import Access, Done, Page, Redirect, SignInRequest
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.berlin_group.dialects import (
    BERLIN_GROUP,
    REDSYS,
    SIBS,
    Dialect,
)
from opensaldo.connectors.protocols.berlin_group.flow import BerlinGroup
from opensaldo.connectors.road import OAuth, SignatureKind, SignatureRule
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from opensaldo.domain.target import AccountType, Interface, Target
from tests.support.bank import HALF_A_YEAR, PSU, Bank, walk

TARGET = Target(
    name="ExampleApi_ro",
    country="ro",
    institution="Example_ro",
    official_name="Example",
    official_url="https://example.org",
    interface=Interface.PSD2,
    protocol="berlin_group",
    account_types=(AccountType.INDIVIDUAL,),
    commands=("DefaultImportCommand", "ImportCreditCardsCommand"),
    credentials=("API_SETUP",),
)
RETURN_URL = "https://shop.example.org/return?redirectionId=1"
SIGNED = SignatureRule(kind=SignatureKind.CAVAGE)


def redsys_road(url: str, place: str) -> dict[str, Any]:
    server = f"{url}/redsys/{place}/api-oauth-xs2a/services/rest/example"
    return {
        "authorize_url": f"{server}/authorize",
        "token_url": f"{server}/token",
        "oauth": OAuth.PRE_STEP,
        "signature": SIGNED,
    }


def mask(**members: Any) -> str:
    """The place of a KontoBank under a mask."""
    return "ro." + base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")


def profile_of(bank: Bank, kind: str, place: str, **road: Any) -> tuple[Profile, Dialect]:
    dialect, path, version = {
        "berlin_group": (BERLIN_GROUP, "berlin-group/{}", "v1"),
        "redsys": (REDSYS, "redsys/{}/api-entrada-xs2a/services/example", "v1.1"),
        "sibs": (SIBS, "sibs/{}", "v1-0-3"),
    }[kind]
    base = {
        "bank": "Example",
        "country": "ro",
        "base_url": f"{bank.url}/{path.format(place)}",
        "version": version,
        "calls_at_once_max": 4,
        "history_days_initial": 1460,
        "history_days_later": 90,
    }
    more = redsys_road(bank.url, place) if kind == "redsys" else {}
    return Profile(**{**base, **more, **road}), dialect


async def through(door: Door, url: str, login: str, **more: Any) -> dict[str, str]:
    """As `walk`, from an authorisation server's address too, which first sends one on."""
    page = await door.browse("GET", url, None, {})
    onward = page.location if page.status in (302, 303) else None
    return await walk(door, urljoin(url, onward) if onward else url, login, **more)


@dataclass
class Way:
    """One target, ready to be walked."""

    bank: Bank
    door: Door
    connector: BerlinGroup

    def request(self, *, repeated: bool = False, force_sca: bool = False) -> SignInRequest:
        return SignInRequest(
            target=TARGET,
            grant="g" * 32,
            return_url=RETURN_URL,
            state="st4te",
            psu=PSU,
            repeated=repeated,
            history_days=400,
            valid_until=system_clock() + timedelta(days=180),
            force_sca=force_sca,
        )

    async def sign_in(
        self, login: str = "test1", *, decision: str = "approve", **more: bool
    ) -> Access:
        """The access after as many redirects as the bank wants."""
        request = self.request(**more)
        step = await self.connector.begin(request)
        while isinstance(step, Redirect):
            answer = await through(self.door, step.url, login, decision=decision)
            step = await self.connector.resume(request, step, answer)
        assert isinstance(step, Done)
        return step.access

    async def pages(
        self, access: Access, number: str | None = None, psu: Any = PSU, **more: Any
    ) -> list[Page]:
        number = number or access.account_numbers[0]
        since = more.get("since") or system_clock().date() - HALF_A_YEAR
        found = self.connector.pages(access, number, "transactions", since, psu)
        return [page async for page in found]


def along(
    bank: Bank,
    seal: Seal,
    work: Callable[[Way], Awaitable[Any]],
    kind: str = "berlin_group",
    place: str = "ro",
    **road: Any,
) -> Any:
    profile, dialect = profile_of(bank, kind, place, **road)

    async def run() -> Any:
        async with Door() as door:
            connector = BerlinGroup(profile, dialect, door=door, seal=seal, clock=system_clock)
            return await work(Way(bank, door, connector))

    return asyncio.run(run())
