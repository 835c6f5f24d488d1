"""What every face needs of its bank."""

from dataclasses import dataclass
from datetime import datetime

from kontobank.access.approvals import Approvals
from kontobank.access.consents import Consents
from kontobank.access.journal import Journal
from kontobank.access.ledger import Ledger
from kontobank.access.registry import Registry
from kontobank.clock import Clock
from kontobank.faults import FaultPlan
from kontobank.quirks import Packs
from kontobank.signing import Seals, Signer
from kontobank.world import World, world_at


@dataclass(frozen=True)
class Parts:
    """The resources of one bank, made by the app."""

    seed: int
    clock: Clock
    registry: Registry
    consents: Consents
    approvals: Approvals
    ledger: Ledger
    journal: Journal
    faults: FaultPlan
    signer: Signer
    seals: Seals
    public_url: str | None
    packs: Packs

    def world(self, country: str, login: str, at: datetime | None = None) -> World:
        """What the login sees now, or saw at the instant."""
        return world_at(self.seed, country, login, at or self.clock.now())
