"""Clients: who may call from where, and what is on for them."""

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

clients = Table(
    "clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("legal_name", Text, nullable=False),
    Column("poll_requires_session", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("retention_h", Integer),
)
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Number, primary_key=True),
    Column("client_id", Text, to_client(cascade=True), nullable=False),
    Column("environment", Text, nullable=False),
    Column("key_hash", Text, nullable=False, unique=True),
    Column("hint", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Index(None, "client_id"),
    sqlite_autoincrement=True,
)
allowed_addresses = Table(
    "allowed_addresses",
    metadata,
    Column("client_id", Text, to_client(cascade=True), primary_key=True),
    Column("network", Text, primary_key=True),
)
client_origins = Table(
    "client_origins",
    metadata,
    Column("client_id", Text, to_client(cascade=True), primary_key=True),
    Column("origin", Text, primary_key=True),
)
client_products = Table(
    "client_products",
    metadata,
    Column("client_id", Text, to_client(cascade=True), primary_key=True),
    Column("product", Text, primary_key=True),
)
