"""A sign-in may start its import by itself, and the import says that it was so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Redirections know what they import by themselves, commands that nobody asked for them."""
    no = sa.false()
    op.add_column(
        "redirections",
        sa.Column("imports_itself", sa.Boolean, nullable=False, server_default=no),
    )
    op.add_column("redirections", sa.Column("import_since", sa.Date))
    op.add_column(
        "commands", sa.Column("is_automatic", sa.Boolean, nullable=False, server_default=no)
    )
