"""What a submitted sign-in form leads to: the next page, the same page again, or the way back."""

import hmac
from dataclasses import dataclass

from kontobank.access.nouns import SIGN_IN_TRIES_MAX, Authorization
from kontobank.clock import Clock
from kontobank.faults import FaultPlan
from kontobank.people.owners import CODE, LOGINS_WITHOUT_CODE, PASSWORD, is_known
from kontobank.seeds import identifier
from kontobank.world import Account, world_at

LOGIN_CHARACTERS_MAX = 64
WRONG = "InvalidCredentials"


@dataclass(frozen=True)
class Shown:
    """A page is shown: the step's, with an error's name when the last try was wrong."""

    error: str | None = None


@dataclass(frozen=True)
class Back:
    """The browser goes back to the third party."""

    address: str


@dataclass(frozen=True)
class Form:
    """The fields of any step; those of other steps are empty."""

    step: str
    decision: str
    login: str
    password: str
    code: str
    accounts: tuple[str, ...]


class Desk:
    """Takes sign-ins from page to page."""

    def __init__(self, seed: int, clock: Clock, faults: FaultPlan) -> None:
        self._seed, self._clock, self._faults = seed, clock, faults

    def submit(self, authorization: Authorization, form: Form) -> Shown | Back:
        """The form was taken in; what the browser gets."""
        if form.decision == "cancel":
            return self._deny(authorization, "access_denied", None)
        if form.step != authorization.step:
            return Shown()
        if form.step == "login":
            return self._login(authorization, form)
        if form.step == "code":
            return self._code(authorization, form)
        return self._consent(authorization, form)

    def accounts(self, authorization: Authorization) -> dict[str, Account]:
        """The person's accounts that can be chosen, by the opaque ids of the form."""
        login, wanted = authorization.login or "", authorization.scope.accounts
        world = world_at(self._seed, authorization.country, login, self._clock.now())
        ends = {(number[:4], number[-4:]) for number in wanted}
        return {
            identifier(authorization.id, account.number, length=16): account
            for account in world.accounts
            if not wanted or (account.number[:4], account.number[-4:]) in ends
        }

    def accounts_of(self, code: str, login: str) -> tuple[Account, ...]:
        """What a person has at the bank in this country; nothing where nobody has this login."""
        if not is_known(login):
            return ()
        return world_at(self._seed, code, login, self._clock.now()).accounts

    def _login(self, authorization: Authorization, form: Form) -> Shown | Back:
        login = form.login.strip()[:LOGIN_CHARACTERS_MAX]
        is_right = hmac.compare_digest(form.password.encode(), PASSWORD.encode())
        if not (is_right and is_known(login)):
            return self._wrong(authorization)
        fault = self._faults.sign_in_fault(login, authorization.country)
        if fault is not None:
            return self._deny(authorization, *fault)
        authorization.login = login
        authorization.tries = 0
        if login in LOGINS_WITHOUT_CODE:
            return self._to_consent(authorization)
        authorization.step = "code"
        return Shown()

    def _code(self, authorization: Authorization, form: Form) -> Shown | Back:
        if not hmac.compare_digest(form.code.strip().encode(), CODE.encode()):
            return self._wrong(authorization)
        return self._to_consent(authorization)

    def _to_consent(self, authorization: Authorization) -> Shown | Back:
        """The page of the consent; the way back where only a sign-in was asked for."""
        if not authorization.asks_consent:
            return Back(authorization.ending.approved(authorization, ()))
        authorization.step = "consent"
        return Shown()

    def _consent(self, authorization: Authorization, form: Form) -> Shown | Back:
        if form.decision != "approve":
            return Shown()
        offered = self.accounts(authorization)
        if authorization.gives_all:
            chosen = tuple(account.number for account in offered.values())
        else:
            chosen = tuple(offered[name].number for name in offered if name in form.accounts)
        if not chosen:
            return Shown("NoAccountChosen")
        return Back(authorization.ending.approved(authorization, chosen))

    def _wrong(self, authorization: Authorization) -> Shown | Back:
        authorization.tries += 1
        if authorization.tries >= SIGN_IN_TRIES_MAX:
            return self._deny(authorization, "access_denied", WRONG)
        return Shown(WRONG)

    def _deny(self, authorization: Authorization, error: str, description: str | None) -> Back:
        authorization.step = "done"
        return Back(authorization.ending.denied(authorization, error, description))
