"""Sign-ins may be embedded in pages of the client's registered origins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Redirections know their channel, embedder, look and bank; clients have origins."""
    op.create_table(
        "client_origins",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "origin", name="pk_client_origins"),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.id"],
            name="fk_client_origins_client_id",
            ondelete="CASCADE",
        ),
    )
    op.add_column(
        "redirections",
        sa.Column("channel", sa.Text, nullable=False, server_default="redirection"),
    )
    op.add_column("redirections", sa.Column("embedder", sa.Text))
    op.add_column("redirections", sa.Column("look", sa.Text))
    op.add_column("redirections", sa.Column("chosen_target", sa.Text))
