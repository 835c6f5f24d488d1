"""`opensaldo imports list|show`: how imports ended; personal data only when it is asked for."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import asdict
from typing import Any, TypeVar

from rich.table import Table
from rich.text import Text

from opensaldo.app import maintained, open_store
from opensaldo.cli.read_log import note_read
from opensaldo.cli.showing import Showing
from opensaldo.cli.tables import print_table
from opensaldo.config import Config
from opensaldo.domain.command import Command, CommandState
from opensaldo.engine.clients import describe
from opensaldo.engine.kept import HOLDINGS
from opensaldo.engine.polling import polled_command
from opensaldo.errors import InvalidArgument, InvalidCommandId
from opensaldo.store.db import Store
from opensaldo.store.migrate import check_version
from opensaldo.store.queries import commands, sessions
from opensaldo.store.queries.clients import Caller
from opensaldo.wire.json_result import command_result

EXIT_NO_RESULT = 1
T = TypeVar("T")
COLUMNS = (
    *("id", "client", "command", "began by", "target", "state", "outcome", "rows"),
    "began (UTC)",
)
COLOURS = {CommandState.SUCCESSFUL: "green", CommandState.ERROR: "red", CommandState.FATAL: "red"}


def list_imports(options: argparse.Namespace) -> int:
    """Show the newest commands of all clients, one line each."""
    if options.count < 1:
        raise InvalidArgument("--count: a whole number above 0.")
    found = with_store(lambda store: store.fetch(commands.latest, options.count))
    if not found:
        print("There is no import; results are removed after their hours of retention.")
        return 0
    table = Table()
    for name in COLUMNS:
        table.add_column(name, no_wrap=name == "id")
    for one in found:
        receipt = one.receipt
        table.add_row(
            one.id,
            one.client_id,
            one.name.value.removesuffix("Command"),
            _began_by(one),
            one.target or "-",
            Text(one.state.value, style=COLOURS.get(one.state, "")),
            one.failure.name if one.failure else (receipt.outcome.value if receipt else "-"),
            str(receipt.rows) if receipt else "-",
            f"{one.created_at:%Y-%m-%d %H:%M:%S}",
        )
    print_table(table)
    return 0


def show(options: argparse.Namespace) -> int:
    """Show one command: its state and its receipt; whose it is with `--reveal` only.

    With `--result` what it imported too, as long as that is kept; the log says that it was read.
    """
    command, owner = with_store(lambda store: _found(store, options.command))
    table = Table("fact", "value", title=f"{command.id}", title_justify="left")
    for name, value in _facts(command):
        table.add_row(name, Text(value))
    table.add_row("owner", Text(owner or "-") if options.reveal else "hidden; --reveal shows it")
    print_table(table)
    if options.result:
        return _show_result(command)
    return 0


def _show_result(command: Command) -> int:
    if command.state is not CommandState.SUCCESSFUL:
        print("Nothing was imported.")
        return EXIT_NO_RESULT
    result = asyncio.run(_result(command))
    note_read("imports show", command=command.id, client=command.client_id)
    showing = Showing(quiet=False)
    showing.receipt(result)
    showing.holdings(result)
    return 0


async def _result(command: Command) -> dict[str, Any]:
    """What was imported, as the JSON dialect says it.

    Raises:
        InvalidCommandId: it is no longer kept.
    """
    async with maintained(Config.from_env()) as platform:
        client = (await describe(platform.store, command.client_id)).client
        caller = Caller(client=client, networks=(), products=frozenset())
        whole, holdings = await polled_command(platform, caller, command.id, HOLDINGS)
        result: dict[str, Any] = json.loads(command_result(whole, holdings))
        return result


def with_store(work: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    """What the work finds in the configured store, which it does not change.

    Raises:
        OtherVersion: the store has another shape than this program reads, or none yet.
    """
    with closing(open_store(Config.from_env())) as store:
        check_version(store)
        return asyncio.run(work(store))


async def _found(store: Store, command_id: str) -> tuple[Command, str | None]:
    command = await store.fetch(commands.command_by_id, command_id)
    if command is None:
        raise InvalidCommandId
    session = await store.fetch(
        sessions.session_of, command.session_id, command.client_id, command.environment
    )
    return command, session.owner_external_id if session else None


def _began_by(command: Command) -> str:
    return "sign-in" if command.is_automatic else "request"


def _facts(command: Command) -> list[tuple[str, str]]:
    """What can be said of a command that names nobody."""
    found = [
        ("client", command.client_id),
        ("environment", command.environment.value),
        ("command", command.name.value),
        ("began by", _began_by(command)),
        ("target", command.target or "-"),
        ("state", command.state.value),
        ("began (UTC)", f"{command.started_at or command.created_at:%Y-%m-%d %H:%M:%S}"),
        ("ended (UTC)", f"{command.finished_at:%Y-%m-%d %H:%M:%S}" if command.finished_at else "-"),
        ("runs", str(command.runs)),
    ]
    if command.failure is not None:
        found += [("failure", command.failure.name), ("", command.failure.message)]
    if command.receipt is not None:
        found += [
            (f"receipt: {name}", _plain(one)) for name, one in asdict(command.receipt).items()
        ]
    return found


def _plain(value: object) -> str:
    """A receipt's value for people: lists in lines, tables as names with values."""
    if value is None or value in ((), {}):
        return "-"
    if isinstance(value, tuple):
        return "\n".join(_plain(one) for one in value)
    if isinstance(value, dict):
        pairs = ((name, one) for name, one in value.items() if one is not None)
        return ", ".join(f"{name.replace('_', ' ')} {one}" for name, one in pairs)
    return str(value)
