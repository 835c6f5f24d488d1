"""One small builder per noun: a plain valid example, of which a test changes what it is about.

Names and numbers are those of the wire contract's examples and belong to nobody.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from opensaldo.domain.account import Account, Card, Deposit, Holdings
from opensaldo.domain.aggregate import OwnerRecord, SourceTarget
from opensaldo.domain.client import Client, Environment
from opensaldo.domain.command import Command, CommandName, CommandState, Failure
from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.domain.receipt import Outcome, Receipt
from opensaldo.domain.session import Redirection, RedirectionState, Session, SessionState
from opensaldo.domain.target import AccessMode, AccountType, Interface, Target
from opensaldo.domain.transaction import Transaction

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CLIENT_ID = "acme-test"
COMMAND_ID = "701000123"
OWNER_EXTERNAL_ID = "loan-7781"
REDIRECTION_ID = "6c802c6c50268620ce8fed860acb4bdd"
SESSION_ID = "50100011"
IBAN = "PL71999000090000000000004711"
OTHER_IBAN = "PL90999000090000000000008152"


def a_client(**changes: Any) -> Client:
    """A test client."""
    given: dict[str, Any] = {
        "id": CLIENT_ID,
        "environment": Environment.TEST,
        "legal_name": "Acme Próba",
    }
    return Client(**given | changes)


def a_target(**changes: Any) -> Target:
    """The mock bank's fallback target in Poland."""
    given: dict[str, Any] = {
        "name": "KontoBank",
        "country": "pl",
        "institution": "KontoBank",
        "official_name": "KontoBank",
        "official_url": "https://bank.example.org",
        "interface": Interface.FALLBACK,
        "protocol": "kontobank_screens",
        "account_types": (AccountType.INDIVIDUAL,),
        "commands": ("DefaultImportCommand", "ImportCreditCardsCommand"),
        "credentials": ("STATIC_LOGIN",),
        "login_name": "Mock username",
        "beta": True,
    }
    return Target(**given | changes)


def a_psd2_target(**changes: Any) -> Target:
    """The mock bank's PSD2 target in Poland, with multiple access."""
    given: dict[str, Any] = {
        "name": "KontoBankApi",
        "interface": Interface.PSD2,
        "credentials": ("API_SETUP",),
        "login_name": None,
        "beta": False,
        "multiple_access": True,
    }
    return a_target(**given | changes)


def a_session(**changes: Any) -> Session:
    """A signed-in session for single access."""
    given: dict[str, Any] = {
        "id": SESSION_ID,
        "client_id": CLIENT_ID,
        "environment": Environment.TEST,
        "state": SessionState.SIGNED_IN,
        "access_mode": AccessMode.SINGLE,
        "created_at": AT,
        "owner_external_id": OWNER_EXTERNAL_ID,
        "target": "KontoBank",
        "signed_in_at": AT,
        "last_activity_at": AT,
    }
    return Session(**given | changes)


def a_redirection(**changes: Any) -> Redirection:
    """A link that nobody has opened yet."""
    given: dict[str, Any] = {
        "id": REDIRECTION_ID,
        "session_id": SESSION_ID,
        "client_id": CLIENT_ID,
        "environment": Environment.TEST,
        "state": RedirectionState.PENDING,
        "created_at": AT,
        "expires_at": AT + timedelta(hours=1),
        "redirect_uri": "https://shop.example.com/return",
    }
    return Redirection(**given | changes)


def a_consent(**changes: Any) -> Consent:
    """A consent just granted, for the longest time the law allows."""
    given: dict[str, Any] = {
        "id": "consent-1",
        "client_id": CLIENT_ID,
        "environment": Environment.TEST,
        "target": "KontoBankApi",
        "status": ConsentStatus.VALID,
        "granted_at": AT,
        "valid_until": AT + timedelta(days=180),
    }
    return Consent(**given | changes)


def a_command(state: CommandState = CommandState.SETUP, **changes: Any) -> Command:
    """A default import at the mock bank in this state."""
    given: dict[str, Any] = {
        "id": COMMAND_ID,
        "name": CommandName.DEFAULT_IMPORT,
        "session_id": SESSION_ID,
        "client_id": CLIENT_ID,
        "environment": Environment.TEST,
        "state": state,
        "progress": 100 if state is CommandState.SUCCESSFUL else 0,
        "created_at": AT,
        "target": "KontoBank",
        "institution": "KontoBank",
    }
    return Command(**given | changes)


def a_failure(**changes: Any) -> Failure:
    """The session ended while the command ran."""
    given: dict[str, Any] = {
        "name": "SessionExpired",
        "message": "The session ended before the import was complete.",
    }
    return Failure(**given | changes)


def a_receipt(**changes: Any) -> Receipt:
    """A complete import of one account."""
    return Receipt(
        **{
            "outcome": Outcome.COMPLETE,
            "accounts": 1,
            "pages": 2,
            "rows": 72,
            "fetched": 72,
            "new": 72,
        }
        | changes
    )


def an_owner(**changes: Any) -> Owner:
    """A person with an address."""
    given: dict[str, Any] = {
        "name": "Ewa Testowa",
        "address": "Lipowa 1/2 00-001 Próbno",
        "kind": OwnerKind.OWNER,
    }
    return Owner(**given | changes)


def a_transaction(**changes: Any) -> Transaction:
    """A card payment in a shop, labelled."""
    given: dict[str, Any] = {
        "amount": Decimal("-41.20"),
        "transaction_on": date(2026, 2, 27),
        "booked_on": date(2026, 2, 28),
        "balance": Decimal("1200.50"),
        "title": "ZAKUPY 0412",
        "party": "SKLEP PRÓBA",
        "party_iban": OTHER_IBAN,
        "kind": "PRZELEW WYCHODZĄCY",
        "labels": ("grocery",),
    }
    return Transaction(**given | changes)


def an_account(**changes: Any) -> Account:
    """A current account with one transaction and one owner."""
    given: dict[str, Any] = {
        "iban": IBAN,
        "currency": "PLN",
        "name": "Rachunek A",
        "friendly_name": "Moje konto",
        "balance": Decimal("1200.50"),
        "available": Decimal("1200.50"),
        "active_since": date(2025, 9, 1),
        "direct_debit": True,
        "transactions": (a_transaction(),),
        "owners": (an_owner(address=None),),
    }
    return Account(**given | changes)


def a_card(**changes: Any) -> Card:
    """A credit card with a masked number and every other fact."""
    given: dict[str, Any] = {
        "currency": "PLN",
        "name": "Karta B",
        "card_id": "card-1",
        "iban": IBAN,
        "number": "4000 **** **** 0002",
        "balance": Decimal("-300.00"),
        "available": Decimal("1700"),
        "limit": Decimal("2000"),
        "interest": Decimal("9.5"),
        "due_date": date(2026, 3, 20),
        "transactions": (a_transaction(labels=()),),
        "owners": (an_owner(),),
    }
    return Card(**given | changes)


def a_deposit(**changes: Any) -> Deposit:
    """The contract's six-month deposit."""
    given: dict[str, Any] = {
        "currency": "PLN",
        "name": "Lokata 6M",
        "balance": Decimal("5000.00"),
        "interest": Decimal("4.20"),
        "opened_on": date(2026, 1, 5),
        "matures_on": date(2026, 7, 5),
    }
    return Deposit(**given | changes)


def a_holdings(**changes: Any) -> Holdings:
    """What the contract's example import read: two owners, one account."""
    given: dict[str, Any] = {
        "owners": (
            an_owner(),
            an_owner(name="Adam Próbny", address=None, kind=OwnerKind.CO_OWNER),
        ),
        "accounts": (an_account(),),
    }
    return Holdings(**given | changes)


def a_source_target(**changes: Any) -> SourceTarget:
    """What the mock bank gave."""
    given: dict[str, Any] = {
        "name": "KontoBank",
        "official_name": "KontoBank",
        "institution": "KontoBank",
        "holdings": a_holdings(),
    }
    return SourceTarget(**given | changes)


def an_owner_record(**changes: Any) -> OwnerRecord:
    """One owner's record after one import."""
    made = datetime(2026, 3, 2, 9, 59, 58, 123456, tzinfo=UTC)
    given: dict[str, Any] = {
        "external_id": OWNER_EXTERNAL_ID,
        "created_at": made,
        "updated_at": made,
        "last_change": datetime(2026, 3, 2, 10, 0, 8, 654321, tzinfo=UTC),
        "targets": (a_source_target(),),
    }
    return OwnerRecord(**given | changes)
