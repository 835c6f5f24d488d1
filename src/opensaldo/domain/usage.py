"""Usage: what a client did that may cost money, one row each, never changed and never deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from opensaldo.domain.client import Environment


class UsageKind(StrEnum):
    """What can be used."""

    SESSION_OPENED = "session-opened"
    IMPORT_SUCCEEDED = "import-succeeded"
    IMPORT_FAILED = "import-failed"
    CONSENT_GRANTED = "consent-granted"
    CONSENT_ENDED = "consent-ended"
    LABELLED = "labelled"
    SCORED = "scored"
    INCOME_CONFIRMED = "income-confirmed"
    PDF_UPLOADED = "pdf-uploaded"
    REPORT_MADE = "report-made"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """One use, without personal data.

    `subject` is the id of the command, file or report; of an income confirmation a keyed mark of
    the owner and the data it was made from. `until` is when a consent granted now would end.
    """

    client_id: str
    environment: Environment
    kind: UsageKind
    at: datetime
    session_id: str | None = None
    consent_id: str | None = None
    subject: str | None = None
    until: datetime | None = None
