"""What every face needs of its bank."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kontobank.access.approvals import Approvals
from kontobank.access.consents import Consents
from kontobank.access.journal import Journal
from kontobank.access.ledger import Ledger
from kontobank.access.registry import Registry
from kontobank.clock import Clock
from kontobank.faults import FaultPlan
from kontobank.mask import Mask
from kontobank.quirks import Packs
from kontobank.signing import Seals, Signer
from kontobank.world import World, world_at


class Placed(Protocol):
    """A call at one country's bank, which may wear a mask."""

    @property
    def country(self) -> str: ...
    @property
    def mask(self) -> Mask: ...


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

    def world(self, call: Placed, login: str, at: datetime | None = None) -> World:
        """What the bank shows the login now, or showed at the instant."""
        manner = self.packs.manner(call.mask, login, call.country)
        return world_at(self.seed, call.country, login, at or self.clock.now(), manner)
