"""Targets can be switched to their fallback, and the failures that speak for it are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The table of switches exists."""
    op.create_table(
        "switches",
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("first_failed_at", INSTANT),
        sa.Column("last_failed_at", INSTANT),
        sa.Column("switched_at", INSTANT),
        sa.PrimaryKeyConstraint("environment", "target", "client_id", name="pk_switches"),
    )
