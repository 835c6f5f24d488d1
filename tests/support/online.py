"""A person who signs in over the fallback, and what a test may look at behind the scenes."""

from __future__ import annotations

import asyncio
import struct
import uuid
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from kontobank.apis.online import picture
from opensaldo.connectors.base import (
    Access,
    Ask,
    Done,
    FieldKind,
    Page,
    ScaStep,
    SignInRequest,
    Wait,
)
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile, profile_of
from opensaldo.connectors.protocols.online.flow import Online
from opensaldo.connectors.road import Road
from opensaldo.domain.clock import Clock, system_clock
from opensaldo.domain.target import AccountType, Interface, Target
from tests.support.bank import HALF_A_YEAR, PASSWORD, PSU, RETURN_URL, Bank

STEPS_MAX = 20
# The only requests a login and an import may send, by method, path and kind.
ALLOWED = {
    ("GET", "/login", "page"),
    ("POST", "/login", "page"),
    ("GET", "/confirm", "page"),
    ("POST", "/confirm", "page"),
    ("GET", "/challenge.png", "picture"),
    ("GET", "/start", "page"),
    ("GET", "/owner", "data"),
    ("GET", "/cards", "data"),
    ("GET", "/accounts/{account}", "data"),
    ("GET", "/accounts/{account}/history", "data"),
    ("GET", "/accounts/{account}/history.csv", "data"),
    ("GET", "/keep-alive", "keepalive"),
    ("GET", "/logout", "page"),
}


@dataclass
class OnlineRoad:
    """One online service, ready to be signed in to."""

    bank: Bank
    door: Door
    target: Target
    connector: Online
    steps: list[ScaStep] = field(default_factory=list)

    def request(self) -> SignInRequest:
        return SignInRequest(
            target=self.target,
            grant=uuid.uuid4().hex,
            return_url=RETURN_URL,
            state=uuid.uuid4().hex,
            psu=PSU,
            repeated=False,
            history_days=1460,
            valid_until=system_clock() + timedelta(days=1),
        )

    async def sign_in(self, login: str = "test1", **typed: str) -> Access:
        """Through all steps, typing what each field asks for; `typed` overrides by name."""
        request = self.request()
        step = await self.connector.begin(request)
        for _ in range(STEPS_MAX):
            self.steps.append(step)
            if isinstance(step, Done):
                return step.access
            assert isinstance(step, Ask | Wait)
            answer: Mapping[str, str] = {}
            if isinstance(step, Ask):
                answer = {**answers(step, login), **typed}
            step = await self.connector.resume(request, step, answer)
        raise AssertionError("no end of steps")

    async def pages(
        self, access: Access, number: str = "", since: date | None = None
    ) -> list[Page]:
        first = since or system_clock().date() - HALF_A_YEAR
        name = number or access.account_numbers[0]
        return [page async for page in self.connector.pages(access, name, "history", first, PSU)]


def answers(step: Ask, login: str) -> dict[str, str]:
    """What a willing person types."""
    found = {}
    for one in step.fields:
        if one.kind is FieldKind.CHOICE:
            found[one.name] = one.options[0][0]
        elif one.kind is FieldKind.TEXT:
            found[one.name] = digits_in(step.picture) if step.picture else login
        else:
            found[one.name] = PASSWORD
    return found


def target_of(credentials: tuple[str, ...] = ("STATIC_LOGIN",), country: str = "pl") -> Target:
    return Target(
        name="Online" if country == "pl" else f"Online_{country}",
        country=country,
        institution="Online",
        official_name="Online",
        official_url="https://bank.example.org",
        interface=Interface.FALLBACK,
        protocol="online",
        account_types=(AccountType.INDIVIDUAL,),
        commands=("DefaultImportCommand",),
        credentials=credentials,
    )


def profile_for(bank: Bank, target: Target, **more: Any) -> Profile:
    road = Road(
        base_url=f"{{kontobank}}/online/{target.country}",
        calls_at_once_max=4,
        history_days_initial=1460,
        history_days_later=1460,
    )
    return profile_of(
        replace(road, **more), bank=target.name, country=target.country, kontobank_url=bank.url
    )


def on_online(
    bank: Bank,
    work: Callable[[OnlineRoad], Awaitable[Any]],
    *,
    target: Target | None = None,
    clock: Clock = system_clock,
    **road: Any,
) -> Any:
    """What the work gives on one online service."""
    chosen = target or target_of()

    async def run() -> Any:
        async with Door() as door:
            connector = Online(profile_for(bank, chosen, **road), door=door, clock=clock)
            return await work(OnlineRoad(bank, door, chosen, connector))

    return asyncio.run(run())


def digits_in(png: bytes) -> str:
    """What a person reads in a challenge picture of KontoBank."""
    width, height = struct.unpack(">II", png[16:24])
    length = struct.unpack(">I", png[33:37])[0]
    raw = zlib.decompress(png[41 : 41 + length])
    lines = [raw[row * (width + 1) + 1 : (row + 1) * (width + 1)] for row in range(height)]
    found = ""
    for left in range(picture.MARGIN_PX, width - picture.MARGIN_PX, picture.CELL_PX):
        rows = []
        for row in range(picture.ROWS):
            line = lines[picture.MARGIN_PX + row * picture.SCALE_PX]
            places = (left + column * picture.SCALE_PX for column in range(picture.COLUMNS))
            bits = [line[place] == picture.DARK for place in places]
            rows.append(int("".join("1" if bit else "0" for bit in bits), 2))
        found += next(digit for digit, glyph in picture.GLYPHS.items() if glyph == tuple(rows))
    return found
