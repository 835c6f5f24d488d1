"""A consent: permission to come back to the bank without the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from opensaldo.domain.client import Environment

CONSENT_DAYS_MAX = 180
UNATTENDED_CALLS_PER_DAY_MAX = 4
IMPORTS_PER_DAY_MAX = 4


class ConsentStatus(StrEnum):
    """Berlin Group's status names, verbatim; PolishAPI consents are mapped onto them."""

    RECEIVED = "received"
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED_BY_PSU = "revokedByPsu"
    TERMINATED_BY_TPP = "terminatedByTpp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A granted consent; the client knows it by its `multipleAccessId`, never by this id.

    `proved_at` is when an import under it first succeeded; `replaced_by` names the newer consent of
    the same person and bank that took its place.
    """

    id: str
    client_id: str
    environment: Environment
    target: str
    status: ConsentStatus
    granted_at: datetime
    valid_until: datetime
    ended_at: datetime | None = None
    proved_at: datetime | None = None
    replaced_by: str | None = None

    def is_usable(self, now: datetime) -> bool:
        """Whether the client may come back with it now."""
        return self.status is ConsentStatus.VALID and now < self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """A consent as its client sees it, with what is left of its budget."""

    consent: Consent
    multiple_access_id: str
    owner_external_id: str
    imports_left: int
    next_import_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One row of the ledger: a call to the bank that counts, written before the call is made.

    `grant` is what the bank counts by (its consent), `account_key` a keyed hash of the account
    number or `-`; a page chain is one attempt. Without `finished_at` it counts as used.
    Source: RTS 2018/389 art. 36(5)(b).
    """

    id: str
    grant: str
    account_key: str
    endpoint: str
    command_id: str
    attended: bool
    started_at: datetime
    finished_at: datetime | None = None
