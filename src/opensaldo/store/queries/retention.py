"""Retention: what is due is deleted, and what nothing needs any more goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, case, delete, exists, func, or_, select, union, update

from opensaldo.domain.client import Environment
from opensaldo.domain.command import CommandState
from opensaldo.domain.session import SessionState
from opensaldo.store.tables import (
    commands,
    documents,
    idempotency_keys,
    owners,
    redirections,
    sessions,
)

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many rows were deleted, or lost what they must not keep (sessions, redirections)."""

    documents: int = 0
    commands: int = 0
    sessions: int = 0
    redirections: int = 0
    owners: int = 0
    answers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A command with documents that are due, and how many; `has_result` if that is among them."""

    client_id: str
    environment: Environment
    command_id: str
    documents: int
    has_result: bool


_DELETE_DOCUMENTS = delete(documents).where(documents.c.due_at <= bindparam("now"))
_COMMANDS_DUE = (
    select(
        documents.c.client_id,
        documents.c.environment,
        documents.c.command_id,
        func.count().label("documents"),
        func.max(case((documents.c.kind == bindparam("kind"), 1), else_=0)).label("has_result"),
    )
    .where(documents.c.due_at <= bindparam("now"))
    .group_by(documents.c.client_id, documents.c.environment, documents.c.command_id)
    .order_by(documents.c.client_id, documents.c.environment, func.min(documents.c.id))
)
_END_ABANDONED = (
    update(sessions)
    .where(
        sessions.c.state == SessionState.CREATED.value,
        sessions.c.created_at <= bindparam("long_ago"),
    )
    .values(state=SessionState.ENDED.value, ended_at=bindparam("now"))
)
_FORGET_SESSIONS = (
    update(sessions)
    .where(
        sessions.c.key_id.is_not(None),
        sessions.c.state == SessionState.ENDED.value,
        ~exists().where(documents.c.session_id == sessions.c.id),
        ~exists().where(
            commands.c.session_id == sessions.c.id,
            commands.c.state.in_([CommandState.SETUP.value, CommandState.IN_PROGRESS.value]),
        ),
    )
    .values(owner_external_id=None, key_id=None, wrapped_key=None, sealed_access=None)
)
_DELETE_COMMANDS = delete(commands).where(
    commands.c.finished_at <= bindparam("long_ago"),
    ~exists().where(documents.c.command_id == commands.c.id),
)
_IS_EMPTY = ~exists().where(
    documents.c.client_id == owners.c.client_id,
    documents.c.environment == owners.c.environment,
    documents.c.owner_external_id == owners.c.owner_external_id,
)
_HOLD_OWNERS = select(owners.c.client_id).where(_IS_EMPTY).with_for_update()
_DELETE_OWNERS = delete(owners).where(_IS_EMPTY)
_DELETE_REDIRECTIONS = delete(redirections).where(
    redirections.c.expires_at <= bindparam("long_ago")
)
_FORGET_SIGN_INS = (
    update(redirections)
    .where(
        redirections.c.expires_at <= bindparam("now"),
        or_(redirections.c.sealed_sca.is_not(None), redirections.c.client_identity.is_not(None)),
    )
    .values(sealed_sca=None, client_identity=None)
)
_KEYS_IN_USE = union(
    select(sessions.c.key_id).where(sessions.c.key_id.is_not(None)),
    select(idempotency_keys.c.key_id).where(idempotency_keys.c.key_id.is_not(None)),
)


def delete_due(connection: Connection, now: datetime) -> Erased:
    """Delete what is due at this moment and what is needed no more; returns how much.

    Documents at their own `due_at`. An ended session without documents and unfinished commands
    loses its key, its access and its owner. Commands and redirections go 24 hours after they
    ended; a session nobody signed in to is over after 24 hours. Owners without documents go.
    """
    when = {"now": now, "long_ago": now - KEPT}
    gone = connection.execute(_DELETE_DOCUMENTS, {"now": now}).rowcount
    connection.execute(_END_ABANDONED, when)
    forgotten = connection.execute(_FORGET_SESSIONS).rowcount
    connection.execute(_FORGET_SIGN_INS, {"now": now})
    connection.execute(_HOLD_OWNERS).all()  # an import under way ends before they are judged
    return Erased(
        documents=gone,
        sessions=forgotten,
        commands=connection.execute(_DELETE_COMMANDS, {"long_ago": now - KEPT}).rowcount,
        owners=connection.execute(_DELETE_OWNERS).rowcount,
        redirections=connection.execute(_DELETE_REDIRECTIONS, {"long_ago": now - KEPT}).rowcount,
    )


def commands_due(connection: Connection, kind: str, now: datetime) -> tuple[Due, ...]:
    """List the commands with documents that are due, by client; `kind` is that of the result."""
    return tuple(
        Due(
            client_id=row.client_id,
            environment=Environment(row.environment),
            command_id=row.command_id,
            documents=row.documents,
            has_result=bool(row.has_result),
        )
        for row in connection.execute(_COMMANDS_DUE, {"kind": kind, "now": now})
    )


def keys_in_use(connection: Connection) -> frozenset[int]:
    """List the days whose keys still open something."""
    return frozenset(connection.execute(_KEYS_IN_USE).scalars())
