"""A transaction: one movement of money on an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

COMPUTED_ID = "computed:"  # starts an id that the connector made where the bank gave none


class TransactionStatus(StrEnum):
    """Whether the bank has booked the transaction; of the last three no money has moved."""

    DONE = "DONE"
    PENDING = "PENDING"
    SCHEDULED = "SCHEDULED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"

    @property
    def moves_money(self) -> bool:
        """Whether the row belongs in an import: booked, or on its way."""
        return self in (TransactionStatus.DONE, TransactionStatus.PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One movement; `amount` is signed and in the account's currency, negative is an outflow.

    `id` is ours, the same at every import; `bank_id` is the bank's, a hint and
    never shown. The symbols are those of Czech payments, digits as the bank wrote them.
    """

    amount: Decimal
    transaction_on: date | None = None
    booked_on: date | None = None
    balance: Decimal | None = None
    title: str | None = None
    party: str | None = None
    party_iban: str | None = None
    variable_symbol: str | None = None
    constant_symbol: str | None = None
    specific_symbol: str | None = None
    kind: str | None = None
    status: TransactionStatus = TransactionStatus.DONE
    labels: tuple[str, ...] = ()
    bank_id: str | None = None
    id: str | None = None

    @property
    def bank_hint(self) -> str | None:
        """The bank's id where it gave one that is not blank."""
        written = (self.bank_id or "").strip()
        return None if not written or written.startswith(COMPUTED_ID) else written

    @property
    def day(self) -> date | None:
        """The day that counts wherever a range is computed (wire contract, section 8)."""
        return self.transaction_on or self.booked_on


def newest_first(transactions: list[Transaction]) -> tuple[Transaction, ...]:
    """The transactions from the newest day to the oldest; undated rows (not yet booked) lead.

    Rows of one day keep the order in which the bank sent them.
    """
    return tuple(sorted(transactions, key=lambda row: row.day or date.max, reverse=True))
