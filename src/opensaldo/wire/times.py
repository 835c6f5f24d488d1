"""Moments as the wire writes them, always in UTC (wire contract, section 2.3)."""

from __future__ import annotations

from datetime import UTC, datetime


def whole_seconds(at: datetime) -> str:
    """The moment as `YYYY-MM-DDThh:mm:ssZ`; fractions are cut off.

    Raises:
        ValueError: the moment does not say its offset.

    >>> whole_seconds(datetime(2026, 3, 2, 10, 15, 30, 999999, tzinfo=UTC))
    '2026-03-02T10:15:30Z'
    """
    return _naive_utc(at).isoformat(timespec="seconds") + "Z"


def microseconds(at: datetime) -> str:
    """The moment as `YYYY-MM-DDThh:mm:ss.ffffffZ`, always six fractional digits.

    Raises:
        ValueError: the moment does not say its offset.

    >>> microseconds(datetime(2026, 3, 2, 9, 59, 58, tzinfo=UTC))
    '2026-03-02T09:59:58.000000Z'
    """
    return _naive_utc(at).isoformat(timespec="microseconds") + "Z"


def _naive_utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError("at: expected a moment with its offset")
    return at.astimezone(UTC).replace(tzinfo=None)
