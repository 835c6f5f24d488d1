"""How the newest sign-ins at each target went is known to every process."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """The table exists."""
    op.create_table(
        "trials",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("redirection_id", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_good", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_trials"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trials_environment_target", "trials", ["environment", "target"])
