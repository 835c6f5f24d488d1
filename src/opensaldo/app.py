"""The composition root: configuration in, a running platform and its application out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from starlette.routing import Router
from starlette.types import ASGIApp

from opensaldo.config import BadConfig, Config
from opensaldo.connectors.bank_settings import read_bank_settings
from opensaldo.connectors.http import Door
from opensaldo.connectors.inspection import WARN_DAYS, inspect_folder
from opensaldo.connectors.registry import Catalog, check_settings, load_catalog
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import Clock, system_clock
from opensaldo.engine import planner, retention
from opensaldo.engine.admission import Gate
from opensaldo.engine.bell import Bell
from opensaldo.engine.commands import jobs
from opensaldo.engine.durable import Durable
from opensaldo.engine.held_logins import HeldLogins
from opensaldo.engine.platform import Platform
from opensaldo.engine.price_lists import read_price_lists
from opensaldo.observe import BANK_CALLS, BANK_SECONDS, CERTIFICATE_DAYS, log, quiet_logs
from opensaldo.store.db import Store
from opensaldo.store.lock import SlotLock
from opensaldo.store.migrate import migrate
from opensaldo.store.vault import Vault
from opensaldo.web.api.routes import routes as api_routes
from opensaldo.web.common import not_found
from opensaldo.web.entrance import Entrance
from opensaldo.web.settings import Front
from opensaldo.web.widget.assets import routes as asset_routes
from opensaldo.web.widget.embed import routes as embed_routes
from opensaldo.web.widget.pages import routes as page_routes
from opensaldo.web.widget.reception import PagesConfig

SEAL_FOLDER = "seal"
LOCK_FOLDER = "locks"
CERTIFICATE_FOLDER = "certificates"


@dataclass(frozen=True, slots=True)
class Addresses:
    """The platform's addresses as the world sees them."""

    public_url: str
    signin_url: str
    docs_url: str
    portal_url: str

    @classmethod
    def of(cls, config: Config, listening: str) -> Addresses:
        """The configured addresses; what is left open is where the process listens."""
        public = config.public_url or listening
        return cls(
            public_url=public,
            signin_url=config.signin_url or public,
            docs_url=config.docs_url or public,
            portal_url=config.portal_url or public,
        )


@asynccontextmanager
async def running(config: Config, clock: Clock = system_clock) -> AsyncIterator[Platform]:
    """A platform that runs commands while the block lasts.

    Raises:
        PlatformUnavailable: the database cannot be reached.
        NoFreeSlot: another process has the database (SQLite), or all slots are taken.
    """
    async with maintained(config, clock) as platform:
        try:
            await platform.workflows.start(
                jobs(platform), {**retention.crons(platform), **planner.crons(platform)}
            )
            yield platform
        finally:
            await platform.workflows.stop()


@asynccontextmanager
async def maintained(config: Config, clock: Clock = system_clock) -> AsyncIterator[Platform]:
    """A platform that is up to date and can be looked after, but runs no commands."""
    async with AsyncExitStack() as stack:
        store = open_store(config)
        stack.callback(store.close)
        await asyncio.to_thread(migrate, store)
        door = Door(
            on_call=_count_call,
            plain_origin=config.kontobank_url,
            certificates=config.key_dir / CERTIFICATE_FOLDER,
            authorities_file=config.bank_ca_file,
        )
        stack.push_async_callback(door.close)
        seal = await asyncio.to_thread(
            partial(Seal.open, clock=clock), config.key_dir / SEAL_FOLDER
        )
        _announce_ends(config, clock)
        lock = SlotLock.for_store(store, config.data_dir / LOCK_FOLDER)
        stack.callback(lock.close)
        bell = Bell(store)
        stack.callback(bell.close)
        catalog = catalog_of(config, door, seal, clock)
        logins = HeldLogins(store, catalog)
        stack.callback(logins.close)
        yield Platform(
            store=store,
            vault=await asyncio.to_thread(Vault.open, config.key_dir, clock),
            door=door,
            catalog=catalog,
            clock=clock,
            limits=config.limits,
            workflows=Durable(store, lock, clock, at_once_max=config.imports_at_once),
            records_imports=config.record_imports,
            reads_in_step=config.read_in_step,
            bell=bell,
            logins=logins,
        )


def catalog_of(config: Config, door: Door, seal: Seal, clock: Clock) -> Catalog:
    """The catalogue the configuration gives, its connectors behind this door."""
    return load_catalog(
        kontobank_url=config.kontobank_url,
        door=door,
        seal=seal,
        clock=clock,
        settings=read_bank_settings(config.bank_settings_dir),
    )


def check_files(config: Config) -> None:
    """A server can start with the operator's own files: prices, and settings of banks.

    Raises:
        BadDataFile: one cannot be used.
    """
    read_price_lists(config.prices_file)
    check_settings(read_bank_settings(config.bank_settings_dir))


def _announce_ends(config: Config, clock: Clock) -> None:
    """The days left of our certificates are among the metrics; those at their end are logged."""
    for folder in (SEAL_FOLDER, CERTIFICATE_FOLDER):
        for found in inspect_folder(config.key_dir / folder, clock()):
            until = found.valid_until
            CERTIFICATE_DAYS.labels(found.file).set_function(partial(_days_until, clock, until))
            if found.days_left < WARN_DAYS:
                log.warning("certificate expires", name=found.file, days_left=found.days_left)


def _days_until(clock: Clock, moment: datetime) -> float:
    return (moment - clock()).total_seconds() / 86_400


def open_store(config: Config) -> Store:
    """The store the configuration names; its folder exists afterwards.

    A program that has not said where its logs go logs errors only.
    """
    quiet_logs()
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return Store.open(config.database_url)
    except ValueError as wrong:
        raise BadConfig(f"OPENSALDO_DATABASE_URL: {wrong}") from None


def application(config: Config, platform: Platform, listening: str) -> ASGIApp:
    """The web application on a running platform; `listening` is where it can be reached."""
    addresses = Addresses.of(config, listening)
    front = Front(
        platform=platform,
        gate=Gate(platform.store, platform.clock, requests_per_minute=config.requests_per_minute),
        public_url=addresses.public_url,
        signin_url=addresses.signin_url,
        docs_url=addresses.docs_url,
        portal_url=addresses.portal_url,
        support_mail=config.support_mail,
        trusted_proxies=config.trusted_proxies,
        price_lists=read_price_lists(config.prices_file),
    )
    pages = PagesConfig(
        platform=platform,
        signin_url=addresses.signin_url,
        client_address=front.person_address,
        fallback_language=config.fallback_locale,
    )
    router = Router(
        routes=[
            *api_routes(front),
            *asset_routes(),
            *embed_routes(pages, front.gate),
            *page_routes(pages),
        ],
        default=not_found(front),
        redirect_slashes=False,
    )
    return Entrance(router)


def _count_call(bank: str, endpoint: str, status: int, seconds: float) -> None:
    BANK_CALLS.labels(bank, endpoint, str(status)).inc()
    BANK_SECONDS.labels(bank).observe(seconds)
