"""An account: a place at the bank where money stands, and what was read of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from opensaldo.domain.owner import Owner
from opensaldo.domain.transaction import Transaction


class BalanceKind(StrEnum):
    """What a bank's balance is made of.

    BOOKED: booked rows and nothing else. AVAILABLE: what may be spent, holds taken off and a credit
    limit perhaps added. EXPECTED: rows not booked yet are in it. UNKNOWN: the bank does not say.
    """

    BOOKED = "booked"
    AVAILABLE = "available"
    EXPECTED = "expected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A current or savings account; amounts are in `currency`, transactions newest first.

    `partial` is true when the time limit cut its lists short. `id` is ours, the same whoever's
    consent it was read through; `balance_on` is the bank's own day of the balance, `balance_kind`
    what the bank means by it.
    """

    iban: str | None
    currency: str
    name: str | None = None
    friendly_name: str | None = None
    balance: Decimal | None = None
    available: Decimal | None = None
    active_since: date | None = None
    direct_debit: bool | None = None
    transactions: tuple[Transaction, ...] = ()
    owners: tuple[Owner, ...] = ()
    partial: bool = False
    id: str | None = None
    balance_on: date | None = None
    balance_kind: BalanceKind = BalanceKind.BOOKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A credit card account; the number may be masked by the bank."""

    currency: str
    name: str | None = None
    card_id: str | None = None
    iban: str | None = None
    number: str | None = None
    balance: Decimal | None = None
    available: Decimal | None = None
    limit: Decimal | None = None
    interest: Decimal | None = None
    due_date: date | None = None
    transactions: tuple[Transaction, ...] = ()
    owners: tuple[Owner, ...] = ()
    partial: bool = False
    id: str | None = None
    balance_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """A term deposit."""

    currency: str
    name: str | None = None
    iban: str | None = None
    balance: Decimal | None = None
    interest: Decimal | None = None
    opened_on: date | None = None
    matures_on: date | None = None
    owners: tuple[Owner, ...] = ()
    id: str | None = None
    balance_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Everything one import read at one target: the document that is sealed and aggregated."""

    owners: tuple[Owner, ...] = ()
    accounts: tuple[Account, ...] = ()
    cards: tuple[Card, ...] = ()
    deposits: tuple[Deposit, ...] = field(default=())

    @property
    def transaction_count(self) -> int:
        """How many transactions all accounts and cards hold together."""
        return sum(len(account.transactions) for account in self.accounts) + sum(
            len(card.transactions) for card in self.cards
        )
