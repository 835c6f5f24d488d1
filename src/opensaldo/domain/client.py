"""A client: the business that calls the API."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Environment(StrEnum):
    """The two worlds of a client that never see each other's data."""

    TEST = "TEST"
    PRODUCTION = "PRODUCTION"


class Product(StrEnum):
    """What a client can have switched on, per environment."""

    LABELLING = "labelling"
    SCORING = "scoring"
    VENDORS = "vendors"
    SUMMARIES = "summaries"
    INCOME = "income"
    PROFILES = "profiles"
    UPLOAD = "upload"
    PDF = "pdf"
    CONFIRMATIONS = "confirmations"
    REPORTS = "reports"
    MULTIPLE_ACCESS = "multiple-access"


TEST_SUFFIX = "-test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client in one environment; the id of a test client ends in `-test` (wire contract, 0.2).

    Its data is kept for `retention_h` hours where that is less than the platform's.
    """

    id: str
    environment: Environment
    legal_name: str
    poll_requires_session: bool = False
    retention_h: int | None = None


def environment_of(client_id: str) -> Environment:
    """The environment a client id belongs to, for pages that no key opens."""
    return Environment.TEST if client_id.endswith(TEST_SUFFIX) else Environment.PRODUCTION
