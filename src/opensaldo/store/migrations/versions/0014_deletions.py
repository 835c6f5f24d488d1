"""What was deleted when is kept as proof."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """The table exists."""
    op.create_table(
        "deletions",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("client_id", sa.Text),
        sa.Column("environment", sa.Text),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("commands", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_deletions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deletions_client_id_environment", "deletions", ["client_id", "environment"])
    op.create_index("ix_deletions_at", "deletions", ["at"])
