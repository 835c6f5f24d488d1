"""What is kept under one owner's external id, over all targets and origins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from opensaldo.domain.account import Holdings


class Origin(StrEnum):
    """Where the data came from; bank access is called `scraper` on the wire, PSD2 included."""

    SCRAPER = "scraper"
    PDF = "pdf"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTarget:
    """What one target gave, all its imports merged."""

    name: str
    official_name: str
    institution: str
    holdings: Holdings


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRecord:
    """One owner's record; `targets` stand in the order of their first import."""

    external_id: str
    created_at: datetime
    updated_at: datetime
    last_change: datetime
    origin: Origin = Origin.SCRAPER
    targets: tuple[SourceTarget, ...] = ()
