"""The person decides away from the bank's pages: in the bank's app, or by codes typed elsewhere."""

from collections.abc import Callable
from datetime import timedelta

from kontobank.access.consents import AccountConsent, Authorisation, Consents
from kontobank.access.nouns import AUTHORIZATION_LIFE_S
from kontobank.clock import Clock
from kontobank.people.owners import APP_LOGIN
from kontobank.world import world_at

FaultOf = Callable[[str, str], tuple[str, str | None] | None]
CONFIRMS_AFTER_S = 1
NO_ACCOUNT = "none of the accounts named is this person's"


class Approvals:
    """What the invented people say to a push, and what they agree to.

    `fault_of` names the error with which the bank of a country sends some people away.
    """

    def __init__(self, seed: int, clock: Clock, consents: Consents, fault_of: FaultOf) -> None:
        self._seed, self._clock, self._consents = seed, clock, consents
        self._fault_of = fault_of

    def push(self, authorisation: Authorisation, login: str) -> None:
        """The person's app asks for a decision."""
        authorisation.login = login
        authorisation.state = "started"
        authorisation.pushed_at = self._clock.now()

    def approve(
        self, consent: AccountConsent, authorisation: Authorisation, state: str = "finalised"
    ) -> None:
        """The person agreed, for the accounts that were named or for all of theirs."""
        login = authorisation.login or ""
        accounts = self.accounts(consent, login)
        if accounts:
            self._consents.grant(consent, authorisation, login, accounts, state)
        else:
            self._consents.fail(consent, authorisation, NO_ACCOUNT)

    def deny(
        self, consent: AccountConsent, authorisation: Authorisation, message: str | None = None
    ) -> None:
        """The person or the bank said no."""
        self._consents.fail(consent, authorisation, message)

    def accounts(self, consent: AccountConsent, login: str) -> tuple[str, ...]:
        """The accounts a consent is for when this person gives it."""
        world = world_at(self._seed, consent.country, login, self._clock.now())
        wanted = consent.wish.numbers
        return tuple(
            account.number for account in world.accounts if not wanted or account.number in wanted
        )

    def waiting(self, login: str) -> list[tuple[AccountConsent, Authorisation]]:
        """The decisions this person's app shows now."""
        return [
            (consent, authorisation)
            for consent, authorisation in self._consents.pushed(login)
            if not self._is_too_old(authorisation)
        ]

    def settle(self, consent: AccountConsent) -> None:
        """What was pushed a second ago is decided; only one login waits for a hand."""
        for authorisation in consent.authorisations.values():
            if authorisation.state != "started" or authorisation.pushed_at is None:
                continue
            if self._is_too_old(authorisation):
                self.deny(consent, authorisation)
            elif self._age(authorisation) >= timedelta(seconds=CONFIRMS_AFTER_S):
                self._decide(consent, authorisation)

    def _decide(self, consent: AccountConsent, authorisation: Authorisation) -> None:
        login = authorisation.login or ""
        fault = self._fault_of(login, consent.country)
        if fault is not None:
            self.deny(consent, authorisation, fault[1])
        elif login != APP_LOGIN:
            self.approve(consent, authorisation)

    def _age(self, authorisation: Authorisation) -> timedelta:
        return self._clock.now() - (authorisation.pushed_at or self._clock.now())

    def _is_too_old(self, authorisation: Authorisation) -> bool:
        return self._age(authorisation) > timedelta(seconds=AUTHORIZATION_LIFE_S)
