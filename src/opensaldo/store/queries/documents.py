"""Documents: what imports read and what polls get, sealed; plain only what is searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from opensaldo.domain.client import Environment
from opensaldo.domain.command import Command
from opensaldo.store.keys import KeyDestroyed, WrappedKey
from opensaldo.store.tables import clients, documents, sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """One sealed document with the key that opens it."""

    command_id: str
    session_id: str
    target: str | None
    created_at: datetime
    sealed: bytes = field(repr=False)
    key: WrappedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedDocument:
    """One sealed document of a command; its key is the session's."""

    command_id: str
    sealed: bytes = field(repr=False)


_INSERT = insert(documents)
_HOLD_KEY = (
    select(sessions.c.key_id)
    .where(sessions.c.id == bindparam("session_id"), sessions.c.key_id.is_not(None))
    .with_for_update(key_share=True)
)
_HOURS = select(clients.c.retention_h).where(clients.c.id == bindparam("client_id"))
_TIMES = select(documents.c.id, documents.c.created_at, documents.c.due_at).where(
    documents.c.client_id == bindparam("client_id")
)
_SHORTEN = (
    update(documents)
    .where(documents.c.id == bindparam("of_id"))
    .values(due_at=bindparam("new_due_at"))
)
_DOCUMENT_OF = select(documents.c.sealed).where(
    documents.c.command_id == bindparam("command_id"), documents.c.kind == bindparam("kind")
)
_DELETE = delete(documents).where(
    documents.c.command_id == bindparam("of_command"), documents.c.kind == bindparam("of_kind")
)
_OWNER = select(sessions.c.owner_external_id).where(sessions.c.id == bindparam("session_id"))
_OF_SESSION = (
    select(documents.c.command_id, documents.c.sealed)
    .where(documents.c.session_id == bindparam("session_id"), documents.c.kind == bindparam("kind"))
    .order_by(documents.c.created_at, documents.c.id)
)
_OF_OWNER = (
    select(
        documents.c.command_id,
        documents.c.session_id,
        documents.c.target,
        documents.c.created_at,
        documents.c.sealed,
        sessions.c.key_id,
        sessions.c.wrapped_key,
    )
    .join(sessions, sessions.c.id == documents.c.session_id)
    .where(
        documents.c.client_id == bindparam("client_id"),
        documents.c.environment == bindparam("environment"),
        documents.c.owner_external_id == bindparam("owner_external_id"),
        documents.c.kind == bindparam("kind"),
        sessions.c.key_id.is_not(None),
    )
    .order_by(documents.c.created_at, documents.c.id)
)


def insert_document(
    connection: Connection,
    *,
    command: Command,
    owner_external_id: str,
    kind: str,
    sealed: bytes,
    at: datetime,
    due_at: datetime,
) -> None:
    """Keep a sealed document of a command, until `due_at`; one of each kind.

    It is due earlier where the client has its data kept for fewer hours.

    Raises:
        KeyDestroyed: the owner was erased meanwhile; what was read must not come back.
    """
    held = connection.execute(_HOLD_KEY, {"session_id": command.session_id}).one_or_none()
    if held is None:
        raise KeyDestroyed(f"session {command.session_id} has no key any more")
    row = {
        "session_id": command.session_id,
        "command_id": command.id,
        "client_id": command.client_id,
        "environment": command.environment.value,
        "owner_external_id": owner_external_id,
        "target": command.target,
        "kind": kind,
        "sealed": sealed,
        "created_at": at,
        "due_at": due_of(connection, command.client_id, at, due_at),
    }
    connection.execute(_INSERT, row)


def shorten(connection: Connection, client_id: str, kept: timedelta) -> None:
    """Let nothing of the client's be kept for longer than this."""
    changed = [
        {"of_id": row.id, "new_due_at": row.created_at + kept}
        for row in connection.execute(_TIMES, {"client_id": client_id})
        if row.created_at + kept < row.due_at
    ]
    if changed:
        connection.execute(_SHORTEN, changed)


def due_of(connection: Connection, client_id: str, at: datetime, due_at: datetime) -> datetime:
    """Tell when what is kept now is due: earlier where its client wants fewer hours."""
    hours = connection.execute(_HOURS, {"client_id": client_id}).scalar_one()
    return due_at if hours is None else min(due_at, at + timedelta(hours=hours))


def delete_document(connection: Connection, command_id: str, kind: str) -> None:
    """Delete one sealed document of a command, if it is there."""
    connection.execute(_DELETE, {"of_command": command_id, "of_kind": kind})


def owner_of_session(connection: Connection, session_id: str) -> str | None:
    """Find whose documents a session keeps; None when it keeps none any more."""
    owner: str | None = connection.execute(_OWNER, {"session_id": session_id}).scalar_one_or_none()
    return owner


def document_of(connection: Connection, command_id: str, kind: str) -> bytes | None:
    """Find one sealed document of a command."""
    which = {"command_id": command_id, "kind": kind}
    sealed: bytes | None = connection.execute(_DOCUMENT_OF, which).scalar_one_or_none()
    return sealed


def documents_of_session(
    connection: Connection, session_id: str, kind: str
) -> tuple[SealedDocument, ...]:
    """List a session's sealed documents of one kind, oldest first."""
    which = {"session_id": session_id, "kind": kind}
    return tuple(
        SealedDocument(command_id=row.command_id, sealed=row.sealed)
        for row in connection.execute(_OF_SESSION, which)
    )


def documents_of_owner(
    connection: Connection,
    client_id: str,
    environment: Environment,
    owner_external_id: str,
    kind: str,
) -> tuple[DocumentRow, ...]:
    """List an owner's sealed documents of one kind with their keys, oldest first."""
    which = {
        "client_id": client_id,
        "environment": environment.value,
        "owner_external_id": owner_external_id,
        "kind": kind,
    }
    return tuple(
        DocumentRow(
            command_id=row.command_id,
            session_id=row.session_id,
            target=row.target,
            created_at=row.created_at,
            sealed=row.sealed,
            key=WrappedKey(row.key_id, row.wrapped_key),
        )
        for row in connection.execute(_OF_OWNER, which)
    )
