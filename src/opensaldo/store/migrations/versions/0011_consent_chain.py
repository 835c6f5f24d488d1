"""What became of every consent stands in a chain, and a client may keep data for fewer hours."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OPEN = ("received", "valid")


def upgrade() -> None:
    """The chain exists, with what is known of the consents there are."""
    op.add_column("clients", sa.Column("retention_h", sa.Integer))
    chain = op.create_table(
        "consent_chain",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("consent_id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_consent_chain"),
    )
    op.create_index("ix_consent_chain_consent_id", "consent_chain", ["consent_id"])
    previous = "0" * 64
    for number, (facts, at) in enumerate(_what_became(), 1):
        said = [previous, number, *facts, at.isoformat(timespec="microseconds")]
        text = json.dumps(said, ensure_ascii=True, separators=(",", ":"))
        previous = hashlib.sha256(text.encode()).hexdigest()
        names = ("consent_id", "client_id", "environment", "target", "status")
        row = dict(zip(names, facts, strict=True))
        op.get_bind().execute(chain.insert(), {**row, "number": number, "at": at, "hash": previous})


def _what_became() -> list[tuple[tuple[str, ...], datetime]]:
    """Every consent's grant and end, in the order they happened."""
    columns = ("id", "client_id", "environment", "target", "status")
    consents = sa.table(
        "consents",
        *(sa.column(name, sa.Text) for name in columns),
        sa.column("granted_at", INSTANT),
        sa.column("ended_at", INSTANT),
    )
    happened = []
    for row in op.get_bind().execute(sa.select(consents)):
        place = (row.id, row.client_id, row.environment, row.target)
        granted = row.status if row.status in OPEN else "valid"
        happened.append(((*place, granted), _utc(row.granted_at)))
        if row.status not in OPEN:
            happened.append(((*place, row.status), _utc(row.ended_at or row.granted_at)))
    return sorted(happened, key=lambda one: one[1])


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
