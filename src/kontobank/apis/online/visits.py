"""Visits: one browser's cookie session, ended by sign-out, idleness or age."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kontobank import seeds
from kontobank.apis.online.logins import SHORT_LOGIN
from kontobank.clock import Clock
from kontobank.mask import Mask

COOKIE = "KBSESSION"
IDLE_S = 300
IDLE_SHORT_S = 2
LIFE_S = 3_600
APPROVAL_LIFE_S = 120
VISITS_MAX = 50_000


@dataclass
class Visit:
    """One browser at one place; `steps` are those left before the accounts are shown."""

    id: str
    place: str
    country: str
    mask: Mask
    opened_at: datetime
    seen_at: datetime
    login: str | None = None
    steps: list[str] = field(default_factory=list)
    tries: int = 0
    polls: int = 0
    pages: int = 0
    step_since: datetime | None = None

    @property
    def is_inside(self) -> bool:
        """Whether the person is signed in to the end."""
        return self.login is not None and not self.steps

    @property
    def token(self) -> str:
        """What the form of the page shown last must bring back."""
        return seeds.identifier(self.id, "form", self.pages, length=32)

    @property
    def idle_s(self) -> int:
        """How long the bank waits for the next request."""
        return IDLE_SHORT_S if self.login == SHORT_LOGIN else IDLE_S

    def digits(self) -> str:
        """What the captcha's picture shows at this try."""
        return seeds.digits(self.id, "captcha", self.tries, length=5)

    def account_id(self, number: str) -> str:
        """The name of an account in this visit's addresses."""
        return seeds.identifier(self.id, "account", number, length=16)


class Visits:
    """The visits the bank remembers; in memory, for one process."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed, self._clock = seed, clock
        self._visits: dict[str, Visit] = {}
        self._count = 0

    def open(self, place: str, country: str, mask: Mask) -> Visit:
        """A new visit; the oldest is forgotten when there are too many."""
        self._count += 1
        now = self._clock.now()
        name = seeds.identifier(self._seed, "visit", self._count, now.isoformat(), length=40)
        visit = Visit(name, place, country, mask, now, now)
        self._visits[name] = visit
        while len(self._visits) > VISITS_MAX:
            del self._visits[next(iter(self._visits))]
        return visit

    def find(self, name: str, place: str) -> Visit | None:
        """The visit of this cookie, seen now; None when unknown, of another place, or over."""
        found = self._visits.get(name)
        if found is None or found.place != place:
            return None
        now = self._clock.now()
        is_idle = now - found.seen_at > timedelta(seconds=found.idle_s)
        if is_idle or now - found.opened_at > timedelta(seconds=LIFE_S):
            self.end(found)
            return None
        found.seen_at = now
        return found

    def end(self, visit: Visit) -> None:
        """The cookie opens nothing any more."""
        self._visits.pop(visit.id, None)

    def reset(self) -> None:
        """Nobody is signed in."""
        self._visits.clear()
        self._count = 0
