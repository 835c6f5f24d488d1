"""What one raw answer of a PolishAPI bank holds, as nouns and what leads on from them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from opensaldo.connectors.base import AccountReading
from opensaldo.domain.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAccount:
    """One account; `resource_id` is the number the bank wants to be asked with."""

    resource_id: str | None
    reading: AccountReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """The balances of one account; `items` are those the bank gave, by its own names."""

    account: str | None
    currency: str | None
    booked: Decimal | None
    available: Decimal | None
    items: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One page of a list; `information` are rows that move no money."""

    currency: str | None
    booked: tuple[Transaction, ...]
    pending: tuple[Transaction, ...]
    information: tuple[Transaction, ...]
    next_page: str | None
