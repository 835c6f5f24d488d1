"""`opensaldo refresh CLIENT TIMES`: scheduled imports of consents; off unless asked for."""

from __future__ import annotations

import argparse
import asyncio

from opensaldo.app import open_store
from opensaldo.config import Config
from opensaldo.domain.clock import system_clock
from opensaldo.engine.planner import plan_refreshes
from opensaldo.store.migrate import migrate
from opensaldo.store.vault import Vault


def refresh(options: argparse.Namespace) -> int:
    """Plan so many refreshes a day."""
    config = Config.from_env()
    store = open_store(config)
    try:
        migrate(store)
        vault = Vault.open(config.key_dir, system_clock)
        asyncio.run(plan_refreshes(store, vault, options.client, options.owner, options.times))
    finally:
        store.close()
    whose = f"the consents of {options.owner}" if options.owner else "all consents"
    times = "once" if options.times == 1 else f"{options.times} times"
    often = f"refreshed {times} a day" if options.times else "not refreshed"
    print(f"{options.client}: {whose} are {often}.")
    return 0
