"""What clients' calls leave behind: rates, uses, keys of writes done once, events."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from opensaldo.store.columns import UtcDateTime
from opensaldo.store.tables.shape import Number, metadata

rate_leases = Table(
    "rate_leases",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("window_start_s", BigInteger, primary_key=True, autoincrement=False),
    Column("granted", Integer, nullable=False),
)
usage = Table(
    "usage",
    metadata,
    Column("number", Number, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("session_id", Text),
    Column("consent_id", Text),
    Column("subject", Text),
    Column("until", UtcDateTime),
    Index(None, "client_id", "environment", "at"),
    sqlite_autoincrement=True,
)
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("key_hash", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("holder", Text, nullable=False),
    Column("held_until", UtcDateTime, nullable=False),
    Column("subject", Text),
    Column("key_id", Integer),
    Column("wrapped_key", LargeBinary),
    Column("sealed_answer", LargeBinary),
    Index(None, "created_at"),
)
events = Table(
    "events",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", Text),
    Column("progress", Integer),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "at"),
)
event_heads = Table(
    "event_heads",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("newest", BigInteger, nullable=False),
)
