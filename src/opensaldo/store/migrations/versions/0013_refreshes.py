"""Scheduled refreshes can be planned for a client and for one of its owners."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table of refreshes exists."""
    op.create_table(
        "refreshes",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("owner_hash", sa.Text, nullable=False),
        sa.Column("per_day", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "owner_hash", name="pk_refreshes"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name="fk_refreshes_client_id", ondelete="CASCADE"
        ),
    )
