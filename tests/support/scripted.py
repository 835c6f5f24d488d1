"""A bank that follows a script: each step of the sign-in is the next thing in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from opensaldo.connectors.base import (
    Access,
    AccountReading,
    Ask,
    Capabilities,
    Done,
    Field,
    FieldKind,
    Page,
    PsuContext,
    ScaStep,
    SignInRequest,
    WaitingStep,
)
from opensaldo.connectors.registry import Catalog
from opensaldo.domain.client import Environment
from opensaldo.domain.secret import Secret
from opensaldo.domain.target import AccountType, Interface, Target

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d49444154789c6364f8cf500f0003860180"
    "5a34e37a0000000049454e44ae426082"
)
LOGIN = Field(name="login", kind=FieldKind.TEXT, credential="STATIC_LOGIN")
PASSWORD = Field(name="password", kind=FieldKind.HIDDEN)
CODE = Field(name="code", kind=FieldKind.CODE, label="SMS code no. 3")
METHOD = Field(
    name="method",
    kind=FieldKind.CHOICE,
    label="How to confirm",
    options=(("sms", "Text message to **321"), ("app", "The bank's app")),
)


def a_target(**changes: Any) -> Target:
    """A bank that is read through its online banking."""
    values: dict[str, Any] = {
        "name": "ProbnyBank",
        "country": "pl",
        "institution": "ProbnyBank",
        "official_name": "Próbny Bank",
        "official_url": "https://probny.example.org",
        "interface": Interface.FALLBACK,
        "protocol": "online",
        "account_types": (AccountType.INDIVIDUAL,),
        "commands": ("DefaultImportCommand",),
        "credentials": ("STATIC_LOGIN",),
        "simulated": True,
    }
    return Target(**{**values, **changes})


@dataclass
class ScriptedBank:
    """A connector: `begin` and each `resume` give what comes next, or raise it.

    After the script's end the access is granted.
    """

    script: list[ScaStep | Exception] = field(default_factory=list)
    answers: list[tuple[WaitingStep, dict[str, str]]] = field(default_factory=list)
    requests: list[SignInRequest] = field(default_factory=list)
    revoked: list[Access] = field(default_factory=list)
    revoke_error: Exception | None = None
    numbers_error: Exception | None = None
    calls_per_day_max: int = 4

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            lists=(),
            account_endpoint="account",
            accounts_endpoint="accounts",
            calls_at_once_max=1,
            calls_per_day_max=self.calls_per_day_max,
            history_days_initial=90,
            history_days_later=90,
        )

    async def begin(self, request: SignInRequest) -> ScaStep:
        self.requests.append(request)
        return self._next(request)

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> ScaStep:
        self.answers.append((step, dict(answer)))
        return self._next(request)

    async def renew(self, access: Access, psu: PsuContext | None) -> Access:
        return access

    async def revoke(self, access: Access) -> None:
        self.revoked.append(access)
        if self.revoke_error is not None:
            raise self.revoke_error

    async def account_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        if self.numbers_error is not None:
            raise self.numbers_error
        return ()

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        raise AssertionError("there is no account")

    async def pages(
        self, access: Access, number: str, list_name: str, since: date, psu: PsuContext | None
    ) -> AsyncIterator[Page]:
        return
        yield

    def _next(self, request: SignInRequest) -> ScaStep:
        following = self.script.pop(0) if self.script else granted(request)
        if isinstance(following, Exception):
            raise following
        return following


def granted(request: SignInRequest) -> Done:
    """The last step."""
    access = Access(
        grant=request.grant,
        access_token=Secret(""),
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        memory={"handle": "6c80"},
    )
    return Done(access=access)


def an_ask(*fields: Field, **more: Any) -> Ask:
    """The bank wants to know these."""
    return Ask(fields=fields or (LOGIN, PASSWORD), memory={"handle": "6c80"}, **more)


def offer(monkeypatch: pytest.MonkeyPatch, bank: ScriptedBank, target: Target) -> None:
    """From now on the catalogue has this target too, and the scripted bank behind it."""
    targets, find, connector = Catalog.targets, Catalog.find, Catalog.connector

    def more(catalog: Catalog, environment: Environment) -> tuple[Target, ...]:
        others = (one for one in targets(catalog, environment) if one.name != target.name)
        return (*others, target)

    def found(catalog: Catalog, name: str, environment: Environment) -> Target | None:
        return target if name == target.name else find(catalog, name, environment)

    def behind(catalog: Catalog, wanted: Target) -> Any:
        return bank if wanted.name == target.name else connector(catalog, wanted)

    monkeypatch.setattr(Catalog, "targets", more)
    monkeypatch.setattr(Catalog, "find", found)
    monkeypatch.setattr(Catalog, "connector", behind)
