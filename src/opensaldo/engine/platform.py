"""What every use case works with: the store, the keys, the banks, the clock and the limits."""

from __future__ import annotations

from dataclasses import dataclass

from opensaldo.connectors.http import Door
from opensaldo.connectors.registry import Catalog
from opensaldo.domain.clock import Clock
from opensaldo.engine.bell import Bell
from opensaldo.engine.durable import Durable
from opensaldo.engine.held_logins import HeldLogins
from opensaldo.engine.limits import Limits
from opensaldo.store.db import Store
from opensaldo.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One process's hold on everything; made by app, handed to every use case.

    With `records_imports` each import keeps a transcript of what the bank answered; with
    `reads_in_step` the same answers lead to the same calls, whenever they come.
    """

    store: Store
    vault: Vault
    door: Door
    catalog: Catalog
    clock: Clock
    limits: Limits
    workflows: Durable
    bell: Bell
    logins: HeldLogins
    records_imports: bool = False
    reads_in_step: bool = False
