"""A wish: a bank that people looked for and that was not listed. Counted, without the people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One bank one client's visitors looked for, how often, and when last.

    `bank` and `address` are what a person typed: hostile text. `address` is an https origin, empty
    when nobody named one.
    """

    client_id: str
    country: str
    bank: str
    address: str
    count: int
    last_at: datetime
