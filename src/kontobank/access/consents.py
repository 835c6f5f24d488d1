"""Consents that the bank keeps by id, and their authorisations: Berlin Group's state machines.

Source: NextGenPSD2 XS2A 1.3.12, 6.3 and 7 (consentStatus, scaStatus).
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from kontobank import seeds
from kontobank.access.nouns import REMEMBERED_MAX, AccessRefused, Authorization
from kontobank.clock import Clock
from kontobank.people.owners import PARTIAL_LOGIN

ONE_OFF_LIFE_S = 3_600
AUTHORISATIONS_MAX = 20
OVER = ("finalised", "failed", "exempted")
GRANTED = ("finalised", "exempted")
STATUS_OF_STEP = {"login": "received", "code": "psuAuthenticated", "consent": "started"}
KINDS = ("accounts", "balances", "transactions")


@dataclass(frozen=True)
class Wish:
    """What a consent asks for.

    `model` is detailed, offered (the person chooses at the bank), global or available (the list
    of accounts only); `named` has the account numbers of each kind of a detailed one.
    """

    model: str
    named: dict[str, tuple[str, ...]]
    shows_owner: bool = False
    asked: dict[str, object] = field(default_factory=dict)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every account named, once."""
        return tuple(dict.fromkeys(number for kind in self.named.values() for number in kind))


@dataclass
class Authorisation:
    """One try to authorise a consent; `message` is what the person is told."""

    id: str
    approach: str
    redirect_uri: str = ""
    nok_redirect_uri: str = ""
    state: str = "received"
    login: str | None = None
    method: str | None = None
    tries: int = 0
    message: str | None = None
    confirmation_code: str | None = None
    sign_in: Authorization | None = None
    pushed_at: datetime | None = None
    accounts: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The scaStatus; while the person is on the bank's pages it follows the page."""
        if self.state == "received" and self.sign_in is not None:
            return STATUS_OF_STEP.get(self.sign_in.step, self.state)
        return self.state


@dataclass
class AccountConsent:
    """A consent with its id at the bank; `tpp` is who asked, "" for an unnamed caller.

    `signed_in` is who had signed in before it was made, the only one who may authorise it.
    `needs_token` opens it to its own access token only. From the instant after `ends_after` on the
    person has withdrawn it.
    """

    id: str
    tpp: str
    country: str
    place: str
    wish: Wish
    is_recurring: bool
    valid_until: date
    per_day: int
    acted_on: date
    psu_id: str | None = None
    signed_in: str | None = None
    needs_token: bool = False
    status: str = "received"
    login: str | None = None
    accounts: tuple[str, ...] = ()
    sca_at: datetime | None = None
    extra_sca_at: datetime | None = None
    authorisations: dict[str, Authorisation] = field(default_factory=dict)
    withdraws_next: bool = False
    ends_after: datetime | None = None

    def granted(self, kind: str) -> tuple[str, ...]:
        """The accounts of which accounts, balances or transactions may be read."""
        if kind not in self.wish.named:
            return ()
        named = self.wish.named[kind]
        if self.wish.model != "detailed":
            return self.accounts
        wanted = self.wish.numbers if kind == "accounts" else named
        return tuple(number for number in self.accounts if number in wanted)


class Consents:
    """Every consent of this kind; ids are hashes of seed and counter."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed, self._clock = seed, clock
        self._counters: Counter[str] = Counter()
        self._held: dict[str, AccountConsent] = {}

    def reset(self) -> None:
        """The bank knows of no consent, and counts from one again."""
        self._counters.clear()
        self._held.clear()

    def open(
        self,
        *,
        tpp: str,
        country: str,
        place: str,
        wish: Wish,
        is_recurring: bool,
        valid_until: date,
        per_day: int,
        psu_id: str | None,
        signed_in: str | None = None,
    ) -> AccountConsent:
        """A consent is received."""
        consent = AccountConsent(
            id=self._next_id("xs2a", tpp),
            tpp=tpp,
            country=country,
            place=place,
            wish=wish,
            is_recurring=is_recurring,
            valid_until=valid_until,
            per_day=per_day,
            acted_on=self._clock.today(),
            psu_id=psu_id,
            signed_in=signed_in,
        )
        self._held[consent.id] = consent
        while len(self._held) > REMEMBERED_MAX:
            del self._held[next(iter(self._held))]
        return consent

    def consent(self, consent_id: str) -> AccountConsent | None:
        """The consent of this id, whatever its status; its end by time is noticed here."""
        found = self._held.get(consent_id)
        if found is not None and found.ends_after and found.ends_after < self._clock.now():
            found.ends_after = None
            self.end(found, "revokedByPsu")
        if found is not None and found.status == "valid" and self._is_too_old(found):
            found.status = "expired"
        return found

    def usable(self, consent_id: str, tpp: str, place: str) -> AccountConsent:
        """The valid consent of this caller, else AccessRefused 400 or 401."""
        found = self.consent(consent_id)
        if found is None or found.tpp != tpp or found.place != place:
            raise AccessRefused(400, "CONSENT_UNKNOWN", "no such consent of this third party")
        if found.status == "expired":
            raise AccessRefused(401, "CONSENT_EXPIRED", "the consent has expired")
        if found.status != "valid":
            raise AccessRefused(401, "CONSENT_INVALID", f"the consent is {found.status}")
        return found

    def start(
        self, consent: AccountConsent, approach: str, *, login: str | None = None
    ) -> Authorisation:
        """An authorisation is received; 409 where the consent cannot be authorised any more."""
        if consent.status not in ("received", "valid"):
            raise AccessRefused(409, "STATUS_INVALID", f"the consent is {consent.status}")
        if len(consent.authorisations) >= AUTHORISATIONS_MAX:
            raise AccessRefused(409, "STATUS_INVALID", "too many authorisations of this consent")
        found = Authorisation(self._next_id("authorisation", consent.id), approach, login=login)
        consent.authorisations[found.id] = found
        return found

    def grant(
        self,
        consent: AccountConsent,
        authorisation: Authorisation,
        login: str,
        accounts: tuple[str, ...],
        state: str = "finalised",
    ) -> None:
        """The person authorised the consent; an older recurring one of theirs has expired.

        Where two must sign, it waits for the other one.
        """
        authorisation.state, authorisation.login = state, login
        if consent.status == "valid":
            consent.extra_sca_at = self._clock.now()
            return
        if consent.is_recurring:
            self._expire_older(consent, login)
        consent.status = "partiallyAuthorised" if login == PARTIAL_LOGIN else "valid"
        consent.login = login
        consent.accounts = accounts
        consent.sca_at = self._clock.now()
        consent.acted_on = self._clock.today()

    def leave_unconfirmed(
        self, authorisation: Authorisation, login: str, accounts: tuple[str, ...]
    ) -> None:
        """The person agreed; a code must prove to the bank that they came back."""
        authorisation.state, authorisation.login = "unconfirmed", login
        authorisation.accounts = accounts

    def pushed(self, login: str) -> list[tuple[AccountConsent, Authorisation]]:
        """Every decision that waits in this person's app, oldest first."""
        return [
            (consent, one)
            for consent in self._held.values()
            for one in consent.authorisations.values()
            if one.login == login and one.state == "started" and one.pushed_at is not None
        ]

    def fail(
        self, consent: AccountConsent, authorisation: Authorisation, message: str | None
    ) -> None:
        """The authorisation failed; a consent that waited for it is rejected."""
        authorisation.state = "failed"
        authorisation.message = message
        if consent.status == "received":
            consent.status = "rejected"

    def valid_of(self, login: str) -> tuple[AccountConsent, ...]:
        """The consents this person gave that still work."""
        held = self._held.values()
        return tuple(one for one in held if one.login == login and one.status == "valid")

    def end(self, consent: AccountConsent, status: str) -> None:
        """Nothing under the consent works any more."""
        consent.status = status
        consent.acted_on = self._clock.today()

    def end_after_now(self, consent: AccountConsent) -> None:
        """The person withdrew it: from the next instant on nothing under it works any more."""
        consent.ends_after = self._clock.now()

    def _expire_older(self, consent: AccountConsent, login: str) -> None:
        for other in self._held.values():
            if (
                other.is_recurring
                and other.status == "valid"
                and (other.login, other.tpp, other.place) == (login, consent.tpp, consent.place)
            ):
                self.end(other, "expired")

    def _is_too_old(self, consent: AccountConsent) -> bool:
        if consent.valid_until < self._clock.today():
            return True
        if consent.is_recurring or consent.sca_at is None:
            return False
        return self._clock.now() - consent.sca_at > timedelta(seconds=ONE_OFF_LIFE_S)

    def _next_id(self, kind: str, owner: str) -> str:
        self._counters[owner] += 1
        return seeds.identifier(self._seed, kind, owner, self._counters[owner], length=40)
