"""`opensaldo migrate`, `purge` and `check-config`: what an operator does now and then."""

from __future__ import annotations

import argparse
import asyncio
from urllib.parse import urlsplit

from rich.table import Table
from rich.text import Text

from opensaldo.cli.tables import print_table
from opensaldo.config import PREFIX, VARIABLES, Config, unknown_variables
from opensaldo.domain.secret import Secret


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
    """Show every setting as it was understood; the files that are named can be used, too."""
    from opensaldo.app import check_files

    config = Config.from_env()
    table = Table("variable", "value", "meaning")
    for variable in VARIABLES:
        shown = _shown(getattr(config, variable.name.lower()))
        table.add_row(PREFIX + variable.name, Text(shown), variable.meaning)
    print_table(table)
    for name in unknown_variables():
        print(f"{name} means nothing here; is it mistyped?")
    check_files(config)
    print("The configuration is complete.")
    return 0


def _shown(value: object) -> str:
    """A setting as an operator would write it; of a database's address only where it leads."""
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Secret):
        parts = urlsplit(value.reveal())
        _user, at, place = parts.netloc.rpartition("@")
        return f"{parts.scheme}://{'***@' if at else ''}{place}{parts.path}"
    return str(value)
