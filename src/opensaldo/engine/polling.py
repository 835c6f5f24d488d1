"""Polling: a command as it stands, with what it kept."""

from __future__ import annotations

from dataclasses import replace

from opensaldo.domain.command import Command, CommandState
from opensaldo.domain.receipt import Receipt
from opensaldo.engine.kept import HOLDINGS, RECEIPT, document_place
from opensaldo.engine.platform import Platform
from opensaldo.errors import InvalidCommandId
from opensaldo.store.queries import commands
from opensaldo.store.queries.clients import Caller
from opensaldo.store.queries.polls import POLLED, Polled, polled
from opensaldo.store.vault import KeyDestroyed
from opensaldo.wire import sealed


async def polled_command(
    platform: Platform, caller: Caller, command_id: str, kind: str
) -> tuple[Command, bytes | None]:
    """The caller's command of this id and, when it was successful, its document of this kind.

    Raises:
        InvalidCommandId: unknown, another client's, or removed by retention.
    """
    client = caller.client
    which = {"of_id": command_id, "client_id": client.id, "environment": client.environment.value}
    row = await platform.store.point(POLLED, which | {"kind": kind})
    if row is None:
        raise InvalidCommandId
    found = polled(row)
    if found.command.state is not CommandState.SUCCESSFUL:
        return (_with_receipt(platform, found) if kind == HOLDINGS else found.command), None
    if found.sealed is None or found.key is None:
        raise InvalidCommandId
    try:
        key = platform.vault.unwrap(found.key)
    except KeyDestroyed:
        raise InvalidCommandId from None
    place = document_place(command_id, kind)
    document = platform.vault.open_sealed(key, found.sealed, place)
    return (_with_receipt(platform, found) if kind == HOLDINGS else found.command), document


def _with_receipt(platform: Platform, found: Polled) -> Command:
    """The command with its whole receipt; with the counts alone once the key is gone."""
    if found.receipt is None or found.key is None:
        return found.command
    try:
        key = platform.vault.unwrap(found.key)
    except KeyDestroyed:
        return found.command
    place = document_place(found.command.id, RECEIPT)
    clear = platform.vault.open_sealed(key, found.receipt, place)
    return replace(found.command, receipt=sealed.decode(clear, Receipt))


async def known_command(platform: Platform, caller: Caller, command_id: str) -> Command:
    """The caller's command of this id.

    Raises:
        InvalidCommandId: unknown or another client's.
    """
    client = caller.client
    command = await platform.store.fetch(
        commands.command_of, command_id, client.id, client.environment
    )
    if command is None:
        raise InvalidCommandId
    return command
