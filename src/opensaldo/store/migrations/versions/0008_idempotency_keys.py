"""A request's idempotency key, what was done for it, and its sealed answer are remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The table exists."""
    op.create_table(
        "idempotency_keys",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("key_hash", sa.Text, nullable=False),
        sa.Column("request_hash", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("held_until", INSTANT, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("key_id", sa.Integer),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column("sealed_answer", sa.LargeBinary),
        sa.PrimaryKeyConstraint("client_id", "environment", "key_hash", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
