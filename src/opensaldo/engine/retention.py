"""Deleting what is due: rows, wrapped keys and, once nothing needs it, the key of the day."""

from __future__ import annotations

import asyncio

from opensaldo.engine.durable import Cron
from opensaldo.engine.ledger import DAY
from opensaldo.engine.platform import Platform
from opensaldo.observe import DELETED, log
from opensaldo.store.db import Connection
from opensaldo.store.queries import attempts, rates, retention, sessions
from opensaldo.store.queries.retention import Erased

EVERY_MINUTE = "0 * * * * *"
LEASES_KEPT_S = 3600


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

    def delete(connection: Connection) -> Erased:
        sessions.end_idle(connection, now - platform.limits.session_idle, now)
        erased = retention.delete_due(connection, now)
        attempts.prune_attempts(connection, now - 2 * DAY)
        rates.prune_leases(connection, int(now.timestamp()) - LEASES_KEPT_S)
        return erased

    erased = await platform.store.change_with(delete)
    if erased.documents or erased.sessions:
        DELETED.labels("document").inc(erased.documents)
        log.info("retention deleted", count=erased.documents)
        await asyncio.to_thread(platform.store.scrub)
    await _destroy_day_keys(platform)
    return erased


async def _destroy_day_keys(platform: Platform) -> None:
    """Keys of past days that nothing needs are destroyed; what backups hold is unreadable then."""
    needed = await platform.store.fetch(retention.keys_in_use)
    today = int(platform.clock().strftime("%Y%m%d"))
    over = [key for key in platform.vault.day_keys() if key < today and key not in needed]
    for key_id in over:
        await asyncio.to_thread(platform.vault.destroy_day_key, key_id)
    if over:
        log.info("day keys destroyed", key_ids=over)
