"""Events: read on from a cursor, or waited for; a cursor is good for its client only."""

from __future__ import annotations

import asyncio
import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from opensaldo.domain.client import Client
from opensaldo.domain.command import FINAL_STATES
from opensaldo.domain.consent import Consent
from opensaldo.domain.event import CONSENT_KINDS, Event, EventKind
from opensaldo.engine.platform import Platform
from opensaldo.engine.polling import known_command
from opensaldo.errors import CursorExpired, InvalidCursor
from opensaldo.store.db import Connection
from opensaldo.store.queries import events
from opensaldo.store.queries.clients import Caller
from opensaldo.wire.signature import multiple_access_id

EVENTS_KEPT = timedelta(days=30)
PAGE_MAX = 500
CURSOR = re.compile(r"(0|[1-9][0-9]{0,17})-([0-9a-f]{16})")
MARK_HEX_DIGITS = 16
EVENT_LOG = "cursor"  # what a cursor of it is marked with


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some events in their order, each with its cursor, and the cursor to read on from."""

    events: tuple[tuple[str, Event], ...]
    cursor: str
    has_more: bool


async def read_on(platform: Platform, caller: Caller, cursor: str | None, wait_s: float) -> Page:
    """The events after the cursor, at once if there are any, else when one comes or time is over.

    Raises:
        InvalidCursor: not one of this client's cursors, or of a log that was since put back.
        CursorExpired: events after it are no longer kept.
    """
    start = None if cursor is None else number_of(platform, caller.client, cursor)
    ends_at = asyncio.get_running_loop().time() + wait_s
    async with platform.bell.waiter(caller.client) as waiter:
        while True:
            waiter.forget()
            after, found = await platform.store.fetch(_read, caller.client, start)
            if found or platform.bell.is_closed or _is_over(ends_at):
                return _page(platform, caller.client, after, found)
            await waiter.wait(ends_at)


async def wait_for_end(platform: Platform, caller: Caller, command_id: str, wait_s: float) -> None:
    """The command has ended, or the time is over.

    Raises:
        InvalidCommandId: unknown, another client's, or removed by retention.
    """
    ends_at = asyncio.get_running_loop().time() + wait_s
    async with platform.bell.waiter(caller.client, command_id) as waiter:
        while True:
            waiter.forget()
            command = await known_command(platform, caller, command_id)
            if command.state in FINAL_STATES or platform.bell.is_closed or _is_over(ends_at):
                return
            await waiter.wait(ends_at)


def consent_event(consent: Consent, kind: EventKind, at: datetime) -> Event:
    """What happened to a consent, as a line of its client's event log."""
    return Event(
        client_id=consent.client_id,
        environment=consent.environment,
        kind=kind,
        subject=consent.id,
        at=at,
        state=consent.status.value,
    )


def cursor_of(platform: Platform, client: Client, number: int, log: str = EVENT_LOG) -> str:
    """The cursor that stands for this number in this log of the client."""
    parts = (log, client.id, client.environment.value, str(number))
    return f"{number}-{platform.vault.fingerprint(*parts)[:MARK_HEX_DIGITS]}"


def number_of(platform: Platform, client: Client, cursor: str, log: str = EVENT_LOG) -> int:
    """The number a cursor stands for.

    Raises:
        InvalidCursor: it is not a cursor of this client, or not of this log.
    """
    parts = CURSOR.fullmatch(cursor)
    if parts is None:
        raise InvalidCursor
    number = int(parts[1])
    if not hmac.compare_digest(cursor_of(platform, client, number, log), cursor):
        raise InvalidCursor
    return number


def _read(
    connection: Connection, client: Client, after: int | None
) -> tuple[int, tuple[tuple[int, Event], ...]]:
    """The next events and what they come after; None begins before the oldest one kept."""
    log = events.log_of(connection, client.id, client.environment)
    after = log.oldest - 1 if after is None else after
    if after > log.newest:
        raise InvalidCursor("The cursor is ahead of the log; start again without one.")
    if log.has_forgotten(after):
        raise CursorExpired
    place = (client.id, client.environment)
    return after, events.events_after(connection, *place, after, PAGE_MAX)


def _page(
    platform: Platform, client: Client, after: int, found: tuple[tuple[int, Event], ...]
) -> Page:
    numbered = tuple(
        (cursor_of(platform, client, number), _as_known(platform, event)) for number, event in found
    )
    return Page(
        events=numbered,
        cursor=numbered[-1][0] if numbered else cursor_of(platform, client, after),
        has_more=len(found) == PAGE_MAX,
    )


def _as_known(platform: Platform, event: Event) -> Event:
    """The event with the id by which the client knows its subject: a consent's is derived."""
    if event.kind not in CONSENT_KINDS:
        return event
    secret = platform.vault.signature_secret()
    return replace(event, subject=multiple_access_id(secret, event.subject))


def _is_over(ends_at: float) -> bool:
    return asyncio.get_running_loop().time() >= ends_at
