"""What is used is logged, for the bill."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """The table exists; it has no foreign keys, for it outlives what it speaks of."""
    op.create_table(
        "usage",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("session_id", sa.Text),
        sa.Column("consent_id", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("until", INSTANT),
        sa.PrimaryKeyConstraint("number", name="pk_usage"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_usage_client_id_environment_at", "usage", ["client_id", "environment", "at"]
    )
