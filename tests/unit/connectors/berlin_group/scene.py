"""A bank at the door: prepared answers by endpoint, and a record of what was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from opensaldo.connectors.base import Access, Page, PsuContext, ScaStep, SignInRequest
from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.berlin_group.dialects import BERLIN_GROUP, Dialect
from opensaldo.connectors.protocols.berlin_group.flow import BerlinGroup
from opensaldo.connectors.signing import Seal
from opensaldo.domain.secret import Secret
from tests.support.examples import a_sign_in, an_example_target

NOW = datetime(2026, 3, 2, 10, 30, 15, tzinfo=UTC)
ROOT = "https://api.example.org/psd2/v1"
PSU = PsuContext(ip_address="192.0.2.7", user_agent="Browser/1 \u0142\r\n")
PROFILE = Profile(
    bank="ExampleApi_ro",
    country="ro",
    base_url="https://api.example.org/psd2",
    version="v1",
    history_days_initial=400,
    history_days_later=90,
    calls_at_once_max=4,
)
TARGET = an_example_target("berlin_group", "ro")
REQUEST = a_sign_in(TARGET, PSU, NOW, history_days=365)
ACCESS = Access(
    grant="g" * 32,
    access_token=Secret(""),
    expires_at=NOW + timedelta(days=1),
    account_numbers=("a-1",),
    memory={"consent": "c-1", "sca_at": NOW.isoformat()},
)
ACCOUNT = {"resourceId": "a-1", "iban": "RO49AAAA1B31007593840000", "currency": "RON"}
BALANCES = {
    "balances": [
        {"balanceType": "closingBooked", "balanceAmount": {"amount": "9", "currency": "RON"}}
    ]
}
GRANTED = {
    "getConsentStatus": {"consentStatus": "valid"},
    "getConsent": {"consentStatus": "valid", "validUntil": "2026-04-01"},
    "getAccounts": {"accounts": [ACCOUNT]},
}


@cache
def our_seal() -> Seal:
    return Seal(make_seal(NOW))


def answer(body: object = None, status: int = 200, **headers: str) -> Incoming:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming(status=status, headers=named, body=b"" if body is None else content)


def refused(status: int, code: str) -> Incoming:
    return answer({"tppMessages": [{"category": "ERROR", "code": code}]}, status)


def consent(status: int = 201, approach: str | None = None, **links: str) -> Incoming:
    """The answer to a new consent with these links."""
    body = {
        "consentStatus": "received",
        "consentId": "c-1",
        "_links": {name: {"href": href} for name, href in links.items()},
    }
    headers = {"aspsp_sca_approach": approach} if approach else {}
    return answer(body, status, **headers)


def authorisation(sca_status: str = "received", **more: Any) -> dict[str, Any]:
    """The answer about an authorisation."""
    links = {name: {"href": href} for name, href in more.pop("links", {}).items()}
    return {"scaStatus": sca_status, "authorisationId": "z-1", "_links": links, **more}


def body_of(request: Outgoing) -> Any:
    """What was sent, as JSON."""
    return json.loads(request.body)


class BankDoor(Door):
    """Answers each endpoint with its answers in turn; the last one stays."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        super().__init__()
        self.answers = {
            name: list(prepared) if isinstance(prepared, list) else [prepared]
            for name, prepared in answers.items()
        }
        self.sent: list[Outgoing] = []

    async def call(self, request: Outgoing) -> Incoming:
        self.sent.append(request)
        waiting = self.answers[request.endpoint]
        prepared = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return prepared if isinstance(prepared, Incoming) else answer(prepared)

    def to(self, endpoint: str) -> list[Outgoing]:
        """What was sent to one endpoint."""
        return [request for request in self.sent if request.endpoint == endpoint]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Scene:
    """One target, its bank and its clock."""

    def __init__(
        self, answers: Mapping[str, Any], dialect: Dialect = BERLIN_GROUP, **road: Any
    ) -> None:
        self.door = BankDoor(answers)
        self.clock = Clock()
        self.connector = BerlinGroup(
            replace(PROFILE, **road),
            dialect,
            door=self.door,
            seal=our_seal(),
            clock=self.clock,
        )

    def begin(self, request: SignInRequest = REQUEST) -> ScaStep:
        return asyncio.run(self.connector.begin(request))

    def resume(self, step: Any, request: SignInRequest = REQUEST, **values: str) -> ScaStep:
        return asyncio.run(self.connector.resume(request, step, values))

    def account(self, access: Access = ACCESS, number: str = "a-1", psu: Any = PSU) -> Any:
        return asyncio.run(self.connector.account(access, number, psu))

    def pages(
        self, access: Access = ACCESS, number: str = "a-1", psu: Any = PSU, since: Any = None
    ) -> list[Page]:
        async def read() -> list[Page]:
            day = since or date(2020, 1, 1)
            found = self.connector.pages(access, number, "transactions", day, psu)
            return [page async for page in found]

        return asyncio.run(read())
