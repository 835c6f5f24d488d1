"""Banks people looked for and did not find are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table exists."""
    op.create_table(
        "wishes",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("bank_key", sa.Text, nullable=False),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name="fk_wishes_client_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "client_id", "environment", "country", "bank_key", name="pk_wishes"
        ),
    )
