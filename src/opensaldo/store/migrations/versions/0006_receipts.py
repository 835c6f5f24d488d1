"""A command keeps its whole receipt, sealed like its result."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Commands have a place for the receipt; those that ended before have counts only."""
    op.add_column("commands", sa.Column("sealed_receipt", sa.LargeBinary))
