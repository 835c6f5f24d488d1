"""The operator's prices: one list for all clients, and what was agreed with some of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opensaldo.data import BadDataFile, fill, read_text
from opensaldo.domain.bill import Prices

EXAMPLE = "prices.toml"
AGREED = "clients"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLists:
    """The price list of every client, by its id where it has one of its own."""

    general: Prices
    agreed: Mapping[str, Prices]

    def of(self, client_id: str) -> Prices:
        """What this client pays."""
        return self.agreed.get(client_id, self.general)


def read_price_lists(file: Path | None) -> PriceLists:
    """The price lists in this file, or the example; a client's own takes the rest from the others'.

    Raises:
        OSError: the file cannot be read.
        BadDataFile: it is not a price list; says what is wrong.
    """
    name = EXAMPLE if file is None else file.name
    table = _table(name, file)
    agreed = table.pop(AGREED, {})
    if not isinstance(agreed, Mapping):
        raise BadDataFile(name, AGREED, "a table", "something else")
    return PriceLists(
        general=fill(Prices, table, file=name, key="prices"),
        agreed={one: _agreed(name, table, one, own) for one, own in agreed.items()},
    )


def _table(name: str, file: Path | None) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(EXAMPLE) if file is None else file.read_text("utf-8"))
    except UnicodeDecodeError:
        raise BadDataFile(name, "file", "UTF-8 text", "other bytes") from None
    except tomllib.TOMLDecodeError as fault:
        raise BadDataFile(name, "file", "TOML", str(fault)) from None


def _agreed(name: str, table: dict[str, Any], client_id: str, own: object) -> Prices:
    whole = table | own if isinstance(own, dict) else own
    return fill(Prices, whole, file=name, key=f"{AGREED}.{client_id}")
