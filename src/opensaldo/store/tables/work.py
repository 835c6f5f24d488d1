"""Work and what comes of it: commands, documents, owners, proofs of deletion."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from opensaldo.domain.command import CommandName
from opensaldo.store.columns import UtcDateTime
from opensaldo.store.tables.shape import Number, metadata, to_client, to_session

commands = Table(
    "commands",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("session_id", Text, to_session(), nullable=False),
    Column("client_id", Text, to_client(), nullable=False),
    Column("environment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("progress", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("target", Text),
    Column("institution", Text),
    Column("since", Date),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("runs", Integer, nullable=False),
    Column("failure_name", Text),
    Column("failure_message", Text),
    Column("outcome", Text),
    Column("accounts", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("reruns", Integer, nullable=False),
    Column("sealed_receipt", LargeBinary),
    Column("is_automatic", Boolean, nullable=False),
    Index(None, "session_id"),
    Index(None, "client_id", "environment", "state"),
    Index(None, "finished_at"),
)
_IS_DEFAULT_IMPORT = commands.c.name == CommandName.DEFAULT_IMPORT.value
one_default_import = Index(
    "uq_commands_default_import",
    commands.c.session_id,
    unique=True,
    sqlite_where=_IS_DEFAULT_IMPORT,
    postgresql_where=_IS_DEFAULT_IMPORT,
)
documents = Table(
    "documents",
    metadata,
    Column("id", Number, primary_key=True),
    Column("session_id", Text, to_session(), nullable=False),
    Column("command_id", Text, ForeignKey("commands.id", ondelete="CASCADE"), nullable=False),
    Column("client_id", Text, to_client(), nullable=False),
    Column("environment", Text, nullable=False),
    Column("owner_external_id", Text, nullable=False),
    Column("target", Text),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    UniqueConstraint("command_id", "kind"),
    Index(None, "session_id"),
    Index(None, "client_id", "environment", "owner_external_id"),
    Index(None, "due_at"),
    sqlite_autoincrement=True,
)
owners = Table(
    "owners",
    metadata,
    Column("client_id", Text, to_client(), primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("owner_external_id", Text, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("last_change", UtcDateTime, nullable=False),
    Column("origin", Text, nullable=False),
)
deletions = Table(
    "deletions",
    metadata,
    Column("number", Number, primary_key=True),
    Column("client_id", Text),
    Column("environment", Text),
    Column("cause", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("subject", Text),
    Column("counts", Text, nullable=False),
    Column("commands", Text, nullable=False),
    Index(None, "client_id", "environment"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)
