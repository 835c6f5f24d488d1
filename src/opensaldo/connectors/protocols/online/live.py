"""Live logins: what a process remembers of people signed in at their bank, and for how long.

A login is known by an unguessable handle that alone leaves this process. Nothing of it is written
anywhere, and whatever ends the process ends the login.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opensaldo.connectors.base import AccountReading
from opensaldo.connectors.browsing import Browser
from opensaldo.connectors.protocols.online.convert import Listed
from opensaldo.connectors.protocols.online.pages import Form
from opensaldo.domain.clock import Clock
from opensaldo.domain.owner import Owner
from opensaldo.errors import BankAccessEnded, OpenSaldoError

LIVE_MAX = 5_000
HANDLE_BYTES = 32
LIFE = timedelta(minutes=30)
ANSWER_WITHIN = timedelta(minutes=5)
IDLE_MAX = timedelta(minutes=6)  # a session's own idle limit is 5 minutes by default
KEEP_ALIVE_EVERY_S = 120.0
SHORTEST_S = 0.5


@dataclass(slots=True, eq=False, repr=False)
class LiveLogin:
    """One person's login: the browser with its cookies and what its pages have shown.

    `form` is what the page waits for; `listed` is empty until the person is in.
    """

    browser: Browser
    handle: str
    opened_at: datetime
    used_at: datetime
    form: Form | None = None
    page: str = ""
    step: str = ""
    listed: dict[str, Listed] = field(default_factory=dict)
    owner: Owner | None = None
    cards: dict[str, AccountReading] | None = None
    once: asyncio.Lock = field(default_factory=asyncio.Lock)
    every_s: float = KEEP_ALIVE_EVERY_S
    watch: asyncio.Task[None] | None = None

    @property
    def is_inside(self) -> bool:
        """Whether the accounts can be read."""
        return bool(self.listed)


Act = Callable[[LiveLogin], Awaitable[None]]


class LiveLogins:
    """The logins of one connector in this process.

    `keep_alive` tells the bank that somebody is still there; `sign_out` ends the login there.
    """

    def __init__(self, clock: Clock, *, keep_alive: Act, sign_out: Act) -> None:
        """Start with none."""
        self._clock = clock
        self._keep_alive = keep_alive
        self._sign_out = sign_out
        self._logins: dict[str, LiveLogin] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._logins)

    def open(self, browser: Browser) -> LiveLogin:
        """A login that waits for its person's answers; it is forgotten if none comes."""
        now = self._clock()
        live = LiveLogin(browser, secrets.token_hex(HANDLE_BYTES), now, now)
        self._logins[live.handle] = live
        while len(self._logins) > LIVE_MAX:
            self.drop(next(iter(self._logins.values())))
        self._start(live)
        return live

    def enter(self, live: LiveLogin, timeout_s: int | None) -> None:
        """The person is in: the login is kept alive from now on, as often as the bank wants."""
        if timeout_s is not None:
            live.every_s = min(live.every_s, timeout_s / 2)
        self._start(live)

    def find(self, handle: str) -> LiveLogin:
        """The login of this handle, used now.

        Raises:
            BankAccessEnded: another process has it, or it is over.
        """
        live = self._logins.get(handle)
        if live is None or self._is_over(live):
            raise BankAccessEnded
        live.used_at = self._clock()
        return live

    def drop(self, live: LiveLogin) -> None:
        """Nothing of the login is left in this process; the bank is not told."""
        self._logins.pop(live.handle, None)
        live.browser.forget()
        live.form = None
        if live.watch is not None and live.watch is not _current():
            live.watch.cancel()

    def take(self, handle: str) -> LiveLogin | None:
        """The login of this handle, which is no longer here; None when it was not."""
        return self._logins.pop(handle, None)

    def _start(self, live: LiveLogin) -> None:
        if live.watch is not None:
            live.watch.cancel()
        live.watch = asyncio.create_task(self._watch(live))

    def _is_over(self, live: LiveLogin) -> bool:
        now = self._clock()
        idle_max = IDLE_MAX if live.is_inside else ANSWER_WITHIN
        return now - live.opened_at > LIFE or now - live.used_at > idle_max

    async def _watch(self, live: LiveLogin) -> None:
        """Keep the bank awake while the login is of use, then sign out and forget."""
        try:
            while not self._is_over(live):
                await asyncio.sleep(max(SHORTEST_S, live.every_s))
                if live.is_inside and not self._is_over(live):
                    await self._keep_alive(live)
            if live.is_inside:
                await self._sign_out(live)
        except OpenSaldoError:
            pass  # the bank forgot the login first; who asks for it next is told
        self.drop(live)


def _current() -> asyncio.Task[None] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
