"""Legal texts are kept by version, and the chain can say that a person accepted them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ADDED = ("session_id", "language", "terms_version", "privacy_version")


def upgrade() -> None:
    """Both tables exist; entries of the chain may have a session, and no consent."""
    op.create_table(
        "legal_texts",
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_legal_texts"),
    )
    op.create_table(
        "client_texts",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "kind", "language", name="pk_client_texts"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name="fk_client_texts_client_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["legal_texts.version"], name="fk_client_texts_version"
        ),
    )
    with op.batch_alter_table("consent_chain") as chain:
        chain.alter_column("consent_id", existing_type=sa.Text, nullable=True)
        for name in ADDED:
            chain.add_column(sa.Column(name, sa.Text))
    op.create_index("ix_consent_chain_session_id", "consent_chain", ["session_id"])
