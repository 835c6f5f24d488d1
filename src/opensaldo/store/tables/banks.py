"""How banks do: switched to their fallback, failing lately, looked for in vain."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
)

from opensaldo.store.columns import UtcDateTime
from opensaldo.store.tables.shape import Number, metadata, to_client

switches = Table(
    "switches",
    metadata,
    Column("environment", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("way", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("first_failed_at", UtcDateTime),
    Column("last_failed_at", UtcDateTime),
    Column("switched_at", UtcDateTime),
)
trials = Table(
    "trials",
    metadata,
    Column("number", Number, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("redirection_id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("is_good", Boolean, nullable=False),
    Index(None, "environment", "target"),
    sqlite_autoincrement=True,
)
wishes = Table(
    "wishes",
    metadata,
    Column("client_id", Text, to_client(cascade=True), primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("country", Text, primary_key=True),
    Column("bank_key", Text, primary_key=True),
    Column("bank", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)
