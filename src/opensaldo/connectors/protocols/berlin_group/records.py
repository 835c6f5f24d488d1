"""What one answer of a Berlin Group bank holds, as nouns and what leads on from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from opensaldo.connectors.base import AccountReading
from opensaldo.connectors.lenient import NO_CURRENCY
from opensaldo.domain.account import BalanceKind
from opensaldo.domain.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One balance as the bank named it; `kind` is the standard's word where one fits."""

    kind: str
    amount: Decimal
    currency: str | None
    on: date | None = None
    is_with_credit_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """The balances of one account: all of them, and the two that count.

    `booked` is what stands on the account, `available` what may be spent; both are in `currency`.
    `booked_kind` is what the first is made of where the bank has nothing better, `booked_on` the
    bank's day of it.
    """

    account: str | None
    currency: str | None
    booked: Decimal | None
    available: Decimal | None
    items: tuple[Balance, ...]
    booked_on: date | None = None
    booked_kind: BalanceKind = BalanceKind.BOOKED


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAccount:
    """One account or card account of a list.

    `resource_id` is the bank's name of it within one consent. The links are None when the bank
    wrote none for that purpose; `has_links` tells whether it wrote any, for then a missing one
    means that the consent does not cover the call. `is_debit_positive`: the bank writes this
    card's debits without a minus. `part_currency` when it is what a wallet holds in that currency;
    `balances` are those written beside it.
    """

    resource_id: str | None
    reading: AccountReading
    has_balances: bool = False
    has_links: bool = False
    balances_link: str | None = None
    transactions_link: str | None = None
    is_closed: bool = False
    is_debit_positive: bool = False
    part_currency: str | None = None
    balances: Balances | None = None

    @property
    def is_whole_wallet(self) -> bool:
        """Whether it holds several currencies, not told apart yet."""
        account = self.reading.account
        return self.reading.card is None and account.currency == NO_CURRENCY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One page of a transaction list, each kind in the bank's order.

    `information` are rows that are neither booked nor pending, such as standing orders; they move
    no money. `next_link` leads to the page that follows. `signs_amounts` when the bank was seen
    to write signs, so that an amount without one is an inflow.
    """

    account: str | None
    currency: str | None
    booked: tuple[Transaction, ...]
    pending: tuple[Transaction, ...]
    information: tuple[Transaction, ...]
    next_link: str | None
    signs_amounts: bool
