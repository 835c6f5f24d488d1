"""Made-up nouns for the document's examples; nobody's names, numbers that belong to nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from opensaldo.domain.account import Account, Holdings
from opensaldo.domain.aggregate import OwnerRecord, SourceTarget
from opensaldo.domain.client import Environment
from opensaldo.domain.command import Command, CommandName, CommandState
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.domain.receipt import BalanceCheck, Outcome, Receipt, Skip
from opensaldo.domain.target import AccountType, Interface, Target
from opensaldo.domain.transaction import Transaction
from opensaldo.wire import xml_v1
from opensaldo.wire.json_result import command_result

AT = datetime(2026, 3, 2, 10, 15, 30, tzinfo=UTC)
CLIENT = "acme-test"
OWNER = "loan-7781"
SESSION_ID = "501000111"
SIGNATURE = "42ea17eb9e522a34bdb9fe20e4ec5168a6c7490ff4ff36f3a10880f0e017ad52"
MULTIPLE_ACCESS_ID = "b50f017609f2adab48443e471d17977bd00e98cbb4838e4b5015ae2b691f9c4d"
REDIRECTION_ID = "6c802c6c50268620ce8fed860acb4bdd"
COMMAND_ID = "701000123"
RETRY_AFTER_S = 30
ACCOUNT_ID = "3f0c1d5a9e274b6688a1b2c3d4e5f607"
ROW_ID = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d"

_PERSON = Owner(name="Ewa Testowa", address="Lipowa 1/2 00-001 Próbno")
_SECOND = Owner(name="Adam Próbny", kind=OwnerKind.CO_OWNER)
_ROW = Transaction(
    amount=Decimal("-41.20"),
    transaction_on=date(2026, 2, 27),
    booked_on=date(2026, 2, 28),
    balance=Decimal("1200.50"),
    title="ZAKUPY 0412",
    party="SKLEP PRÓBA",
    party_iban="PL90999000090000000000008152",
    kind="PRZELEW WYCHODZĄCY",
    id=ROW_ID,
)
HOLDINGS = Holdings(
    owners=(_PERSON, _SECOND),
    accounts=(
        Account(
            iban="PL71999000090000000000004711",
            currency="PLN",
            name="Rachunek A",
            friendly_name="Moje konto",
            balance=Decimal("1200.50"),
            available=Decimal("1200.50"),
            active_since=date(2025, 9, 1),
            direct_debit=True,
            transactions=(_ROW,),
            owners=(_PERSON,),
            id=ACCOUNT_ID,
        ),
    ),
)
QUEUED = Command(
    id=COMMAND_ID,
    name=CommandName.DEFAULT_IMPORT,
    session_id=SESSION_ID,
    client_id=CLIENT,
    environment=Environment.TEST,
    state=CommandState.SETUP,
    progress=0,
    created_at=AT,
)
COMPLETED = replace(
    QUEUED,
    state=CommandState.SUCCESSFUL,
    progress=100,
    target="KontoBankApi",
    institution="KontoBank",
    receipt=Receipt(
        outcome=Outcome.COMPLETE,
        accounts=1,
        pages=1,
        rows=1,
        fetched=2,
        new=1,
        skipped={Skip.OUTSIDE_RANGE: 1},
        balances=(
            BalanceCheck(
                account_id=ACCOUNT_ID,
                currency="PLN",
                gap=Decimal(0),
                proven_since=date(2026, 2, 27),
                newest_on=date(2026, 2, 27),
            ),
        ),
        target="KontoBankApi",
        standard="PolishAPI 2.1.2",
        version="v2_1_2.1",
    ),
)
TARGET = Target(
    name="KontoBankApi",
    country="pl",
    institution="KontoBank",
    official_name="KontoBank",
    official_url="https://bank.example.org",
    interface=Interface.PSD2,
    protocol="polish_api",
    account_types=(AccountType.INDIVIDUAL,),
    commands=("DefaultImportCommand",),
    credentials=("API_SETUP",),
    beta=True,
    multiple_access=True,
)
RECORD = OwnerRecord(
    external_id=OWNER,
    created_at=AT,
    updated_at=AT,
    last_change=AT,
    targets=(
        SourceTarget(
            name=TARGET.name,
            official_name=TARGET.official_name,
            institution=TARGET.institution,
            holdings=HOLDINGS,
        ),
    ),
)


def queued(name: CommandName) -> Command:
    """A command that was just accepted."""
    return replace(QUEUED, name=name)


def xml_reply(
    public_url: str, schema: str, inner: bytes, *, status: int = 200, owner: str | None = None
) -> bytes:
    """A whole reply, as the platform would send it."""
    envelope = xml_v1.Envelope(public_url, AT, CLIENT, owner)
    return xml_v1.reply(envelope, schema=schema, status=status, inner=inner)


def completed_xml() -> bytes:
    """The inside of a successful poll."""
    return xml_v1.command(COMPLETED, result=xml_v1.result(HOLDINGS))


def completed_json() -> Any:
    """A successful poll in the JSON dialect."""
    return json.loads(command_result(COMPLETED, HOLDINGS, owner_external_id=OWNER))
