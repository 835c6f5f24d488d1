"""A bank's health as people who sign in there see it: well, warned of, or blocked for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Health(StrEnum):
    """What sign-ins at a target have come to lately."""

    WELL = "well"
    WARNED = "warned"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One sign-in at a target: the person came through, or the bank failed them."""

    at: datetime
    is_good: bool
