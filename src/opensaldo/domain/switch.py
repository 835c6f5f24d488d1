"""A switch: whether a target's interface or its fallback is used, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from opensaldo.domain.client import Environment

EVERY_CLIENT = ""


class Way(StrEnum):
    """How a target that has a fallback is used: by its failures, or by an operator's word."""

    AUTOMATIC = "automatic"
    PSD2 = "psd2"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is known of one target in one environment, for one client or `EVERY_CLIENT`.

    `failures` were counted since `first_failed_at`; while `switched_at` is set the target is
    switched by itself. Counting is for every client together.
    """

    environment: Environment
    target: str
    client_id: str = EVERY_CLIENT
    way: Way = Way.AUTOMATIC
    failures: int = 0
    first_failed_at: datetime | None = None
    last_failed_at: datetime | None = None
    switched_at: datetime | None = None

    @property
    def uses_fallback(self) -> bool:
        """Whether this alone says that the fallback is used."""
        if self.way is Way.AUTOMATIC:
            return self.switched_at is not None
        return self.way is Way.FALLBACK
