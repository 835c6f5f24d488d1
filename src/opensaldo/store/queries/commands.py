"""Commands: accepted, run, ended once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from opensaldo.domain.client import Environment
from opensaldo.domain.command import (
    Command,
    CommandName,
    CommandState,
    Failure,
)
from opensaldo.domain.receipt import Outcome, Receipt
from opensaldo.store.conflicts import DefaultImportTaken, IdTaken, insert_new
from opensaldo.store.tables import commands

PROGRESS_MAX = 100
_UNFINISHED = commands.c.state.in_([CommandState.SETUP.value, CommandState.IN_PROGRESS.value])
_THIS = commands.c.id == bindparam("of_id")

_INSERT = insert_new(commands)
_BY_ID = select(commands).where(_THIS)
_COMMAND_OF = _BY_ID.where(
    commands.c.client_id == bindparam("client_id"),
    commands.c.environment == bindparam("environment"),
)
_OF_SESSION = (
    select(commands)
    .where(commands.c.session_id == bindparam("session_id"))
    .order_by(commands.c.created_at, commands.c.id)
)
_NAMES_OF_SESSION = (
    select(commands.c.name).where(commands.c.session_id == bindparam("session_id")).distinct()
)
_UNFINISHED_OF_SESSION = (
    select(commands)
    .where(commands.c.session_id == bindparam("session_id"), _UNFINISHED)
    .order_by(commands.c.created_at, commands.c.id)
)
_START = (
    update(commands)
    .where(_THIS, _UNFINISHED)
    .values(
        state=CommandState.IN_PROGRESS.value,
        target=bindparam("new_target"),
        institution=bindparam("new_institution"),
        started_at=func.coalesce(
            commands.c.started_at, bindparam("at", type_=commands.c.started_at.type)
        ),
        runs=commands.c.runs + 1,
    )
    .returning(commands.c.runs)
)
_PROGRESS = (
    update(commands)
    .where(
        _THIS,
        commands.c.state == CommandState.IN_PROGRESS.value,
        commands.c.progress < bindparam("value"),
    )
    .values(progress=bindparam("value"))
)
_FINISH = (
    update(commands)
    .where(_THIS, _UNFINISHED)
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "state",
                "finished_at",
                "failure_name",
                "failure_message",
                "outcome",
                "accounts",
                "pages",
                "rows",
                "reruns",
                "sealed_receipt",
            )
        }
    )
)
_SUCCEED = _FINISH.values(progress=PROGRESS_MAX)
_COUNT_WAITING = select(func.count()).where(
    commands.c.client_id == bindparam("client_id"),
    commands.c.environment == bindparam("environment"),
    commands.c.state == CommandState.SETUP.value,
)
_LATEST = (
    select(commands)
    .order_by(commands.c.created_at.desc(), commands.c.id)
    .limit(bindparam("count_max"))
)
_UNFINISHED_IDS = select(commands.c.id).where(_UNFINISHED).order_by(commands.c.created_at)


def insert_command(connection: Connection, command: Command) -> None:
    """Add a command of an existing session.

    Raises:
        IdTaken: a command of this id exists.
        DefaultImportTaken: it is a default import and the session has one.
    """
    if connection.execute(_INSERT, _row_of(command)).rowcount == 1:
        return
    if command_by_id(connection, command.id) is not None:
        raise IdTaken(command.id)
    raise DefaultImportTaken(command.session_id)


def command_of(
    connection: Connection, command_id: str, client_id: str, environment: Environment
) -> Command | None:
    """Find a command of this client in this environment: what every poll asks."""
    which = {"of_id": command_id, "client_id": client_id, "environment": environment.value}
    row = connection.execute(_COMMAND_OF, which).one_or_none()
    return None if row is None else command_from(row)


def command_by_id(connection: Connection, command_id: str) -> Command | None:
    """Find a command, for those who run it."""
    row = connection.execute(_BY_ID, {"of_id": command_id}).one_or_none()
    return None if row is None else command_from(row)


def commands_of_session(connection: Connection, session_id: str) -> tuple[Command, ...]:
    """List a session's commands, oldest first."""
    rows = connection.execute(_OF_SESSION, {"session_id": session_id})
    return tuple(command_from(row) for row in rows)


def latest(connection: Connection, count_max: int) -> tuple[Command, ...]:
    """List the newest commands of all clients, newest first."""
    return tuple(command_from(row) for row in connection.execute(_LATEST, {"count_max": count_max}))


def names_of_session(connection: Connection, session_id: str) -> frozenset[CommandName]:
    """List which commands the session has had, whatever became of them."""
    rows = connection.execute(_NAMES_OF_SESSION, {"session_id": session_id}).scalars()
    return frozenset(CommandName(name) for name in rows)


def unfinished_of_session(connection: Connection, session_id: str) -> tuple[Command, ...]:
    """List a session's commands that have not ended, oldest first."""
    rows = connection.execute(_UNFINISHED_OF_SESSION, {"session_id": session_id})
    return tuple(command_from(row) for row in rows)


def start(
    connection: Connection, command_id: str, target: str, institution: str, at: datetime
) -> int | None:
    """Begin a run, the first or another one; returns its number, None when the command has ended.

    `started_at` stays that of the first run.
    """
    changed = {
        "of_id": command_id,
        "new_target": target,
        "new_institution": institution,
        "at": at,
    }
    runs: int | None = connection.execute(_START, changed).scalar_one_or_none()
    return runs


def progress(connection: Connection, command_id: str, value: int) -> bool:
    """Note how far a running command is; it never goes back. Whether that is news."""
    changed = {"of_id": command_id, "value": min(value, PROGRESS_MAX)}
    return connection.execute(_PROGRESS, changed).rowcount == 1


def succeed(
    connection: Connection, command_id: str, receipt: Receipt, sealed: bytes, at: datetime
) -> bool:
    """End a command well; False when it had ended already.

    `sealed` is the whole receipt; of the one in the clear only its counts are kept.
    """
    changed = _ending(command_id, CommandState.SUCCESSFUL, None, receipt, sealed, at)
    return connection.execute(_SUCCEED, changed).rowcount == 1


def fail(
    connection: Connection,
    command_id: str,
    state: CommandState,
    failure: Failure,
    receipt: Receipt | None,
    sealed: bytes | None,
    at: datetime,
) -> bool:
    """End a command with its failure; False when it had ended already."""
    changed = _ending(command_id, state, failure, receipt, sealed, at)
    return connection.execute(_FINISH, changed).rowcount == 1


def count_waiting(connection: Connection, client_id: str, environment: Environment) -> int:
    """Count a client's commands that were accepted and not begun."""
    which = {"client_id": client_id, "environment": environment.value}
    return int(connection.execute(_COUNT_WAITING, which).scalar_one())


def unfinished(connection: Connection) -> tuple[str, ...]:
    """List the ids of all commands that have not ended, oldest first."""
    return tuple(connection.execute(_UNFINISHED_IDS).scalars())


def _ending(
    command_id: str,
    state: CommandState,
    failure: Failure | None,
    receipt: Receipt | None,
    sealed: bytes | None,
    at: datetime,
) -> dict[str, Any]:
    return {
        "of_id": command_id,
        "new_state": state.value,
        "new_finished_at": at,
        "new_failure_name": failure.name if failure else None,
        "new_failure_message": failure.message if failure else None,
        "new_sealed_receipt": sealed,
        **{f"new_{name}": value for name, value in _counts_of(receipt).items()},
    }


def _counts_of(receipt: Receipt | None) -> dict[str, Any]:
    return {
        "outcome": receipt.outcome.value if receipt else None,
        "accounts": receipt.accounts if receipt else 0,
        "pages": receipt.pages if receipt else 0,
        "rows": receipt.rows if receipt else 0,
        "reruns": receipt.reruns if receipt else 0,
    }


def _row_of(command: Command) -> dict[str, Any]:
    return {
        "id": command.id,
        "name": command.name.value,
        "session_id": command.session_id,
        "client_id": command.client_id,
        "environment": command.environment.value,
        "state": command.state.value,
        "progress": command.progress,
        "created_at": command.created_at,
        "target": command.target,
        "institution": command.institution,
        "since": command.since,
        "started_at": command.started_at,
        "finished_at": command.finished_at,
        "runs": command.runs,
        "failure_name": command.failure.name if command.failure else None,
        "failure_message": command.failure.message if command.failure else None,
        **_counts_of(command.receipt),
        "sealed_receipt": None,
        "is_automatic": command.is_automatic,
    }


def command_from(row: Any) -> Command:
    """The command that a row with all its columns holds."""
    return Command(
        id=row.id,
        name=CommandName(row.name),
        session_id=row.session_id,
        client_id=row.client_id,
        environment=Environment(row.environment),
        state=CommandState(row.state),
        progress=row.progress,
        created_at=row.created_at,
        target=row.target,
        institution=row.institution,
        since=row.since,
        started_at=row.started_at,
        finished_at=row.finished_at,
        runs=row.runs,
        failure=_failure(row),
        receipt=_receipt(row),
        is_automatic=row.is_automatic,
    )


def _failure(row: Any) -> Failure | None:
    if row.failure_name is None:
        return None
    return Failure(name=row.failure_name, message=row.failure_message or "")


def _receipt(row: Any) -> Receipt | None:
    if row.outcome is None:
        return None
    return Receipt(
        outcome=Outcome(row.outcome),
        accounts=row.accounts,
        pages=row.pages,
        rows=row.rows,
        reruns=row.reruns,
    )
