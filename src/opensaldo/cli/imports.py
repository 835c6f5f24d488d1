"""`opensaldo import list|show`: how imports ended, without personal data unless it is asked for."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import asdict
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from opensaldo.app import open_store
from opensaldo.config import Config
from opensaldo.domain.command import Command, CommandState
from opensaldo.errors import InvalidCommandId
from opensaldo.store.db import Store
from opensaldo.store.queries import commands, sessions

T = TypeVar("T")
COLOURS = {CommandState.SUCCESSFUL: "green", CommandState.ERROR: "red", CommandState.FATAL: "red"}


def list_imports(options: argparse.Namespace) -> int:
    """Show the newest commands of all clients, one line each."""
    table = Table("id", "client", "command", "target", "state", "outcome", "rows", "began")
    for one in with_store(lambda store: store.fetch(commands.latest, options.count)):
        receipt = one.receipt
        table.add_row(
            one.id,
            one.client_id,
            one.name.value.removesuffix("Command"),
            one.target or "-",
            Text(one.state.value, style=COLOURS.get(one.state, "")),
            receipt.outcome.value if receipt else (one.failure.name if one.failure else "-"),
            str(receipt.rows) if receipt else "-",
            f"{one.created_at:%Y-%m-%d %H:%M:%S}",
        )
    Console().print(table)
    return 0


def show(options: argparse.Namespace) -> int:
    """Show one command: its state and its receipt; whose it is with `--reveal` only."""
    command, owner = with_store(lambda store: _found(store, options.command))
    table = Table("fact", "value", title=f"{command.id}", title_justify="left")
    for name, value in _facts(command):
        table.add_row(name, Text(value))
    table.add_row("owner", Text(owner or "-") if options.reveal else "hidden; --reveal shows it")
    Console().print(table)
    return 0


def with_store(work: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    """What the work finds in the configured store, which it does not change."""
    with closing(open_store(Config.from_env())) as store:
        return asyncio.run(work(store))


async def _found(store: Store, command_id: str) -> tuple[Command, str | None]:
    command = await store.fetch(commands.command_by_id, command_id)
    if command is None:
        raise InvalidCommandId
    session = await store.fetch(
        sessions.session_of, command.session_id, command.client_id, command.environment
    )
    return command, session.owner_external_id if session else None


def _facts(command: Command) -> list[tuple[str, str]]:
    """What can be said of a command that names nobody."""
    found = [
        ("client", command.client_id),
        ("environment", command.environment.value),
        ("command", command.name.value),
        ("target", command.target or "-"),
        ("state", command.state.value),
        ("began", f"{command.started_at or command.created_at:%Y-%m-%d %H:%M:%S}"),
        ("ended", f"{command.finished_at:%Y-%m-%d %H:%M:%S}" if command.finished_at else "-"),
        ("runs", str(command.runs)),
    ]
    if command.failure is not None:
        found += [("failure", command.failure.name), ("", command.failure.message)]
    if command.receipt is not None:
        found += [(f"receipt: {name}", str(one)) for name, one in asdict(command.receipt).items()]
    return found
