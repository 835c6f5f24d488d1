"""A consent's end: on its client's bill and in its event log, in the transaction that ended it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.domain.event import EventKind
from opensaldo.engine.events import consent_event
from opensaldo.engine.usage import note_consent_end
from opensaldo.store.db import Connection
from opensaldo.store.queries import events


def tell_end(connection: Connection, consent: Consent, status: ConsentStatus, at: datetime) -> None:
    """The consent, which ended so in this transaction, is billed no further; its client is told."""
    note_consent_end(connection, consent, at)
    over = replace(consent, status=status)
    events.append(connection, consent_event(over, EventKind.CONSENT_ENDED, at))
