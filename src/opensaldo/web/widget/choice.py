"""The list of banks as one person sees it: what was found, and what the client wants shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from opensaldo.domain.client import Environment
from opensaldo.domain.health import Health
from opensaldo.domain.look import PLAIN_LOOK, Look
from opensaldo.domain.target import AccountType, Target
from opensaldo.engine.redirections import SignInView
from opensaldo.web.widget.search import matching

LARGEST = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The bank list as it stands: the country chosen, what was sought, what was found."""

    country: str | None
    can_change_country: bool
    sought: str
    banks: tuple[Target, ...]
    look: Look = PLAIN_LOOK
    environment: Environment = Environment.TEST
    health: Mapping[str, Health] = field(default_factory=dict)

    @property
    def leading(self) -> Target | None:
        """The country's largest bank, to be set apart; never another in its place."""
        wanted = self.look.show_default_target and not self.sought
        first = next(iter(self.banks), None) if wanted else None
        is_largest = first is not None and first.popular == LARGEST and not self.is_ill(first)
        return first if is_largest else None

    @property
    def shows_beta(self) -> bool:
        """Whether the client wants to see which banks are new; on TEST unless it says no."""
        wanted = self.look.show_beta_labels
        return self.environment is Environment.TEST if wanted is None else wanted

    def health_of(self, bank: Target) -> Health:
        """How sign-ins at the bank went lately."""
        return self.health.get(bank.name, Health.WELL)

    def is_ill(self, bank: Target) -> bool:
        """Whether the person should know of its health before choosing it."""
        return self.health_of(bank) is not Health.WELL

    def is_for_companies(self, bank: Target) -> bool:
        """Whether it is not only for people's own accounts."""
        return bank.account_types != (AccountType.INDIVIDUAL,)


def other_ways(
    view: SignInView, blocked: Target, country: str | None, health: Mapping[str, Health]
) -> Choice:
    """The other ways into the bank of a target that is blocked, those that are not blocked too."""
    ways = [
        one
        for one in view.targets
        if one.institution == blocked.institution and health.get(one.name) is not Health.BLOCKED
    ]
    return Choice(
        country=country,
        can_change_country=False,
        sought="",
        banks=matching(ways, ""),
        look=replace(view.redirection.look, show_default_target=False),
        environment=view.redirection.environment,
        health=health,
    )
