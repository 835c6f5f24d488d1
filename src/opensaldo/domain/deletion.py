"""A deletion: what was deleted when and why, told without personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from opensaldo.domain.client import Environment


class Cause(StrEnum):
    """Why something was deleted."""

    RETENTION = "retention"
    CLIENT = "client"
    OPERATOR = "operator"
    KEY = "key-destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """The proof of one deletion: counts by what it was, and the commands whose data it was.

    `subject` is a fingerprint of the owner who was erased, or the day whose key was destroyed: a
    day's key is everybody's, so it has no client.
    """

    cause: Cause
    at: datetime
    client_id: str | None = None
    environment: Environment | None = None
    subject: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
