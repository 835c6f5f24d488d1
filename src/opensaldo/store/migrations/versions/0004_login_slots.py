"""A session knows the executor slot of the process whose memory holds its login."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The column exists; sessions from before have no slot."""
    op.add_column("sessions", sa.Column("login_slot", sa.Integer))
