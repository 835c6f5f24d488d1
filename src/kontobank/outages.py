"""Outages: the whole bank, or one country's, fails for some seconds and then comes back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kontobank.clock import Clock

EVERYWHERE = "*"
OUTAGE_MAX_S = 86_400
KINDS = {
    "503": "every call is answered 503",
    "maintenance": "every call is answered with a maintenance page and Retry-After",
    "reset": "every connection is cut before a byte of the reply",
    "slow": "every call takes a minute longer, which is more than anybody waits",
    "limit": "every call is answered 429",
}


@dataclass(frozen=True)
class Outage:
    """What is wrong, where (a country or `EVERYWHERE`), until when in real time."""

    kind: str
    place: str
    until: datetime


class Outages:
    """The one outage there may be; it goes by real time, for people wait through it."""

    def __init__(self) -> None:
        self._outage: Outage | None = None

    def begin(self, kind: str, place: str, seconds: int) -> Outage:
        """The outage has begun, in place of any other."""
        until = Clock.real_now() + timedelta(seconds=seconds)
        self._outage = Outage(kind, place, until)
        return self._outage

    def end(self) -> None:
        """The bank is there again."""
        self._outage = None

    def reset(self) -> None:
        """No outage."""
        self.end()

    @property
    def now(self) -> Outage | None:
        """The outage that lasts; None when there is none, or its time is over."""
        if self._outage is not None and Clock.real_now() >= self._outage.until:
            self._outage = None
        return self._outage

    def at(self, country: str) -> Outage | None:
        """The outage in this country's bank."""
        outage = self.now
        return outage if outage and outage.place in (EVERYWHERE, country) else None
