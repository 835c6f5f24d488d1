"""What all tables share: one MetaData, and the columns that point to a client or a session."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
Number = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself there


def to_client(*, cascade: bool = False) -> ForeignKey:
    """The client the row is of; with `cascade` the row goes when the client does."""
    return ForeignKey("clients.id", ondelete="CASCADE" if cascade else None)


def to_session() -> ForeignKey:
    """The session the row is of, with which it goes."""
    return ForeignKey("sessions.id", ondelete="CASCADE")
