"""Scheduled refreshes: optional, spread over the day, always one import short of the limit.

Off unless the operator asks for them. A refresh is the import a client could have asked for itself:
it reads what the person granted and nothing else, and its command is announced in the events.
"""

from __future__ import annotations

from datetime import datetime

from opensaldo.domain.client import Product
from opensaldo.domain.consent import IMPORTS_PER_DAY_MAX, Consent
from opensaldo.engine.budget import calls_per_day_max, imports_per_day_max, spent
from opensaldo.engine.commands import reuse_and_import
from opensaldo.engine.durable import Cron
from opensaldo.engine.ledger import DAY
from opensaldo.engine.platform import Platform
from opensaldo.engine.renewal import owner_hash
from opensaldo.errors import InvalidArgument, OpenSaldoError, PlatformUnavailable
from opensaldo.observe import log
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import budget, clients, refreshes
from opensaldo.store.queries.clients import Caller
from opensaldo.store.vault import Vault
from opensaldo.wire.signature import multiple_access_id

EVERY_FIVE_MINUTES = "30 */5 * * * *"
KEPT_FOR_THE_PERSON = 1
REFRESHES_PER_DAY_MAX = IMPORTS_PER_DAY_MAX - KEPT_FOR_THE_PERSON


def crons(platform: Platform) -> dict[str, Cron]:
    """The written-out table of work by the calendar."""

    async def tick() -> None:
        await refresh_due(platform)

    return {"Refresh": Cron(EVERY_FIVE_MINUTES, tick)}


async def plan_refreshes(
    store: Store, vault: Vault, client_id: str, owner_external_id: str | None, per_day: int
) -> None:
    """The client's consents, or one owner's, are refreshed so often a day; 0 is never.

    Raises:
        InvalidArgument: no such client, or more a day than leaves one import for the person.
    """
    if not 0 <= per_day <= REFRESHES_PER_DAY_MAX:
        raise InvalidArgument(f"Refreshes a day are 0 to {REFRESHES_PER_DAY_MAX}.")
    owner = refreshes.ALL_OWNERS
    if owner_external_id is not None:
        owner = owner_hash(vault, client_id, owner_external_id)

    def keep(connection: Connection) -> None:
        if clients.client_by_id(connection, client_id) is None:
            raise InvalidArgument(f"There is no client {client_id}.")
        if per_day == 0 and owner == refreshes.ALL_OWNERS:
            refreshes.drop_refreshes(connection, client_id, owner)
        else:
            refreshes.keep_refreshes(connection, client_id, owner, per_day)

    await store.change_with(keep)


async def refresh_due(platform: Platform) -> int:
    """Every planned refresh whose time has come was started; returns how many."""
    started = 0
    for consent, caller in await platform.store.fetch(_due, platform, platform.clock()):
        token = multiple_access_id(platform.vault.signature_secret(), consent.id)
        try:
            await reuse_and_import(platform, caller, token, None)
        except PlatformUnavailable:
            raise
        except OpenSaldoError as error:
            log.info("refresh put off", consent=consent.id, code=error.wire_name)
        else:
            started += 1
    return started


def is_due(had: tuple[datetime, ...], per_day: int, imports_max: int, now: datetime) -> bool:
    """Whether a refresh is due, by the imports of the last 24 hours, oldest first.

    They are spread evenly: each waits its share of the day after the import before it, whoever
    asked for that. One of the `imports_max` that the bank leaves room for is kept.
    """
    if per_day == 0 or len(had) >= imports_max - KEPT_FOR_THE_PERSON:
        return False
    return not had or now - had[-1] >= DAY / per_day


def _due(connection: Connection, platform: Platform, now: datetime) -> list[tuple[Consent, Caller]]:
    due = []
    for consent, per_day in refreshes.planned(connection):
        had = budget.imports_after(connection, consent.id, now - DAY)
        most = calls_per_day_max(platform, consent)
        if not consent.is_usable(now) or not is_due(had, per_day, imports_per_day_max(most), now):
            continue
        if spent(connection, consent.id, now).next_at(now, most) > now:
            continue
        caller = _caller(connection, consent)
        if caller is not None:
            due.append((consent, caller))
    return due


def _caller(connection: Connection, consent: Consent) -> Caller | None:
    """The consent's client, unless repeated access was switched off for it."""
    client = clients.client_by_id(connection, consent.client_id)
    products = clients.products_of(connection, consent.client_id)
    if client is None or Product.MULTIPLE_ACCESS not in products:
        return None
    return Caller(client=client, networks=(), products=products)
