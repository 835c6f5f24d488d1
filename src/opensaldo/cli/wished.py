"""`opensaldo banks wished`: the banks people looked for and did not find, the most wanted first."""

from __future__ import annotations

import argparse
import json

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from opensaldo.cli.imports import with_store
from opensaldo.cli.tables import print_table
from opensaldo.domain.wish import Wish
from opensaldo.engine.clients import describe
from opensaldo.engine.wishes import wishes_of
from opensaldo.store.db import Store


def wished(options: argparse.Namespace) -> int:
    """Show them, of one client or of all."""
    found = with_store(lambda store: _found(store, options.client))
    if options.json:
        print(json.dumps({"wishes": [_plain(one) for one in found]}, ensure_ascii=False))
        return 0
    if not found:
        print("No bank was looked for in vain.")
        return 0
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("times", "country", "bank", "address", "client", "last"):
        table.add_column(name)
    for one in found:
        last = one.last_at.date().isoformat()
        told = (str(one.count), one.country, one.bank, one.address, one.client_id, last)
        table.add_row(*map(Text, told))
    print_table(table)
    return 0


async def _found(store: Store, client_id: str | None) -> tuple[Wish, ...]:
    if client_id is not None:
        await describe(store, client_id)
    return await wishes_of(store, client_id)


def _plain(one: Wish) -> dict[str, object]:
    return {
        "client": one.client_id,
        "country": one.country,
        "bank": one.bank,
        "address": one.address,
        "count": one.count,
        "lastOn": one.last_at.date().isoformat(),
    }
