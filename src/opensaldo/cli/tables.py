"""How a table reaches its reader: nothing of it is cut off, however narrow the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

PIPE_CHARACTERS = 1000


def print_table(table: Table) -> None:
    """The table is on standard output, and ids can be copied from it.

    On a terminal long values go on in the next line; a program reads one row a line.
    """
    for column in table.columns:
        column.overflow = "fold"
    console().print(table)


def console() -> Console:
    """Standard output, as wide as the terminal; where there is none, as wide as needed."""
    found = Console(highlight=False)
    if not found.is_terminal:
        found.width = PIPE_CHARACTERS
    return found
