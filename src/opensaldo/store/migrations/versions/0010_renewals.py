"""A consent can take the place of an older one, and its client is warned before it runs out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Consents have the four new columns."""
    op.add_column("consents", sa.Column("owner_hash", sa.Text))
    op.add_column("consents", sa.Column("proved_at", INSTANT))
    op.add_column("consents", sa.Column("replaced_by", sa.Text))
    op.add_column("consents", sa.Column("warned_at", INSTANT))
    op.create_index(
        "ix_consents_client_id_environment_owner_hash",
        "consents",
        ["client_id", "environment", "owner_hash"],
    )
