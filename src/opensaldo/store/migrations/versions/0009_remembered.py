"""Consents remember fingerprints of their accounts' rows from import to import."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table of sealed memories exists."""
    op.create_table(
        "remembered",
        sa.Column("consent_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", "account_id", name="pk_remembered"),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consents.id"], name="fk_remembered_consent_id", ondelete="CASCADE"
        ),
    )
