"""How far sign-ins get is counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = ("client_id", "environment", "started_on", "target", "channel", "reached", "ending")


def upgrade() -> None:
    """The counts have a table, and a redirection says how far it got."""
    op.create_table(
        "funnel",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("started_on", sa.Date, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("reached", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("ending", sa.Text, nullable=False),
        sa.Column("sign_ins", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name="pk_funnel"),
    )
    op.add_column(
        "redirections", sa.Column("reached", sa.Integer, nullable=False, server_default="0")
    )
    op.add_column("redirections", sa.Column("reached_target", sa.Text))
