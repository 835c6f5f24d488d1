"""What a poll asks: a client's command with one of its documents, in one read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, bindparam, select

from opensaldo.domain.command import Command
from opensaldo.store.keys import WrappedKey
from opensaldo.store.queries.commands import command_from
from opensaldo.store.tables import commands, documents, sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A command and, where they are kept, its sealed receipt and document with the key to both."""

    command: Command
    receipt: bytes | None = field(repr=False)
    sealed: bytes | None = field(repr=False)
    key: WrappedKey | None


POLLED = (
    select(commands, documents.c.sealed, sessions.c.key_id, sessions.c.wrapped_key)
    .join(sessions, sessions.c.id == commands.c.session_id)
    .outerjoin(
        documents,
        and_(documents.c.command_id == commands.c.id, documents.c.kind == bindparam("kind")),
    )
    .where(
        commands.c.id == bindparam("of_id"),
        commands.c.client_id == bindparam("client_id"),
        commands.c.environment == bindparam("environment"),
    )
)


def polled(row: Any) -> Polled:
    """The row of `POLLED` as nouns."""
    has_key = row.key_id is not None and row.wrapped_key is not None
    return Polled(
        command=command_from(row),
        receipt=row.sealed_receipt,
        sealed=row.sealed,
        key=WrappedKey(row.key_id, row.wrapped_key) if has_key else None,
    )
