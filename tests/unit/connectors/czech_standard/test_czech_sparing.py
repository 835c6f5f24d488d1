"""What a Czech connector can leave out: balances, without which a listed account needs no call."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

from opensaldo.connectors.base import Access, AccountReading, Spare, Sparing
from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.czech_standard.client import BankClient
from opensaldo.connectors.protocols.czech_standard.flow import CzechStandard
from opensaldo.connectors.signing import Seal
from opensaldo.domain.secret import Secret

NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
PROFILE = Profile(
    bank="ExampleApi_cz",
    country="cz",
    base_url="https://api.example.org/v1",
    version="8.0",
    history_days_initial=730,
    history_days_later=90,
    calls_at_once_max=4,
)
ACCOUNT = {"id": "A/1", "identification": {"iban": "CZ3799900000002900000021"}, "currency": "CZK"}
ACCESS = Access(
    grant="g" * 32,
    access_token=Secret("t0ken"),
    expires_at=NOW,
    account_numbers=("A/1",),
    memory={"client_id": "cl1ent", "client_secret": "s3cret", "accounts": json.dumps([ACCOUNT])},
)
BALANCES = {"balances": [{"type": {"code": "CLBD"}, "amount": {"value": 5, "currency": "CZK"}}]}
WITHOUT_BALANCES = frozenset({Spare.BALANCES})


class OneAnswer(Door):
    """A bank that says the balances, whatever it is asked, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Outgoing] = []

    async def call(self, request: Outgoing) -> Incoming:
        self.sent.append(request)
        return Incoming(status=200, headers={}, body=json.dumps(BALANCES).encode())


def read(spares: frozenset[Spare]) -> tuple[AccountReading, int, str]:
    """The account, the calls it took, and the endpoint the ledger counts it by."""
    door = OneAnswer()
    client = BankClient("cl1ent", Secret("s3cret"))
    made = CzechStandard(
        PROFILE, door=door, seal=Seal(make_seal(NOW)), clock=lambda: NOW, client=client
    )
    assert isinstance(made, Sparing)
    connector = made.sparing(spares)
    assert made.capabilities.account_endpoint == "balance"
    reading = asyncio.run(connector.account(ACCESS, "A/1", None))
    return reading, len(door.sent), connector.capabilities.account_endpoint


def test_a_listed_account_without_balances_takes_no_call():
    reading, calls, endpoint = read(WITHOUT_BALANCES)
    assert (calls, endpoint, reading.account.balance) == (0, "accounts", None)
    assert reading.account.iban == "CZ3799900000002900000021"


def test_balances_are_asked_for_when_they_are_not_spared():
    reading, calls, endpoint = read(frozenset({Spare.ROW_DETAILS}))
    assert (calls, endpoint, reading.account.balance) == (1, "balance", 5)
