"""The list of accounts as it is kept with an access, and each account as it was listed; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from opensaldo.connectors.base import AccountReading
from opensaldo.connectors.protocols.czech_standard.convert import listed
from opensaldo.connectors.things import Thing
from opensaldo.errors import BankAnsweredNonsense

ACCOUNTS = "accounts"
ACCOUNTS_MAX = 1_000

Listing = Mapping[str, Mapping[str, Any]]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def listing_of(rows: Iterable[Mapping[str, Any]]) -> Listing:
    """The accounts as the bank wrote them, by its ids, in its order.

    Raises:
        BankAnsweredNonsense: one has no id, or there are too many.
    """
    found = {listed(Thing(row, ACCOUNTS)).resource_id: row for row in rows}
    if len(found) > ACCOUNTS_MAX:
        raise BankAnsweredNonsense(ACCOUNTS, f"at most {ACCOUNTS_MAX} accounts")
    return found


def packed(listing: Listing) -> str:
    """The listing as a text that `unpacked` reads."""
    return _ENCODER.encode(list(listing.values())).decode()


def unpacked(memory: Mapping[str, str]) -> Listing:
    """The listing kept in an access; empty when it keeps none."""
    rows = json.loads(memory.get(ACCOUNTS, "[]"), parse_float=Decimal)
    return listing_of(rows)


def reading_of(row: Mapping[str, Any]) -> AccountReading:
    """One account as it was listed, without its balances."""
    return listed(Thing(row, ACCOUNTS)).reading
