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
    COMMAND_PROGRESSED = "command-progressed"
    COMMAND_ENDED = "command-ended"
    CONSENT_GRANTED = "consent-granted"
    CONSENT_EXPIRING = "consent-expiring"
    CONSENT_ENDED = "consent-ended"
    DATA_DELETED = "data-deleted"
    TARGET_SWITCHED = "target-switched"
    TARGET_RETURNED = "target-returned"


CONSENT_KINDS = frozenset(
    {EventKind.CONSENT_GRANTED, EventKind.CONSENT_EXPIRING, EventKind.CONSENT_ENDED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one client, without personal data.

    `subject` is the id of a session, command or consent, a fingerprint of an owner, or the name
    of a target; `state` is the one it was in then, in the words of its noun.
    """

    client_id: str
    environment: Environment
    kind: EventKind
    subject: str
    at: datetime
    state: str | None = None
    progress: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """How far a client's event log reaches: the numbers of its oldest and newest event.

    With nothing kept `oldest` is the number the next event will have.
    """

    oldest: int
    newest: int

    def has_forgotten(self, number: int) -> bool:
        """Whether an event after this one is no longer kept.

        >>> [Log(oldest=5, newest=9).has_forgotten(number) for number in (3, 4, 9)]
        [True, False, False]
        """
        return number + 1 < self.oldest
