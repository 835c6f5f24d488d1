"""`opensaldo banks health`: where sign-ins failed within two hours, and what follows from it."""

from __future__ import annotations

import argparse
import asyncio
import json
from contextlib import closing
from dataclasses import asdict
from datetime import datetime

from rich.table import Table
from rich.text import Text

from opensaldo.app import open_store
from opensaldo.cli.tables import print_table
from opensaldo.config import Config
from opensaldo.domain.clock import system_clock
from opensaldo.domain.health import Health
from opensaldo.engine.health import Finding, findings
from opensaldo.store.migrate import migrate

COLOURS = {Health.WELL: "green", Health.WARNED: "yellow", Health.BLOCKED: "red"}


def show(options: argparse.Namespace) -> int:
    """Show each target at which a sign-in failed lately."""
    with closing(open_store(Config.from_env())) as store:
        migrate(store)
        found = asyncio.run(findings(store, system_clock))
    if options.json:
        print(json.dumps({"targets": [asdict(one) for one in found]}, default=str))
        return 0
    if not found:
        print("No sign-in failed by a bank's fault in the last two hours.")
        return 0
    table = Table(
        "environment", "target", "health", "failed", "last failed (UTC)", "tried again (UTC)"
    )
    for one in found:
        table.add_row(*_row(one))
    print_table(table)
    return 0


def _row(one: Finding) -> tuple[str | Text, ...]:
    return (
        one.environment.value,
        one.target,
        Text(one.health.value, style=COLOURS[one.health]),
        f"{one.failures} of {one.trials}",
        _at(one.failed_at),
        _at(one.blocked_until) if one.blocked_until else "now",
    )


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
