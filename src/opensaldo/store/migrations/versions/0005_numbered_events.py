"""A client's events are numbered without a gap, and say the state their subject was in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Events have their numbers, old ones in the order of their cursors; heads know the newest."""
    op.execute(
        "CREATE TABLE events_before AS SELECT client_id, environment, kind, subject, at,"
        " row_number() OVER (PARTITION BY client_id, environment ORDER BY cursor) AS number"
        " FROM events"
    )
    op.drop_table("events")
    op.create_table(
        "events",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("progress", sa.Integer),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "environment", "number", name="pk_events"),
    )
    op.create_index("ix_events_at", "events", ["at"])
    op.create_table(
        "event_heads",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("newest", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "environment", name="pk_event_heads"),
    )
    op.execute(
        "INSERT INTO events (client_id, environment, number, kind, subject, at)"
        " SELECT client_id, environment, number, kind, subject, at FROM events_before"
    )
    op.execute(
        "INSERT INTO event_heads (client_id, environment, newest)"
        " SELECT client_id, environment, max(number) FROM events GROUP BY client_id, environment"
    )
    op.drop_table("events_before")
