"""`opensaldo banks switch TARGET psd2|fallback|automatic`: a bank's interface or its stand-in."""

from __future__ import annotations

import argparse
import asyncio

from opensaldo.app import open_store
from opensaldo.config import Config
from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.domain.client import Environment, environment_of
from opensaldo.domain.clock import system_clock
from opensaldo.domain.switch import EVERY_CLIENT, Way
from opensaldo.engine import clients
from opensaldo.engine.switching import switch_by_hand
from opensaldo.errors import InvalidTarget
from opensaldo.store.migrate import migrate

EFFECTS = {
    Way.PSD2: "uses its interface, whatever fails",
    Way.FALLBACK: "uses its fallback until you switch it back",
    Way.AUTOMATIC: "uses its interface, and its fallback while that fails",
}


def switch(options: argparse.Namespace) -> int:
    """Say how a target is used, for one client or for all, and show it."""
    found = read_bank_files().get(options.target)
    if found is None:
        raise InvalidTarget(f"There is no target {options.target}.")
    way, client_id = Way(options.way), options.client or EVERY_CLIENT
    store = open_store(Config.from_env())
    try:
        migrate(store)
        environments = tuple(Environment)
        if client_id:
            asyncio.run(clients.describe(store, client_id))
            environments = (environment_of(client_id),)
        targets = [found.offered(one, simulated=False) for one in environments]
        asyncio.run(switch_by_hand(store, system_clock, targets, way, client_id))
    finally:
        store.close()
    print(f"{options.target} {EFFECTS[way]}, for {client_id or 'every client'}.")
    return 0
