"""`opensaldo migrate`, `purge` and `check-config`: what an operator does now and then."""

from __future__ import annotations

import argparse
import asyncio

from rich.console import Console
from rich.table import Table
from rich.text import Text

from opensaldo.config import PREFIX, VARIABLES, Config, unknown_variables


def migrate(_options: argparse.Namespace) -> int:
    """Bring the database up to this version and say what was done."""
    from opensaldo.app import open_store
    from opensaldo.store.migrate import migrate as apply

    store = open_store(Config.from_env())
    try:
        applied = apply(store)
    finally:
        store.close()
    print("\n".join(f"applied {revision}" for revision in applied) or "The database is up to date.")
    return 0


def purge(_options: argparse.Namespace) -> int:
    """Delete what is due and say how much it was."""
    from opensaldo.app import maintained
    from opensaldo.engine.retention import purge as delete

    async def work() -> int:
        async with maintained(Config.from_env()) as platform:
            return (await delete(platform)).documents

    print(f"Deleted {asyncio.run(work())} documents that were due.")
    return 0


def check_config(_options: argparse.Namespace) -> int:
    """Show every setting as it was understood."""
    config = Config.from_env()
    table = Table("variable", "value", "meaning")
    for variable in VARIABLES:
        value = getattr(config, variable.name.lower())
        shown = ", ".join(value) if isinstance(value, tuple) else str(value)
        shown = "-" if value in (None, ()) else shown
        table.add_row(PREFIX + variable.name, Text(shown), variable.meaning)
    Console().print(table)
    for name in unknown_variables():
        print(f"{name} means nothing here; is it mistyped?")
    print("The configuration is complete.")
    return 0
