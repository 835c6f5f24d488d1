"""Every standard's road to one and the same KontoBank: what the common suite runs through."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from opensaldo.connectors.base import Access, AccountReading, Connector, PsuContext, SignInRequest
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import profile_of
from opensaldo.connectors.registry import PROTOCOLS
from opensaldo.connectors.road import OAuth, Road, SignatureKind, SignatureRule
from opensaldo.connectors.signing import BankKeys, Seal
from opensaldo.domain.clock import system_clock
from opensaldo.domain.target import AccountType, Interface, Target
from opensaldo.domain.transaction import Transaction
from opensaldo.engine.mock import PSU, RETURN_URL, MockPerson, grant
from tests.support.bank import Bank

COUNTRY = "ro"
DAYS = 183
_COMMON: Mapping[str, Any] = {
    "calls_at_once_max": 8,
    "history_days_initial": 1460,
    "history_days_later": 90,
}
_SIGNED = SignatureRule(kind=SignatureKind.CAVAGE)

ROADS: Mapping[str, Road] = {
    "polish_api": Road(
        base_url="{kontobank}/polish-api/ro",
        jwks_url="{kontobank}/keys/jwks.json",
        version="v2_1_2.1",
        **_COMMON,
    ),
    "berlin_group": Road(base_url="{kontobank}/berlin-group/ro", version="v1", **_COMMON),
    "redsys": Road(
        base_url="{kontobank}/redsys/ro/api-entrada-xs2a/services/kontobank",
        authorize_url="{kontobank}/redsys/ro/api-oauth-xs2a/services/rest/kontobank/authorize",
        token_url="{kontobank}/redsys/ro/api-oauth-xs2a/services/rest/kontobank/token",
        version="v1.1",
        oauth=OAuth.PRE_STEP,
        signature=_SIGNED,
        **_COMMON,
    ),
    "sibs": Road(base_url="{kontobank}/sibs/ro", version="v1-0-3", signature=_SIGNED, **_COMMON),
    "czech_standard": Road(base_url="{kontobank}/czech-standard/ro", version="8.0", **_COMMON),
    "obie": Road(base_url="{kontobank}/obie/ro", version="v3.1", **_COMMON),
    "online": Road(base_url="{kontobank}/online/ro", **_COMMON),
}


@dataclass(frozen=True)
class Way:
    """One standard's connector at the running bank."""

    bank: Bank
    door: Door
    connector: Connector
    protocol: str

    async def sign_in(
        self, login: str = "test1", *, password: str = "", repeated: bool = False
    ) -> Access:
        """What this person grants."""
        person = MockPerson(login=login, **({"password": password} if password else {}))
        return await grant(self.door, self.connector, self.request(repeated=repeated), person)

    def request(self, *, repeated: bool) -> SignInRequest:
        return SignInRequest(
            target=_target(self.protocol),
            grant=uuid.uuid4().hex,
            return_url=RETURN_URL,
            state=uuid.uuid4().hex,
            psu=PSU,
            repeated=repeated,
            history_days=1460,
            valid_until=system_clock() + timedelta(days=90),
        )

    async def accounts(
        self, access: Access, psu: PsuContext | None = PSU
    ) -> dict[str, AccountReading]:
        """All accounts by the bank's own names."""
        numbers = access.account_numbers or await self.connector.account_numbers(access, psu)
        return {number: await self.connector.account(access, number, psu) for number in numbers}

    async def rows(
        self, access: Access, number: str, psu: PsuContext | None = PSU, days: int = DAYS
    ) -> list[Transaction]:
        """The rows of all lists of one account."""
        since: date = system_clock().date() - timedelta(days=days)
        found: list[Transaction] = []
        for name in self.connector.capabilities.lists:
            async for page in self.connector.pages(access, number, name, since, psu):
                found += [row for row in page.rows if row.day is None or row.day >= since]
        return found


def on_way(bank: Bank, seal: Seal, protocol: str, work: Callable[[Way], Awaitable[Any]]) -> Any:
    """What the work gives on one standard's road."""

    async def run() -> Any:
        async with Door() as door:
            profile = profile_of(
                ROADS[protocol], bank=f"{protocol}-test", country=COUNTRY, kontobank_url=bank.url
            )
            keys = BankKeys(door, bank=protocol, url=profile.jwks_url, clock=system_clock)
            connector = PROTOCOLS[protocol](profile, door, seal, keys, system_clock)
            return await work(Way(bank, door, connector, protocol))

    return asyncio.run(run())


def _target(protocol: str) -> Target:
    return Target(
        name="KontoBankApi_ro",
        country=COUNTRY,
        institution="KontoBank_ro",
        official_name="KontoBank",
        official_url="https://bank.example.org",
        interface=Interface.FALLBACK if protocol == "online" else Interface.PSD2,
        protocol=protocol,
        account_types=(AccountType.INDIVIDUAL,),
        commands=("DefaultImportCommand",),
        credentials=("STATIC_LOGIN",) if protocol == "online" else ("API_SETUP",),
    )
