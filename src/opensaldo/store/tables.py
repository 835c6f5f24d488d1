"""Every table of the store, on one MetaData; plain columns only for what is searched."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from opensaldo.domain.command import CommandName
from opensaldo.store.columns import UtcDateTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
_Number = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself there


def _client(*, cascade: bool = False) -> ForeignKey:
    return ForeignKey("clients.id", ondelete="CASCADE" if cascade else None)


def _session() -> ForeignKey:
    return ForeignKey("sessions.id", ondelete="CASCADE")


# --- clients ---------------------------------------------------------------------------------
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
    Column("id", _Number, primary_key=True),
    Column("client_id", Text, _client(cascade=True), nullable=False),
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
    Column("client_id", Text, _client(cascade=True), primary_key=True),
    Column("network", Text, primary_key=True),
)
client_origins = Table(
    "client_origins",
    metadata,
    Column("client_id", Text, _client(cascade=True), primary_key=True),
    Column("origin", Text, primary_key=True),
)
client_products = Table(
    "client_products",
    metadata,
    Column("client_id", Text, _client(cascade=True), primary_key=True),
    Column("product", Text, primary_key=True),
)
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
    Column("number", _Number, primary_key=True),
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
    Column("number", _Number, primary_key=True),
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
    Column("client_id", Text, _client(cascade=True), primary_key=True),
    Column("environment", Text, primary_key=True),
    Column("country", Text, primary_key=True),
    Column("bank_key", Text, primary_key=True),
    Column("bank", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

# --- sign-in ---------------------------------------------------------------------------------
sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, _client(), nullable=False),
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
    Column("session_id", Text, _session(), nullable=False),
    Column("client_id", Text, _client(), nullable=False),
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
consents = Table(
    "consents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, _client(), nullable=False),
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
    Column("client_id", Text, _client(cascade=True), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("version", Text, ForeignKey("legal_texts.version"), nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

# --- work ------------------------------------------------------------------------------------
commands = Table(
    "commands",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("session_id", Text, _session(), nullable=False),
    Column("client_id", Text, _client(), nullable=False),
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
refreshes = Table(
    "refreshes",
    metadata,
    Column("client_id", Text, _client(cascade=True), primary_key=True),
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

# --- data ------------------------------------------------------------------------------------
documents = Table(
    "documents",
    metadata,
    Column("id", _Number, primary_key=True),
    Column("session_id", Text, _session(), nullable=False),
    Column("command_id", Text, ForeignKey("commands.id", ondelete="CASCADE"), nullable=False),
    Column("client_id", Text, _client(), nullable=False),
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
    Column("client_id", Text, _client(), primary_key=True),
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
    Column("number", _Number, primary_key=True),
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
