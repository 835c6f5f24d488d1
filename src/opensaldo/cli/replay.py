"""`opensaldo imports replay|export`: a recorded import through the code as it is now; a dry run."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from opensaldo.app import SEAL_FOLDER, catalog_of, open_store
from opensaldo.cli.tables import console, print_table
from opensaldo.config import Config
from opensaldo.connectors.registry import Catalog
from opensaldo.connectors.signing import Seal
from opensaldo.connectors.transcript import PlayedDoor
from opensaldo.domain.clock import Clock, system_clock
from opensaldo.engine.difference import Change, Turn
from opensaldo.engine.replay import Kept, Replayed, export, from_file, kept_of, replay
from opensaldo.errors import InvalidArgument
from opensaldo.store.vault import DataKey, Vault

EXIT_DIFFERENT = 1
FILE_BYTES_MAX = 128 * 1024 * 1024
KEY_BYTES = 32
MODE_OWN = 0o600
COLOURS = {Turn.ADDED: "green", Turn.GONE: "red", Turn.CHANGED: "yellow"}
HIDDEN = "•••"


def run(options: argparse.Namespace) -> int:
    """Say what differs; the exit code is 0 without a difference and 1 with one."""
    config = Config.from_env()
    kept = _kept(config, options, system_clock)
    is_ours = options.dir is None  # another platform's ids have another key
    own = Vault.open(config.key_dir, system_clock).fingerprint if is_ours else None
    found = asyncio.run(replay(kept, _catalogs(config), own))
    shown = _plain(found, reveal=options.reveal)
    if options.json:
        print(json.dumps({"command": options.command, **shown}))
    else:
        _print(options.command, found, shown)
    return 0 if found.is_same else EXIT_DIFFERENT


def write(options: argparse.Namespace) -> int:
    """Write the transcript into the folder, sealed under the operator's key."""
    config = Config.from_env()
    key = _key(options.key_file, make=True)
    kept = asyncio.run(_from_store(config, options.command, system_clock))
    file = options.dir / f"{options.command}.transcript"
    _write_own(file, export(kept, key))
    print(f"Wrote {file}; it can be replayed until {kept.recording.due_at:%Y-%m-%d %H:%M} UTC.")
    return 0


def _kept(config: Config, options: argparse.Namespace, clock: Clock) -> Kept:
    """The recording, from the store or from the folder.

    Raises:
        InvalidArgument: there is none that can be used.
    """
    if options.dir is None:
        return asyncio.run(_from_store(config, options.command, clock))
    if options.key_file is None:
        raise InvalidArgument("--dir needs --key-file: the file is sealed under that key.")
    file: Path = options.dir / f"{options.command}.transcript"
    try:
        with file.open("rb") as stream:
            data = stream.read(FILE_BYTES_MAX)
    except OSError:
        raise InvalidArgument(f"The file {str(file)!r} cannot be read.") from None
    return from_file(data, _key(options.key_file, make=False), clock())


async def _from_store(config: Config, command_id: str, clock: Clock) -> Kept:
    with closing(open_store(config)) as store:
        return await kept_of(store, Vault.open(config.key_dir, clock), command_id, clock)


def _catalogs(config: Config) -> Callable[[PlayedDoor, Clock], Catalog]:
    """Makes the catalogue whose connectors speak to a transcript."""
    seal_folder = config.key_dir / SEAL_FOLDER

    def catalog(door: PlayedDoor, clock: Clock) -> Catalog:
        return catalog_of(config, door, Seal.open(seal_folder, clock=clock), clock)

    return catalog


def _key(file: Path, *, make: bool) -> DataKey:
    """The operator's key in this file; a new one where there is none and one may be made.

    Raises:
        InvalidArgument: there is no key in it.
    """
    if make and not file.exists():
        _write_own(file, secrets.token_hex(KEY_BYTES).encode())
    try:
        return DataKey.of_file(file.read_text("ascii"))
    except (OSError, ValueError):
        raise InvalidArgument(f"The file {str(file)!r} holds no key of 64 hex digits.") from None


def _write_own(file: Path, data: bytes) -> None:
    """The file holds the data and is readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(MODE_OWN)
    file.chmod(MODE_OWN)
    file.write_bytes(data)


def _plain(found: Replayed, *, reveal: bool) -> dict[str, Any]:
    """The differences as plain JSON; what a bank or a person wrote is shown on demand only."""
    changes = [_change(one, reveal=reveal) for one in found.changes]
    return {
        "same": found.is_same,
        "added": sum(one.turn is Turn.ADDED for one in found.changes),
        "gone": sum(one.turn is Turn.GONE for one in found.changes),
        "changed": len({one.place for one in found.changes if one.turn is Turn.CHANGED}),
        "changes": changes,
        "callsAdded": list(found.calls_added),
        "callsGone": list(found.calls_gone),
    }


def _change(one: Change, *, reveal: bool) -> dict[str, Any]:
    is_open = reveal or one.place in ("receipt", "failure")
    return {
        "turn": one.turn.value,
        "place": one.place,
        "field": one.name,
        "before": _value(one.before, is_open=is_open),
        "after": _value(one.after, is_open=is_open),
    }


def _value(value: Any, *, is_open: bool) -> str | None:
    if value is None or value == ():
        return None
    if not is_open:
        return HIDDEN
    if not is_dataclass(value):
        return str(value)
    pairs = ((one.name, getattr(value, one.name)) for one in fields(value))
    return ", ".join(f"{name}={one}" for name, one in pairs if one not in (None, (), False))


def _print(command: str, found: Replayed, shown: dict[str, Any]) -> None:
    out = console()
    if found.is_same:
        out.print(f"[green]No difference:[/] {command} gives the same through this code.")
        return
    table = Table("", "where", "field", "kept", "now")
    for one, row in zip(found.changes, shown["changes"], strict=True):
        values = [Text(row[name] or "-") for name in ("before", "after")]
        table.add_row(
            Text(row["turn"], style=COLOURS[one.turn]), row["place"], row["field"], *values
        )
    for name, calls in (("asked", found.calls_added), ("not asked", found.calls_gone)):
        for call in calls:
            table.add_row(Text(name, style="magenta"), f"call {call}", "", "", "")
    print_table(table)
    out.print(
        f"{shown['added']} added, {shown['gone']} gone, {shown['changed']} changed. "
        f"Nothing was written. {HIDDEN} is shown with --reveal."
    )
