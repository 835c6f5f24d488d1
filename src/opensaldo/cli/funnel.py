"""`opensaldo funnel CLIENT`: how far the client's sign-ins got, and why they ended."""

from __future__ import annotations

import argparse

from rich.table import Table
from rich.text import Text

from opensaldo.cli.clients import with_store
from opensaldo.cli.tables import print_table
from opensaldo.domain.clock import system_clock
from opensaldo.domain.funnel import FunnelRow, Passed, total
from opensaldo.engine import clients
from opensaldo.engine.funnel import DAYS_MAX, funnel_of
from opensaldo.errors import InvalidArgument
from opensaldo.store.db import Store


def funnel(options: argparse.Namespace) -> int:
    """Show a row for each target and channel over all the days, and one for everything."""
    if not 1 <= options.days <= DAYS_MAX:
        raise InvalidArgument(f"--days: from 1 to {DAYS_MAX}.")
    passed = with_store(lambda store: _passed(store, options.client, options.days))
    table = Table("target", "channel", title=f"{options.client}, {options.days} days")
    for stage in ("started", "bank chosen", "at the bank", "back", "success", "pending"):
        table.add_column(stage, justify="right")
    table.add_column("exits")
    places = sorted({(one.target or "", one.channel) for one in passed})
    for target, channel in places:
        of_place = [one for one in passed if (one.target or "", one.channel) == (target, channel)]
        _add(table, target or "none chosen", channel, total(of_place))
    _add(table, "all", "all", total(passed))
    print_table(table)
    return 0


async def _passed(store: Store, client_id: str, days: int) -> tuple[Passed, ...]:
    client = (await clients.describe(store, client_id)).client
    _since, passed = await funnel_of(store, client, days, system_clock())
    return passed


def _add(table: Table, target: str, channel: str, row: FunnelRow) -> None:
    stages = (row.bank_chosen, row.at_bank, row.back, row.success, row.pending)
    exits = "\n".join(f"{name} {_share(count, row.started)}" for name, count in row.exits.items())
    shares = (_share(count, row.started) for count in stages)
    table.add_row(Text(target), channel, str(row.started), *shares, Text(exits))


def _share(count: int, of: int) -> str:
    return f"{count} ({100 * count // of} %)" if of else "0"
