"""Reading what a person granted: accounts and lists at once, the pages of one list in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

from opensaldo.connectors.base import Access, AccountReading, Connector, PsuContext, TornList
from opensaldo.domain.account import Holdings
from opensaldo.domain.owner import Owner
from opensaldo.domain.transaction import Transaction
from opensaldo.engine.ledger import WHOLE_GRANT, Call
from opensaldo.engine.pace import Chain, each_for_itself, in_step
from opensaldo.engine.plans import EVERYTHING, Plan
from opensaldo.engine.seams import Seams
from opensaldo.engine.sifting import Sifted, sifted
from opensaldo.errors import BankAnsweredNonsense, BankRateLimited

ROWS_MAX = 200_000
PROGRESS_FOUND_ACCOUNTS = 10
PROGRESS_ALL_READ = 95


class CallBook(Protocol):
    """What is asked before each call that counts; see `Ledger`."""

    async def book(self, calls: Iterable[Call], /) -> None:
        """All the calls may be made.

        Raises:
            BankRateLimited: they may not.
        """
        ...

    def made(self, call: Call, /) -> None:
        """Remember that the call is being made."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Our ids of an account and of its rows, in their order; None for a row that is left out."""

    account_id: str
    row_ids: tuple[str | None, ...]


NOT_NAMED: Mapping[str, Named] = {}


@dataclass(slots=True)
class Reading:
    """One run through one access; after `read` or its interruption `holdings` is what came in.

    Rows are read from `since` on; the holdings have those from `shown_since` on.
    With `goes_in_step` the calls made depend on the bank's answers alone, and a reading takes as
    long as the slowest call of each step.
    """

    connector: Connector
    access: Access
    psu: PsuContext | None
    since: date
    ledger: CallBook
    on_progress: Callable[[int], None]
    plan: Plan = EVERYTHING
    shown_since: date | None = None
    goes_in_step: bool = False
    pages: int = 0
    _lists: tuple[str, ...] = ()
    _numbers: tuple[str, ...] = ()
    _accounts: dict[str, AccountReading] = field(default_factory=dict)
    _pages: dict[tuple[str, str], list[tuple[Transaction, ...]]] = field(default_factory=dict)
    _sifted: dict[str, Sifted] = field(default_factory=dict)
    _currencies: dict[str, set[str]] = field(default_factory=dict)
    _open_lists: dict[str, int] = field(default_factory=dict)
    _pages_seen_of_list: dict[tuple[str, str], int] = field(default_factory=dict)

    async def read(self) -> None:
        """Everything planned was read.

        Raises:
            BankError: a call failed; the others were stopped.
            BankRateLimited: the ledger refused; no call was made.
        """
        able, known = self.connector.capabilities, self.plan.known
        self._lists = able.lists if self.plan.lists else ()
        granted = tuple(known) or self.access.account_numbers or await self._ask_numbers()
        self._numbers = tuple(one for one in granted if self.plan.wants(self.connector, one))
        self._accounts = dict(known)
        self._open_lists = dict.fromkeys(self._numbers, len(self._lists))
        details = [number for number in self._numbers if number not in known]
        lists = [(number, name) for number in self._numbers for name in self._lists]
        self._pages = {one: [] for one in lists}
        besides = [(number, name) for number, _ in lists for name in self._attended_endpoints()]
        await self.ledger.book(
            [*((n, able.account_endpoint) for n in details), *lists, *dict.fromkeys(besides)]
        )
        self.on_progress(PROGRESS_FOUND_ACCOUNTS)
        chains = [self._read_account(number) for number in details]
        chains += [self._read_list(number, name) for number, name in lists]
        await (in_step if self.goes_in_step else each_for_itself)(chains)

    def holdings(self, named: Mapping[str, Named] = NOT_NAMED) -> Holdings:
        """What was read; an account or card whose lists were cut short is marked partial.

        Accounts and rows carry the ids they are named by, where they are.
        An account whose details did not come in is left out: nothing about it is certain.
        """
        read = [(number, self._accounts[number]) for number in self._numbers_read()]
        return Holdings(
            owners=self._owners(),
            accounts=tuple(
                replace(one.account, **self._read_of(number, one, named))
                for number, one in read
                if one.card is None and one.deposit is None
            ),
            cards=tuple(
                replace(one.card, **self._read_of(number, one, named))
                for number, one in read
                if one.card
            ),
            deposits=tuple(
                replace(one.deposit, owners=_in_account(one.owners), id=_account_id(named, number))
                for number, one in read
                if one.deposit
            ),
        )

    @property
    def numbers_read(self) -> tuple[str, ...]:
        """The bank's own names of the accounts that are in the holdings, in their order."""
        return tuple(self._numbers_read())

    def rows_of(self, number: str) -> Sifted:
        """What the pages of the account's lists came to."""
        if number not in self._sifted:
            self._sifted[number] = sifted(
                [page for name in self._lists for page in self._pages[number, name]], self.since
            )
        return self._sifted[number]

    def shows(self, row: Transaction) -> bool:
        """Whether the row is of a day that was asked for, or of none yet."""
        return row.day is None or self.shown_since is None or row.day >= self.shown_since

    @property
    def fetched(self) -> int:
        """How many rows the bank sent so far; of a list read once more, those of then."""
        return sum(len(page) for pages in self._pages.values() for page in pages)

    @property
    def reads_lists(self) -> bool:
        """Whether rows are asked for at all."""
        return bool(self._lists)

    def is_whole(self, number: str) -> bool:
        """Whether all lists of the account were read to the end."""
        return self._open_lists[number] == 0

    @property
    def is_complete(self) -> bool:
        """Whether all accounts and all their lists were read to the end."""
        return len(self._accounts) == len(self._numbers) and not any(self._open_lists.values())

    @property
    def has_read_any(self) -> bool:
        """Whether the bank gave at least one account's details, or a page of a known one."""
        return self.pages > 0 if self.plan.known else bool(self._accounts)

    @property
    def details(self) -> dict[str, AccountReading]:
        """The details of each account, by the bank's own name; owners as shown inside it."""
        return {
            number: replace(one, owners=_in_account(one.owners))
            for number, one in self._accounts.items()
        }

    async def _ask_numbers(self) -> tuple[str, ...]:
        call = (WHOLE_GRANT, self.connector.capabilities.accounts_endpoint)
        await self.ledger.book([call])
        self.ledger.made(call)
        return await self.connector.account_numbers(self.access, self.psu)

    def _attended_endpoints(self) -> tuple[str, ...]:
        """What the connector may call besides, with the person there."""
        return self.connector.capabilities.attended_endpoints if self.psu is not None else ()

    async def _read_account(self, number: str) -> Chain:
        self.ledger.made((number, self.connector.capabilities.account_endpoint))
        self._accounts[number] = await self.connector.account(self.access, number, self.psu)
        self._report()
        yield

    async def _read_list(self, number: str, name: str) -> Chain:
        """The list was read to its end, once more from its start if its pages did not fit."""
        try:
            async with aclosing(self._read_pages(number, name)) as pages:
                async for _ in pages:
                    yield
        except TornList as torn:
            await self._book_again(number, name, torn)
            async with aclosing(self._read_pages(number, name)) as pages:
                async for _ in pages:
                    yield
        self._open_lists[number] -= 1
        self._report()

    async def _book_again(self, number: str, name: str, torn: TornList) -> None:
        """The list may be read once more; what was read of it is forgotten.

        Raises:
            TornList: the calls of the day are used up.
        """
        calls = [(number, endpoint) for endpoint in (name, *self._attended_endpoints())]
        try:
            await self.ledger.book(calls)
        except BankRateLimited:
            raise torn from None
        self._pages[number, name].clear()

    async def _read_pages(self, number: str, name: str) -> Chain:
        for endpoint in (name, *self._attended_endpoints()):
            self.ledger.made((number, endpoint))
        read, seams = self._pages[number, name], Seams(name, self.since)
        async for page in self.connector.pages(self.access, number, name, self.since, self.psu):
            seams.check(page)
            read.append(page.rows)
            self.pages += 1
            if page.currency is not None:
                self._currencies.setdefault(number, set()).add(page.currency)
            self._pages_seen_of_list[number, name] = (
                self._pages_seen_of_list.get((number, name), 0) + 1
            )
            if sum(map(len, read)) > ROWS_MAX:
                raise BankAnsweredNonsense(name, f"at most {ROWS_MAX} rows")
            self._report()
            yield

    def _report(self) -> None:
        """Progress: a finished part counts whole, an unfinished list comes closer by each page."""
        per_account = 1 + len(self._lists)
        parts = len(self._numbers) * per_account
        done = len(self._accounts) + sum(
            per_account - 1 - left for left in self._open_lists.values()
        )
        begun = sum(1 - 1 / (1 + pages) for pages in self._pages_seen_of_list.values())
        share = min(1.0, max(done, min(done + begun / 2, parts)) / parts)
        span = PROGRESS_ALL_READ - PROGRESS_FOUND_ACCOUNTS
        self.on_progress(PROGRESS_FOUND_ACCOUNTS + int(span * share))

    def _numbers_read(self) -> list[str]:
        return [number for number in self._numbers if number in self._accounts]

    def _read_of(
        self, number: str, reading: AccountReading, named: Mapping[str, Named]
    ) -> dict[str, Any]:
        """What was read around an account or card, by the name of its field."""
        if self._currencies.get(number, set()) - {reading.account.currency}:
            raise BankAnsweredNonsense("transactions[].currency", "the account's currency")
        rows = self.rows_of(number).rows
        if number in named:
            ids = named[number].row_ids
            rows = tuple(replace(row, id=one) for row, one in zip(rows, ids, strict=True) if one)
        return {
            "id": _account_id(named, number),
            "transactions": tuple(filter(self.shows, rows)),
            "owners": _in_account(reading.owners),
            "partial": self._open_lists[number] > 0,
        }

    def _owners(self) -> tuple[Owner, ...]:
        readings = (self._accounts[number] for number in self._numbers_read())
        return tuple(dict.fromkeys(owner for one in readings for owner in one.owners))


def _account_id(named: Mapping[str, Named], number: str) -> str | None:
    return named[number].account_id if number in named else None


def _in_account(owners: tuple[Owner, ...]) -> tuple[Owner, ...]:
    """Owners as shown inside an account: name, address and kind (wire contract, section 8)."""
    return tuple(Owner(name=one.name, address=one.address, kind=one.kind) for one in owners)
