"""Consents: what they remember and allow, what became of them, what people agreed to."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from opensaldo.store.columns import UtcDateTime
from opensaldo.store.tables.shape import metadata, to_client

consents = Table(
    "consents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, to_client(), nullable=False),
    Column("environment", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("sealed_owner", LargeBinary, nullable=False),
    Column("sealed_access", LargeBinary),
    Column("ended_at", UtcDateTime),
    Column("revoke_due_at", UtcDateTime),
    Column("refreshing_until", UtcDateTime),
    Column("refused_until", UtcDateTime),
    Column("owner_hash", Text),
    Column("proved_at", UtcDateTime),
    Column("replaced_by", Text),
    Column("warned_at", UtcDateTime),
    Index(None, "revoke_due_at"),
    Index(None, "status", "valid_until"),
    Index(None, "client_id", "environment", "owner_hash"),
)
remembered = Table(
    "remembered",
    metadata,
    Column("consent_id", Text, ForeignKey("consents.id", ondelete="CASCADE"), primary_key=True),
    Column("account_id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
refreshes = Table(
    "refreshes",
    metadata,
    Column("client_id", Text, to_client(cascade=True), primary_key=True),
    Column("owner_hash", Text, primary_key=True),
    Column("per_day", Integer, nullable=False),
)
consent_imports = Table(
    "consent_imports",
    metadata,
    Column("command_id", Text, primary_key=True),
    Column("consent_id", Text, nullable=False),
    Column("counted_at", UtcDateTime, nullable=False),
    Column("has_begun", Boolean, nullable=False),
    Index(None, "consent_id", "counted_at"),
    Index(None, "counted_at"),
)
attempts = Table(
    "attempts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("grant_key", Text, nullable=False),
    Column("account_key", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("command_id", Text, nullable=False),
    Column("attended", Boolean, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index(None, "grant_key", "account_key", "endpoint", "started_at"),
    Index(None, "command_id"),
    Index(None, "started_at"),
)
consent_chain = Table(
    "consent_chain",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("consent_id", Text),
    Column("client_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("hash", Text, nullable=False),
    Column("session_id", Text),
    Column("language", Text),
    Column("terms_version", Text),
    Column("privacy_version", Text),
    Index(None, "consent_id"),
    Index(None, "session_id"),
)
legal_texts = Table(
    "legal_texts",
    metadata,
    Column("version", Text, primary_key=True),
    Column("text", Text, nullable=False),
)
client_texts = Table(
    "client_texts",
    metadata,
    Column("client_id", Text, to_client(cascade=True), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("version", Text, ForeignKey("legal_texts.version"), nullable=False),
    Column("since", UtcDateTime, nullable=False),
)
