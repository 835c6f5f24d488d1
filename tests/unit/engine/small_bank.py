"""A connector whose bank is a table, a ledger that takes notes, and a reading of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from opensaldo.connectors.base import (
    Access,
    AccountReading,
    Capabilities,
    Connector,
    Page,
    PsuContext,
    Redirect,
    ScaStep,
    SignInRequest,
)
from opensaldo.domain.secret import Secret
from opensaldo.domain.transaction import Transaction
from opensaldo.engine.reading import Reading
from opensaldo.errors import BankRateLimited
from tests.support.builders import an_account, an_owner

SINCE = date(2026, 1, 1)
ABLE = Capabilities(
    lists=("done", "pending"),
    account_endpoint="account",
    accounts_endpoint="accounts",
    calls_at_once_max=4,
    history_days_initial=90,
    history_days_later=90,
)


def row(day: date | None, title: str = "") -> Transaction:
    return Transaction(amount=Decimal(1), booked_on=day, title=title)


def page(*rows: Transaction, currency: str | None = None) -> Page:
    return Page(rows=rows, is_last=False, currency=currency)


@dataclass
class SmallBank:
    """A connector whose bank is a table; `gate` holds every call until so many have begun.

    In a list stand its pages, its failures, and what a page waits for: an event or seconds.
    """

    readings: dict[str, AccountReading]
    lists: Mapping[tuple[str, str], Sequence[Page | Exception | asyncio.Event | float]] = field(
        default_factory=dict
    )
    gate: asyncio.Barrier | None = None
    numbers_asked: int = 0
    begun: list[tuple[str, str]] = field(default_factory=list)
    asked_since: set[date] = field(default_factory=set)

    @property
    def capabilities(self) -> Capabilities:
        return ABLE

    async def begin(self, request: SignInRequest) -> ScaStep:
        raise AssertionError("not signed in to here")

    async def resume(
        self, request: SignInRequest, step: Redirect, answer: Mapping[str, str]
    ) -> ScaStep:
        raise AssertionError("not signed in to here")

    async def renew(self, access: Access, psu: PsuContext | None) -> Access:
        return access

    async def account_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        self.numbers_asked += 1
        return tuple(self.readings)

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        self.begun.append((number, "account"))
        if self.gate:
            await self.gate.wait()
        return self.readings[number]

    async def pages(
        self, access: Access, number: str, list_name: str, since: date, psu: PsuContext | None
    ) -> AsyncIterator[Page]:
        self.begun.append((number, list_name))
        self.asked_since.add(since)
        if self.gate:
            await self.gate.wait()
        for one in self.lists.get((number, list_name), []):
            if isinstance(one, asyncio.Event):
                await one.wait()
            elif isinstance(one, float):
                await asyncio.sleep(one)
            elif isinstance(one, Exception):
                raise one
            else:
                yield one


@dataclass
class Notebook:
    """A ledger that remembers what was booked before which call was made, or refuses."""

    refuses: bool = False
    booked: list[tuple[str, str]] = field(default_factory=list)
    called: list[tuple[str, str]] = field(default_factory=list)

    async def book(self, calls: Iterable[tuple[str, str]]) -> None:
        if self.refuses:
            raise BankRateLimited
        self.booked += calls

    def made(self, call: tuple[str, str]) -> None:
        assert call in self.booked, "booked before it is made"
        self.called.append(call)


def a_reading(bank: Connector, numbers: tuple[str, ...] = ("A", "B"), **given: Any) -> Reading:
    access = Access(
        grant="g",
        access_token=Secret("t"),
        expires_at=datetime(2026, 3, 2, tzinfo=UTC),
        account_numbers=numbers,
    )
    default: dict[str, Any] = {"ledger": Notebook(), "on_progress": lambda _progress: None}
    return Reading(connector=bank, access=access, psu=None, since=SINCE, **{**default, **given})


def plain(number: str, **changes: Any) -> AccountReading:
    return AccountReading(
        account=an_account(iban=number, transactions=(), owners=(), **changes),
        owners=(an_owner(name=f"Owner {number}"),),
    )


def two(**more: Any) -> SmallBank:
    return SmallBank({"A": plain("A"), "B": plain("B")}, **more)
