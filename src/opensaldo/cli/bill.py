"""`opensaldo bill CLIENT YYYY-MM`: what a client owes for a month, line by line, and why."""

from __future__ import annotations

import argparse
import asyncio
import sys

from rich.table import Table

from opensaldo.app import open_store
from opensaldo.cli.tables import print_table
from opensaldo.config import Config
from opensaldo.data import BadDataFile
from opensaldo.domain.bill import Bill, Month
from opensaldo.domain.client import Client, environment_of
from opensaldo.domain.clock import system_clock
from opensaldo.engine import clients
from opensaldo.engine.price_lists import read_price_lists
from opensaldo.engine.usage import month_bill
from opensaldo.errors import InvalidArgument
from opensaldo.store.migrate import migrate
from opensaldo.wire.bills import bill_csv, bill_json

EVIDENCE_SHOWN_MAX = 3


def bill(options: argparse.Namespace) -> int:
    """Show the bill, as a table, as JSON or as CSV."""
    config = Config.from_env()
    try:
        month = Month.parse(options.month)
        lists = read_price_lists(options.prices or config.prices_file)
    except (ValueError, BadDataFile) as wrong:
        raise InvalidArgument(str(wrong)) from None
    store = open_store(config)
    try:
        migrate(store)
        client = _client(options.client)
        asyncio.run(clients.describe(store, client.id))
        made = asyncio.run(month_bill(store, client, month, lists.of(client.id), system_clock()))
    finally:
        store.close()
    if options.json:
        sys.stdout.write(bill_json(made).decode() + "\n")
    elif options.csv:
        sys.stdout.write(bill_csv(made))
    else:
        _show(made)
    return 0


def _client(client_id: str) -> Client:
    return Client(id=client_id, environment=environment_of(client_id), legal_name="")


def _show(made: Bill) -> None:
    state = "final" if made.is_final else "so far, not final"
    table = Table(title=f"{made.client_id}, {made.month}, {made.prices.name} ({state})")
    for column in ("day", "service", "why", "evidence"):
        table.add_column(column)
    for column in ("quantity", "price", "amount"):
        table.add_column(column, justify="right")
    for line in made.lines:
        shown = list(line.evidence[:EVIDENCE_SHOWN_MAX])
        if len(line.evidence) > EVIDENCE_SHOWN_MAX:
            shown.append(f"and {len(line.evidence) - EVIDENCE_SHOWN_MAX} more")
        figures = (str(line.quantity), f"{line.price:.2f}", f"{line.amount:.2f}")
        table.add_row(str(line.on), line.service.value, line.why, "\n".join(shown), *figures)
    print_table(table)
    print(f"Total, net: {made.total:.2f} {made.prices.currency}")
