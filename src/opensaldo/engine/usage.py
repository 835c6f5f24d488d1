"""Usage: noted in the transaction in which it happens, and made into a month's bill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from opensaldo.domain.bill import Bill, Month, Prices
from opensaldo.domain.client import Client
from opensaldo.domain.command import Command, CommandState
from opensaldo.domain.consent import Consent
from opensaldo.domain.session import Session
from opensaldo.domain.usage import Usage, UsageKind
from opensaldo.engine.billing import CONSENT_REACH, bill
from opensaldo.engine.platform import Platform
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import usage
from opensaldo.wire.signature import multiple_access_id


def note_session(
    connection: Connection, session: Session, consent_id: str | None, at: datetime
) -> None:
    """A session was opened, under a consent or not."""
    usage.note(
        connection,
        Usage(
            client_id=session.client_id,
            environment=session.environment,
            kind=UsageKind.SESSION_OPENED,
            at=at,
            session_id=session.id,
            consent_id=consent_id,
        ),
    )


def note_import(
    connection: Connection, command: Command, state: CommandState, at: datetime
) -> None:
    """An import ended, well or not."""
    is_good = state is CommandState.SUCCESSFUL
    usage.note(
        connection,
        Usage(
            client_id=command.client_id,
            environment=command.environment,
            kind=UsageKind.IMPORT_SUCCEEDED if is_good else UsageKind.IMPORT_FAILED,
            at=at,
            session_id=command.session_id,
            subject=command.id,
        ),
    )


def note_consent(connection: Connection, consent: Consent) -> None:
    """A consent was granted."""
    usage.note(connection, _of_consent(consent, UsageKind.CONSENT_GRANTED, consent.granted_at))


def note_consent_end(connection: Connection, consent: Consent, at: datetime) -> None:
    """A consent was withdrawn, revoked or ran out."""
    usage.note(connection, _of_consent(consent, UsageKind.CONSENT_ENDED, at))


async def month_bill(
    store: Store,
    client: Client,
    month: Month,
    prices: Prices,
    as_of: datetime,
    consent_named: Callable[[str], str] = str,
) -> Bill:
    """What the client owes for the month, as far as it is known at `as_of`.

    Its consents have our ids unless they are named otherwise.
    """
    since = month.starts_at - CONSENT_REACH
    found = await store.fetch(usage.usage_since, client.id, client.environment, since)
    rows = (
        replace(one, consent_id=one.consent_id and consent_named(one.consent_id)) for one in found
    )
    return bill(client.id, tuple(rows), month, prices, as_of)


async def bill_for_client(
    platform: Platform, client: Client, month: Month, prices: Prices, as_of: datetime
) -> Bill:
    """The bill as the client reads it: its consents are named as it knows them."""
    named = partial(multiple_access_id, platform.vault.signature_secret())
    return await month_bill(platform.store, client, month, prices, as_of, named)


def _of_consent(consent: Consent, kind: UsageKind, at: datetime) -> Usage:
    return Usage(
        client_id=consent.client_id,
        environment=consent.environment,
        kind=kind,
        at=at,
        consent_id=consent.id,
        until=consent.valid_until,
    )
