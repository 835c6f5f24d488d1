"""What one answer of a Czech bank holds, as nouns and what leads on from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from opensaldo.connectors.base import AccountReading
from opensaldo.domain.account import BalanceKind
from opensaldo.domain.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAccount:
    """One account of a list; `resource_id` is the bank's name of it in addresses."""

    resource_id: str
    reading: AccountReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One balance; `kind` is the code of ISO 20022 as the bank wrote it."""

    kind: str
    amount: Decimal
    currency: str | None
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """The balances of one account: all of them, and the two that count.

    `booked` is what stands on the account, `available` what may be spent; both are in `currency`.
    `booked_kind` is what the first is made of, `booked_on` the bank's day of it.
    """

    currency: str | None
    booked: Decimal | None
    available: Decimal | None
    items: tuple[Balance, ...]
    booked_on: date | None = None
    booked_kind: BalanceKind = BalanceKind.BOOKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One page of a list, each kind in the bank's order; `next_page` is the page that follows.

    `list_count` is how many rows the bank says there are, None where not all of a page are read.
    """

    currency: str | None
    booked: tuple[Transaction, ...]
    pending: tuple[Transaction, ...]
    scheduled: tuple[Transaction, ...] = ()
    next_page: int | None
    list_count: int | None = None
