"""The demo's main job: from sign-in to data over HTTP, as a client would do it."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from opensaldo.app import open_store
from opensaldo.cli.kontobank import MockBank, url_of
from opensaldo.cli.sample_shop import sample_shop, shop_url
from opensaldo.cli.serve import run, serving
from opensaldo.cli.showing import Showing
from opensaldo.cli.visit import Visit, visit
from opensaldo.config import Config
from opensaldo.domain.client import Environment, Product
from opensaldo.domain.clock import system_clock
from opensaldo.domain.secret import Secret
from opensaldo.engine import clients
from opensaldo.observe import configure_logs, serve_metrics
from opensaldo.store.db import Store

T = TypeVar("T")
CLIENT = "demo-test"
LEGAL_NAME = "Demo Lender Ltd"
OWNER = "demo-person-1"
TARGET = "KontoBankApi"
HISTORY = timedelta(days=183)
SUCCESSFUL = "successful"
LOOPBACK = ("127.0.0.1", "::1")


def tour(options: argparse.Namespace, folder: Path, bank: MockBank, started_s: float) -> int:
    """Run the main job once; then serve until Ctrl-C unless `--once`."""
    configure_logs("WARNING")
    return run(lambda: _tour(options, folder, bank, started_s))


async def _tour(
    options: argparse.Namespace, folder: Path, bank: MockBank, started_s: float
) -> None:
    showing = Showing(quiet=options.json)
    kontobank_url = url_of(bank)
    config = _config(folder, options.port, kontobank_url)
    serve_metrics("127.0.0.1", 0)
    async with serving(config) as (address, stopped):
        key = await _prepared_client(config)
        showing.started(address, kontobank_url)
        result = await _unless_stopped(_main_job(address, key, showing), stopped)
        if result is None:
            return
        summary = _summary(address, key, kontobank_url, result, perf_counter() - started_s)
        showing.result(result, summary)
        if result["state"] != SUCCESSFUL:
            _print(options, summary)
            raise OSError(f"The import ended {result['state']}.")
        if options.once:
            _print(options, summary)
            return
        with sample_shop(address, CLIENT, key) as shop:
            summary["shop_url"] = await _unless_stopped(shop_url(shop), stopped)
            _print(options, summary)
            showing.staying(summary)
            await stopped.wait()


def _print(options: argparse.Namespace, summary: dict[str, Any]) -> None:
    """What programs are told, on one line."""
    if options.json:
        print(json.dumps(summary), flush=True)


async def _unless_stopped(job: Coroutine[Any, Any, T], stopped: asyncio.Event) -> T | None:
    """The job's result; None when the demo was stopped before the job was done."""
    work, stop = asyncio.create_task(job), asyncio.create_task(stopped.wait())
    await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if stopped.is_set():
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        return None
    return await work


def _config(folder: Path, port: int, kontobank_url: str) -> Config:
    """The demo's own configuration: everything below its folder, keys beside the data."""
    return Config.from_env(
        {
            "OPENSALDO_DATA_DIR": str(folder / "data"),
            "OPENSALDO_KEY_DIR": str(folder / "keys"),
            "OPENSALDO_PORT": str(port),
            "OPENSALDO_KONTOBANK_URL": kontobank_url,
            "OPENSALDO_LOG_LEVEL": "WARNING",
        }
    )


async def _prepared_client(config: Config) -> Secret:
    """The demo's client may call from this machine with a new key; its older keys are revoked.

    Done once the server runs: another demo of this folder that runs already keeps its key.
    """
    store = open_store(config)
    try:
        if CLIENT not in {client.id for client in await clients.all_clients(store)}:
            await clients.create_client(store, system_clock, CLIENT, Environment.TEST, LEGAL_NAME)
        for address in LOOPBACK:
            await clients.allow_address(store, CLIENT, address)
        await clients.switch_product(store, CLIENT, Product.MULTIPLE_ACCESS, True)
        await _revoke_keys(store)
        return await clients.issue_key(store, system_clock, CLIENT)
    finally:
        store.close()


async def _revoke_keys(store: Store) -> None:
    for one in (await clients.describe(store, CLIENT)).keys:
        if one.revoked_at is None:
            await clients.revoke_key(store, system_clock, CLIENT, one.id)


async def _main_job(address: str, key: Secret, showing: Showing) -> dict[str, Any]:
    since = (system_clock() - HISTORY).date()
    steps = Visit(address, key, owner_external_id=OWNER, target=TARGET, since=since)
    with showing.progress() as report:
        return await visit(steps, report)


def _summary(
    address: str, key: Secret, kontobank_url: str, result: dict[str, Any], seconds: float
) -> dict[str, Any]:
    accounts = result.get("accounts", [])
    return {
        "api_url": address,
        "api_key": key.reveal(),
        "kontobank_url": kontobank_url,
        "portal_url": None,
        "shop_url": None,
        "owners": len(result.get("owners", [])),
        "accounts": len(accounts),
        "transactions": sum(len(account.get("transactions", [])) for account in accounts),
        "command": result["state"],
        "seconds": round(seconds, 2),
    }
