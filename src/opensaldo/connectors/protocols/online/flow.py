"""A bank's online service as a connector: which pages, in which order.

What the person types goes into the bank's form and is forgotten. Between two answers a login is a
live thing in this process, known outside by its handle alone; see `live`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date

import msgspec

from opensaldo.connectors.base import (
    Access,
    AccountReading,
    Capabilities,
    Page,
    PsuContext,
    ScaStep,
    SignInRequest,
    WaitingStep,
)
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.online.books import HISTORY, Books
from opensaldo.connectors.protocols.online.client import OnlineClient
from opensaldo.connectors.protocols.online.convert import Listed
from opensaldo.connectors.protocols.online.live import LiveLogin, LiveLogins
from opensaldo.connectors.protocols.online.way_in import HANDLE, WayIn
from opensaldo.domain.clock import Clock
from opensaldo.domain.owner import Owner
from opensaldo.errors import BankAccessEnded

SHOWN = "shown"


class ShownPages(msgspec.Struct, frozen=True):
    """What a login's pages have shown so far."""

    listed: dict[str, Listed]
    owner: Owner | None
    cards: dict[str, AccountReading] | None


class Online:
    """One online service; see `Connector` for what each method promises."""

    def __init__(self, profile: Profile, *, door: Door, clock: Clock) -> None:
        """Bind the road to the one door."""
        self._profile = profile
        self._client = OnlineClient(profile, door=door)
        self._clock = clock
        self.logins = LiveLogins(clock, keep_alive=self._keep_alive, sign_out=self._sign_out)
        self._way_in = WayIn(self._client, self.logins, clock)
        self._books = Books(self._client)

    @property
    def capabilities(self) -> Capabilities:
        """What this target offers."""
        return Capabilities(
            lists=(HISTORY,),
            account_endpoint="account",
            accounts_endpoint="overview",
            calls_at_once_max=self._profile.calls_at_once_max,
            history_days_initial=self._profile.history_days_initial,
            history_days_later=self._profile.history_days_later,
        )

    async def begin(self, request: SignInRequest) -> ScaStep:
        """What to type first."""
        return await self._way_in.begin(request)

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> ScaStep:
        """The next step of the bank's pages, or the access to the accounts."""
        return await self._way_in.resume(request, step, answer)

    async def renew(self, access: Access, psu: PsuContext | None) -> Access:
        """A login cannot be renewed; its person must come again."""
        del access, psu
        raise BankAccessEnded

    async def revoke(self, access: Access) -> None:
        """The person is signed out at the bank, if they still were in."""
        live = self.logins.take(access.memory.get(HANDLE, ""))
        if live is None:
            return
        try:
            await self._sign_out(live)
        finally:
            self.logins.drop(live)

    async def account_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        """The accounts the overview showed."""
        del psu
        return access.account_numbers or tuple(self._inside(access).listed)

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        """One account's details and owners."""
        del psu  # who reads is whoever signed in
        return await self._books.account(self._inside(access), number)

    async def pages(
        self,
        access: Access,
        number: str,
        list_name: str,
        since: date,
        psu: PsuContext | None,
    ) -> AsyncIterator[Page]:
        """The pages of the history since that day, or the one page of its file."""
        del psu, list_name  # there is one list
        async for page in self._books.pages(self._inside(access), number, since):
            self._inside(access)  # whoever reads uses the login
            yield page

    def bare(self, access: Access) -> Access:
        """The access with what its pages have shown, in place of the login's handle.

        Raises:
            BankAccessEnded: the login is another process's, or over.
        """
        live = self._inside(access)
        shown = ShownPages(listed=live.listed, owner=live.owner, cards=live.cards)
        return replace(access, memory={SHOWN: msgspec.json.encode(shown).decode()})

    def revived(self, access: Access) -> Access:
        """The access to a login of this process that shows the same pages."""
        shown = msgspec.json.decode(access.memory[SHOWN], type=ShownPages)
        live = self.logins.open(self._client.browser(""))
        live.listed, live.owner, live.cards = shown.listed, shown.owner, shown.cards
        return replace(access, memory={HANDLE: live.handle})

    def _inside(self, access: Access) -> LiveLogin:
        """The login behind an access.

        Raises:
            BankAccessEnded: it is another process's, or over.
        """
        live = self.logins.find(access.memory.get(HANDLE, ""))
        if not live.is_inside:
            raise BankAccessEnded
        return live

    async def _keep_alive(self, live: LiveLogin) -> None:
        await self._client.keep_alive(live.browser)

    async def _sign_out(self, live: LiveLogin) -> None:
        if live.is_inside:
            await self._client.sign_out(live.browser)
