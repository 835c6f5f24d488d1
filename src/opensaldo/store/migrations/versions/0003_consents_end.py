"""A consent remembers when it ended, what its bank must still be told, and who refreshes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Consents have the three new columns."""
    for name in ("ended_at", "revoke_due_at", "refreshing_until"):
        op.add_column("consents", sa.Column(name, INSTANT))
    op.create_index("ix_consents_revoke_due_at", "consents", ["revoke_due_at"])
    op.create_index("ix_consents_status_valid_until", "consents", ["status", "valid_until"])
