"""Deleting what is due: rows, wrapped keys and, once nothing needs it, the key of the day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from opensaldo.domain.deletion import Cause, Deletion
from opensaldo.domain.event import Event, EventKind
from opensaldo.engine import consents
from opensaldo.engine.durable import Cron
from opensaldo.engine.events import EVENTS_KEPT
from opensaldo.engine.funnel import abandon
from opensaldo.engine.health import WINDOW
from opensaldo.engine.idempotency import ANSWERS_KEPT
from opensaldo.engine.kept import RESULT_XML
from opensaldo.engine.leaving import idle_logins, leave
from opensaldo.engine.ledger import DAY
from opensaldo.engine.platform import Platform
from opensaldo.engine.switching import switch_back
from opensaldo.errors import PlatformUnavailable
from opensaldo.observe import DELETED, log
from opensaldo.store.db import Connection
from opensaldo.store.queries import (
    attempts,
    budget,
    deletions,
    events,
    idempotency,
    rates,
    retention,
    sessions,
    trials,
)
from opensaldo.store.queries.retention import Due, Erased
from opensaldo.store.queries.sessions import HeldAccess

EVERY_MINUTE = "0 * * * * *"
LEASES_KEPT_S = 3600
DELETIONS_KEPT = timedelta(days=366)
CALLS_REMEMBERED = 7 * DAY  # a clock that went wrong for days forgets no call


def crons(platform: Platform) -> dict[str, Cron]:
    """The written-out table of work by the calendar."""

    async def tick() -> None:
        await purge(platform)

    return {"Retention": Cron(EVERY_MINUTE, tick)}


async def purge(platform: Platform) -> Erased:
    """All that is due is gone: sessions idle too long have ended, data past its hours is deleted.

    Returns what was removed; a second call at once removes nothing more.
    """
    now = platform.clock()
    await abandon(platform)

    def delete(connection: Connection) -> tuple[Erased, tuple[HeldAccess, ...]]:
        idle_since = now - platform.limits.session_idle
        left = idle_logins(connection, platform, idle_since)
        sessions.end_idle(connection, idle_since, now)
        due = retention.commands_due(connection, RESULT_XML, now)
        erased = retention.delete_due(connection, now)
        attempts.prune_attempts(connection, now - CALLS_REMEMBERED)
        budget.prune_imports(connection, now - CALLS_REMEMBERED)
        idempotency.prune_keys(connection, now - ANSWERS_KEPT)
        events.prune_events(connection, now - EVENTS_KEPT)
        trials.prune_trials(connection, now - WINDOW)
        rates.prune_leases(connection, int(now.timestamp()) - LEASES_KEPT_S)
        deletions.prune_deletions(connection, now - DELETIONS_KEPT)
        _tell(connection, due, now)
        return erased, left

    erased, left = await platform.store.change_with(delete)
    await leave(platform, left)
    await switch_back(platform)
    await consents.warn(platform)
    await consents.expire(platform)
    await consents.tell_banks(platform)
    if erased.documents:
        DELETED.labels("document").inc(erased.documents)
        log.info("retention deleted", count=erased.documents)
    if platform.store.is_embedded or erased.documents or erased.sessions:
        await scrub(platform)
    await _destroy_day_keys(platform)
    return erased


def _tell(connection: Connection, due: Sequence[Due], now: datetime) -> None:
    """What is deleted is proven to its clients, and told where it was a result."""
    for (client_id, environment), gone in groupby(
        due, key=lambda one: (one.client_id, one.environment)
    ):
        of_client = tuple(gone)
        proof = Deletion(
            cause=Cause.RETENTION,
            at=now,
            client_id=client_id,
            environment=environment,
            counts={"documents": sum(one.documents for one in of_client)},
            commands=tuple(one.command_id for one in of_client),
        )
        deletions.note(connection, proof)
        for one in of_client:
            if one.has_result:
                event = Event(
                    client_id=client_id,
                    environment=environment,
                    kind=EventKind.DATA_DELETED,
                    subject=one.command_id,
                    at=now,
                )
                events.append(connection, event)


async def scrub(platform: Platform) -> None:
    """Deleted bytes are gone from the database's files, now or, if a reader is in the way, soon.

    What could not be scrubbed now is scrubbed by the next purge, within a minute.
    """
    try:
        await asyncio.to_thread(platform.store.scrub)
    except PlatformUnavailable:
        log.warning("scrub owed")


async def _destroy_day_keys(platform: Platform) -> None:
    """Keys of past days that nothing needs are destroyed; what backups hold is unreadable then."""
    needed = await platform.store.fetch(retention.keys_in_use)
    destroyed = await asyncio.to_thread(platform.vault.destroy_spent, needed)
    for key_id in destroyed:
        proof = Deletion(cause=Cause.KEY, at=platform.clock(), subject=str(key_id))
        await platform.store.change(deletions.note, proof)
    if destroyed:
        log.info("day keys destroyed", key_ids=destroyed)
