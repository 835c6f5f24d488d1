"""What a signed-in person's pages hold: owner, accounts, cards and histories."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

from opensaldo.connectors.base import AccountReading, Page
from opensaldo.connectors.browsing import Seen
from opensaldo.connectors.protocols.online import convert
from opensaldo.connectors.protocols.online.client import OnlineClient
from opensaldo.connectors.protocols.online.file import rows_of
from opensaldo.connectors.protocols.online.live import LiveLogin
from opensaldo.domain.owner import Owner
from opensaldo.errors import BankAnsweredNonsense

HISTORY = "history"
PAGES_MAX = 2_000


class Books:
    """The pages behind a live login, read as nouns."""

    def __init__(self, client: OnlineClient) -> None:
        """Read with this client."""
        self._client = client

    async def account(self, live: LiveLogin, number: str) -> AccountReading:
        """One account's details; the owner's page and the cards' page are read once a login."""
        listed = _listed(live, number)
        owner = await self._owner(live)
        if listed.section == "cards":
            return await self._card(live, number, owner)
        seen = await self._client.data(live.browser, "account", listed.details)
        return convert.account(seen.text, listed, owner)

    async def pages(self, live: LiveLogin, number: str, since: date) -> AsyncIterator[Page]:
        """The pages of the history since that day, or the one page of its file."""
        address = f"{_listed(live, number).history}?from={since.isoformat()}"
        seen_addresses: set[str] = set()
        for _ in range(PAGES_MAX):
            whole = live.browser.absolute(address)
            if whole in seen_addresses:
                raise BankAnsweredNonsense("history.next", "a page not read before")
            seen_addresses.add(whole)
            seen = await self._client.data(live.browser, HISTORY, whole)
            found = convert.history(seen.text)
            if self._client.layout.reads_file and found.file_address and found.next_address:
                yield await self._file(live, seen, found)
                return
            yield found.page
            if not found.next_address:
                return
            address = live.browser.absolute(found.next_address, seen.url)
        raise BankAnsweredNonsense("history.next", f"at most {PAGES_MAX} pages")

    async def _owner(self, live: LiveLogin) -> Owner:
        async with live.once:
            if live.owner is None:
                path = self._client.layout.owner_path
                seen = await self._client.data(live.browser, "owner", path)
                live.owner = convert.owner(seen.text)
        return live.owner

    async def _card(self, live: LiveLogin, number: str, owner: Owner) -> AccountReading:
        async with live.once:
            if live.cards is None:
                path = self._client.layout.cards_path
                seen = await self._client.data(live.browser, "cards", path)
                live.cards = convert.cards(seen.text, owner)
        reading = live.cards.get(number)
        if reading is None:
            raise BankAnsweredNonsense("cards", "the card asked for")
        return reading

    async def _file(self, live: LiveLogin, seen: Seen, found: convert.HistoryPage) -> Page:
        """The file's rows, with the rows of the first page that are not booked yet."""
        address = live.browser.absolute(found.file_address, seen.url)
        file = await self._client.data(live.browser, "file", address)
        rows = rows_of(file.body, file.content_type, self._client.layout.noun_of_heading)
        return convert.joined(found.page, convert.transactions_page(rows, "file"))


def _listed(live: LiveLogin, number: str) -> convert.Listed:
    listed = live.listed.get(number)
    if listed is None:
        raise BankAnsweredNonsense("accounts", "the account asked for")
    return listed
