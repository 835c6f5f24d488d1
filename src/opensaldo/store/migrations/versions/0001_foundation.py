"""The foundation: every table of the first release exists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
HAS_KEY = sa.text("key_id IS NOT NULL")
IS_DEFAULT_IMPORT = sa.text("name = 'DefaultImportCommand'")


def upgrade() -> None:
    """Bring an empty database to this revision."""
    _clients()
    _sign_in()
    _consents()
    _work()
    _data()


def _clients() -> None:
    """Clients, their keys, limits and log exist."""
    op.create_table(
        "clients",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("legal_name", sa.Text, nullable=False),
        sa.Column("poll_requires_session", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("key_hash", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name="fk_api_keys_client_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_keys_client_id", "api_keys", ["client_id"])
    op.create_table(
        "allowed_addresses",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "network", name="pk_allowed_addresses"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name="fk_allowed_addresses_client_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "client_products",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "product", name="pk_client_products"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name="fk_client_products_client_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "rate_leases",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("window_start_s", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("granted", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "window_start_s", name="pk_rate_leases"),
    )
    op.create_table(
        "events",
        sa.Column("cursor", NUMBER, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("cursor", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_events_client_id_environment_cursor", "events", ["client_id", "environment", "cursor"]
    )


def _sign_in() -> None:
    """Sessions, the redirections that make them, and consents exist."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("access_mode", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("owner_external_id", sa.Text),
        sa.Column("owner_id_generated", sa.Boolean, nullable=False),
        sa.Column("target", sa.Text),
        sa.Column("consent_id", sa.Text),
        sa.Column("attended", sa.Boolean, nullable=False),
        sa.Column("max_import_date", sa.Date),
        sa.Column("signed_in_at", INSTANT),
        sa.Column("last_activity_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("key_id", sa.Integer),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column("sealed_access", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_sessions_client_id"),
    )
    op.create_index(
        "ix_sessions_client_id_environment_owner_external_id",
        "sessions",
        ["client_id", "environment", "owner_external_id"],
    )
    op.create_index(
        "ix_sessions_client_id_environment_state", "sessions", ["client_id", "environment", "state"]
    )
    op.create_index(
        "ix_sessions_key_id", "sessions", ["key_id"], sqlite_where=HAS_KEY, postgresql_where=HAS_KEY
    )
    op.create_table(
        "redirections",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("redirect_uri", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("locale", sa.Text),
        sa.Column("preselected_target", sa.Text),
        sa.Column("client_identity", sa.Text),
        sa.Column("force_sca", sa.Boolean, nullable=False),
        sa.Column("exception_name", sa.Text),
        sa.Column("sealed_sca", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_redirections"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_redirections_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_redirections_client_id"),
    )
    op.create_index("ix_redirections_expires_at", "redirections", ["expires_at"])
    op.create_index("ix_redirections_session_id", "redirections", ["session_id"])


def _consents() -> None:
    """Permission to come back."""
    op.create_table(
        "consents",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("sealed_owner", sa.LargeBinary, nullable=False),
        sa.Column("sealed_access", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_consents_client_id"),
        sa.UniqueConstraint("token_hash", name="uq_consents_token_hash"),
    )


def _work() -> None:
    """Commands and the ledger of calls to banks exist."""
    op.create_table(
        "commands",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("target", sa.Text),
        sa.Column("institution", sa.Text),
        sa.Column("since", sa.Date),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("runs", sa.Integer, nullable=False),
        sa.Column("failure_name", sa.Text),
        sa.Column("failure_message", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("accounts", sa.Integer, nullable=False),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("reruns", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_commands"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_commands_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_commands_client_id"),
    )
    op.create_index(
        "ix_commands_client_id_environment_state", "commands", ["client_id", "environment", "state"]
    )
    op.create_index("ix_commands_finished_at", "commands", ["finished_at"])
    op.create_index("ix_commands_session_id", "commands", ["session_id"])
    op.create_index(
        "uq_commands_default_import",
        "commands",
        ["session_id"],
        unique=True,
        sqlite_where=IS_DEFAULT_IMPORT,
        postgresql_where=IS_DEFAULT_IMPORT,
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("grant_key", sa.Text, nullable=False),
        sa.Column("account_key", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("command_id", sa.Text, nullable=False),
        sa.Column("attended", sa.Boolean, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_command_id", "attempts", ["command_id"])
    op.create_index(
        "ix_attempts_grant_key_account_key_endpoint_started_at",
        "attempts",
        ["grant_key", "account_key", "endpoint", "started_at"],
    )
    op.create_index("ix_attempts_started_at", "attempts", ["started_at"])


def _data() -> None:
    """Sealed documents and their owners exist."""
    op.create_table(
        "documents",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("command_id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("owner_external_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_documents_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["command_id"], ["commands.id"], name="fk_documents_command_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_documents_client_id"),
        sa.UniqueConstraint("command_id", "kind", name="uq_documents_command_id_kind"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_documents_client_id_environment_owner_external_id",
        "documents",
        ["client_id", "environment", "owner_external_id"],
    )
    op.create_index("ix_documents_due_at", "documents", ["due_at"])
    op.create_index("ix_documents_session_id", "documents", ["session_id"])
    op.create_table(
        "owners",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("owner_external_id", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("last_change", INSTANT, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "environment", "owner_external_id", name="pk_owners"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_owners_client_id"),
    )
