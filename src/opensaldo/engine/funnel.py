"""The funnel: each sign-in is counted once, when it ends, under the day it began.

How far it got stands with the redirection and only grows, so a page loaded twice counts once, and
what is counted is counted in the transaction that ends the redirection, so that a killed process
neither loses nor doubles anything.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from opensaldo.domain.client import Client
from opensaldo.domain.funnel import ABANDONED, Passed, Reached
from opensaldo.domain.session import Redirection, RedirectionState
from opensaldo.domain.target import Target
from opensaldo.engine.platform import Platform
from opensaldo.engine.signin import failed
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import events, funnel, redirections

# An answer that was under way when the link ran out may still end well.
ABANDONED_AFTER = timedelta(minutes=10)
ABANDONED_AT_ONCE_MAX = 500
DAYS_MAX = 366


async def chose(platform: Platform, redirection: Redirection, target: Target) -> None:
    """The person chose this bank; the latest choice is the one that counts."""
    await platform.store.change(funnel.reach, redirection.id, Reached.BANK_CHOSEN, target.name)


async def abandon(platform: Platform) -> int:
    """Redirections nobody finished have expired for good, counted and told; returns how many."""
    now = platform.clock()
    before = now - ABANDONED_AFTER
    found = await platform.store.fetch(funnel.overdue, before, ABANDONED_AT_ONCE_MAX)
    for redirection_id in found:
        await platform.store.change(_expire, redirection_id, now)
    return len(found)


async def funnel_of(
    store: Store, client: Client, days: int, now: datetime
) -> tuple[date, tuple[Passed, ...]]:
    """The first of the last so many days, and the client's sign-ins begun since then."""
    since = now.date() - timedelta(days=days - 1)
    return since, await store.fetch(funnel.passed_since, client.id, client.environment, since)


def _expire(connection: Connection, redirection_id: str, now: datetime) -> None:
    redirection = redirections.redirection_by_id(connection, redirection_id)
    if redirection is None:
        return
    if redirections.finish(connection, redirection_id, RedirectionState.EXPIRED, None):
        events.append(connection, failed(redirection, RedirectionState.EXPIRED, now))
        funnel.count_ended(connection, redirection_id, ABANDONED)
