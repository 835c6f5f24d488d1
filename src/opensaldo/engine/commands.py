"""Commands: accepted in one transaction with their event and their place in the queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from opensaldo.domain.command import Command, CommandName, CommandState
from opensaldo.domain.event import Event, EventKind
from opensaldo.domain.session import Session
from opensaldo.engine.durable import Job
from opensaldo.engine.ids import ATTEMPTS_MAX, new_number
from opensaldo.engine.imports import (
    HOLDINGS,
    RESULT_XML,
    document_place,
    give_up_default_import,
    run_default_import,
)
from opensaldo.engine.platform import Platform
from opensaldo.errors import (
    CommandNotAvailable,
    DefaultImportAlreadyExecuted,
    Defect,
    InvalidCommandId,
    InvalidSince,
    JobsQuotaExceeded,
)
from opensaldo.store.conflicts import DefaultImportTaken, IdTaken, hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import commands, events, sessions
from opensaldo.store.queries.clients import Caller
from opensaldo.store.queries.polls import POLLED, polled
from opensaldo.store.vault import KeyDestroyed

RETRY_WHEN_FULL_S = 10

__all__ = [
    "HOLDINGS",
    "RESULT_XML",
    "jobs",
    "known_command",
    "polled_command",
    "submit_default_import",
]


def jobs(platform: Platform) -> dict[str, Job]:
    """The written-out table of commands that run in the background; a name is for ever."""

    async def run(command_id: str) -> None:
        await run_default_import(platform, command_id)

    async def give_up(command_id: str) -> None:
        await give_up_default_import(platform, command_id)

    return {CommandName.DEFAULT_IMPORT.value: Job(run, give_up)}


async def submit_default_import(
    platform: Platform,
    caller: Caller,
    session: Session,
    *,
    since: date | None,
    owner_external_id: str | None,
) -> tuple[Command, str]:
    """The import is accepted: durable, queued, announced; with the owner's id that counts.

    Raises:
        InvalidSince: in the future.
        CommandNotAvailable: the target does not offer it.
        DefaultImportAlreadyExecuted: the session has had its import.
        JobsQuotaExceeded: too many commands of the client are waiting.
    """
    if since is not None and since > platform.clock().date():
        raise InvalidSince
    target = platform.catalog.find(session.target or "", session.environment)
    if target is None or CommandName.DEFAULT_IMPORT not in target.commands:
        raise CommandNotAvailable(
            f"{CommandName.DEFAULT_IMPORT} is not available for {session.target}."
        )

    def accept(connection: Connection) -> tuple[Command, str]:
        _refuse_when_full(connection, platform, caller)
        command = _insert(
            connection,
            Command(
                id="",
                name=CommandName.DEFAULT_IMPORT,
                session_id=session.id,
                client_id=session.client_id,
                environment=session.environment,
                state=CommandState.SETUP,
                progress=0,
                created_at=platform.clock(),
                target=target.name,
                institution=target.institution,
                since=since,
            ),
        )
        owner = _owner_that_counts(connection, session, owner_external_id)
        sessions.touch(connection, session.id, command.created_at)
        events.append(connection, _accepted(command))
        platform.workflows.enqueue(connection, command.name.value, command.id)
        return command, owner

    return await platform.store.change_with(accept)


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
        return found.command, None
    if found.sealed is None or found.key is None:
        raise InvalidCommandId
    try:
        key = platform.vault.unwrap(found.key)
    except KeyDestroyed:
        raise InvalidCommandId from None
    place = document_place(command_id, kind)
    return found.command, platform.vault.open_sealed(key, found.sealed, place)


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


def _refuse_when_full(connection: Connection, platform: Platform, caller: Caller) -> None:
    client = caller.client
    hold(connection, "client", client.id)
    waiting = commands.count_waiting(connection, client.id, client.environment)
    if waiting >= platform.limits.waiting_commands_max:
        raise JobsQuotaExceeded(retry_after_s=RETRY_WHEN_FULL_S)


def _insert(connection: Connection, command: Command) -> Command:
    for _ in range(ATTEMPTS_MAX):
        command = replace(command, id=new_number())
        try:
            commands.insert_command(connection, command)
        except IdTaken:
            continue
        except DefaultImportTaken:
            raise DefaultImportAlreadyExecuted from None
        return command
    raise Defect("No free command id was found.")


def _owner_that_counts(connection: Connection, session: Session, asked: str | None) -> str:
    """The session's owner id; one given now replaces an id we made (wire contract, 5.1)."""
    if asked is None or not session.owner_id_generated:
        return session.owner_external_id or ""
    sessions.adopt_owner(connection, session.id, asked)
    return asked


def _accepted(command: Command) -> Event:
    return Event(
        client_id=command.client_id,
        environment=command.environment,
        kind=EventKind.COMMAND_ACCEPTED,
        subject=command.id,
        at=command.created_at,
    )
