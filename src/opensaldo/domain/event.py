"""An event: one line of the log a client can read from a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from opensaldo.domain.client import Environment


class EventKind(StrEnum):
    """What can happen; stable words, promised to clients."""

    SIGN_IN_FINISHED = "sign-in-finished"
    SIGN_IN_FAILED = "sign-in-failed"
    COMMAND_ACCEPTED = "command-accepted"
    COMMAND_ENDED = "command-ended"
    CONSENT_GRANTED = "consent-granted"
    CONSENT_ENDED = "consent-ended"
    DATA_DELETED = "data-deleted"
    TARGET_SWITCHED = "target-switched"
    TARGET_RETURNED = "target-returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one client, without personal data.

    `subject` is an id, or the name of a target.
    """

    client_id: str
    environment: Environment
    kind: EventKind
    subject: str
    at: datetime
