"""The column type for instants: aware UTC with microseconds on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An instant that is aware on the way in and aware UTC on the way out.

    SQLite keeps it as text of fixed width, so that comparing texts compares instants;
    PostgreSQL as timestamptz.

    Raises:
        ValueError: the instant is naive.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC, as the driver stores it."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("instant: expected an aware datetime, received a naive one")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """The stored instant, aware and in UTC."""
        del dialect
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
