"""A redirection says once which bank was chosen last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What the funnel knew of it stands where everybody looks."""
    redirections = sa.table("redirections", sa.column("chosen_target"), sa.column("reached_target"))
    known = redirections.c.reached_target
    op.execute(redirections.update().where(known.is_not(None)).values(chosen_target=known))
    with op.batch_alter_table("redirections") as table:
        table.drop_column("reached_target")
