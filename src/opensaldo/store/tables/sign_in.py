"""Sign-ins: sessions, redirections, and how far they got."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from opensaldo.store.columns import UtcDateTime
from opensaldo.store.tables.shape import metadata, to_client, to_session

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, to_client(), nullable=False),
    Column("environment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("access_mode", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("owner_external_id", Text),
    Column("owner_id_generated", Boolean, nullable=False),
    Column("target", Text),
    Column("consent_id", Text),
    Column("attended", Boolean, nullable=False),
    Column("max_import_date", Date),
    Column("signed_in_at", UtcDateTime),
    Column("last_activity_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("key_id", Integer),
    Column("wrapped_key", LargeBinary),
    Column("sealed_access", LargeBinary),
    Column("login_slot", Integer),
    Index(None, "client_id", "environment", "state"),
    Index(None, "client_id", "environment", "owner_external_id"),
)
Index(
    "ix_sessions_key_id",
    sessions.c.key_id,
    sqlite_where=sessions.c.key_id.is_not(None),
    postgresql_where=sessions.c.key_id.is_not(None),
)
redirections = Table(
    "redirections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("session_id", Text, to_session(), nullable=False),
    Column("client_id", Text, to_client(), nullable=False),
    Column("environment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("redirect_uri", Text),
    Column("country", Text),
    Column("locale", Text),
    Column("preselected_target", Text),
    Column("client_identity", Text),
    Column("force_sca", Boolean, nullable=False),
    Column("imports_itself", Boolean, nullable=False),
    Column("import_since", Date),
    Column("exception_name", Text),
    Column("sealed_sca", LargeBinary),
    Column("channel", Text, nullable=False, server_default="redirection"),
    Column("embedder", Text),
    Column("look", Text),
    Column("chosen_target", Text),
    Column("reached", Integer, nullable=False, server_default="0"),
    Index(None, "session_id"),
    Index(None, "expires_at"),
)
funnel = Table(
    "funnel",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("started_on", Date, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("reached", Integer, primary_key=True, autoincrement=False),
    Column("ending", Text, primary_key=True),
    Column("sign_ins", BigInteger, nullable=False),
)
