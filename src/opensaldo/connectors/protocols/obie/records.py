"""What one raw answer of an OBIE bank holds, as nouns and what leads on from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from opensaldo.connectors.base import AccountReading
from opensaldo.domain.account import BalanceKind
from opensaldo.domain.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAccount:
    """One account; `resource_id` is the name the bank wants to be asked with."""

    resource_id: str | None
    reading: AccountReading
    is_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """The balances of one account: all of them by ISO 20022 code, and those that count.

    `standing` is what stands on the account, or the nearest the bank tells; `standing_kind` says
    what it is made of, `standing_on` the bank's day of it.
    """

    account: str | None
    currency: str | None
    booked: Decimal | None
    available: Decimal | None
    limit: Decimal | None
    items: tuple[tuple[str, Decimal], ...]
    standing: Decimal | None = None
    standing_on: date | None = None
    standing_kind: BalanceKind = BalanceKind.BOOKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One page of an account's rows, in the bank's order; `information` rows move no money.

    `page_count` is how many pages the bank says the list has.
    """

    currency: str | None
    booked: tuple[Transaction, ...]
    pending: tuple[Transaction, ...]
    information: tuple[Transaction, ...]
    next_link: str | None
    page_count: int | None = None
