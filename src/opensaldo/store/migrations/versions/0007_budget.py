"""The imports of a consent are counted, and a bank's refusal of further calls is remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The table of counted imports and the consents' new column exist."""
    op.add_column("consents", sa.Column("refused_until", INSTANT))
    op.create_table(
        "consent_imports",
        sa.Column("command_id", sa.Text, nullable=False),
        sa.Column("consent_id", sa.Text, nullable=False),
        sa.Column("counted_at", INSTANT, nullable=False),
        sa.Column("has_begun", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("command_id", name="pk_consent_imports"),
    )
    op.create_index(
        "ix_consent_imports_consent_id_counted_at", "consent_imports", ["consent_id", "counted_at"]
    )
    op.create_index("ix_consent_imports_counted_at", "consent_imports", ["counted_at"])
