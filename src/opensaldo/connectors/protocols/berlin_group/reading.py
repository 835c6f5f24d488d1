"""Reading what a consent covers: accounts, balances, and the pages of a list."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from opensaldo.connectors.base import Access, AccountReading, Page, PsuContext
from opensaldo.connectors.protocols.berlin_group import convert
from opensaldo.connectors.protocols.berlin_group.client import (
    Asking,
    BerlinGroupClient,
    Replied,
    new_request_id,
)
from opensaldo.connectors.protocols.berlin_group.faults import (
    PARAMETER_NOT_SUPPORTED,
    PERIOD_INVALID,
)
from opensaldo.connectors.protocols.berlin_group.in_common import AskedInCommon
from opensaldo.connectors.protocols.berlin_group.known import (
    CARD_PREFIX,
    Known,
    known_of,
    number_of,
    once_each,
    part_currency_of,
    path_of,
    read_known,
)
from opensaldo.connectors.protocols.berlin_group.links import followed
from opensaldo.connectors.protocols.berlin_group.records import Balances, ListedAccount, Rows
from opensaldo.connectors.protocols.berlin_group.wallets import currencies_of, part_of, parts_of
from opensaldo.connectors.quirks import QUIRKS
from opensaldo.connectors.things import decode
from opensaldo.connectors.trail import Trail
from opensaldo.domain.clock import Clock
from opensaldo.domain.transaction import Transaction
from opensaldo.errors import BankAnsweredNonsense

CONSENT = "consent"
ACCOUNTS = "accounts"
SCA_AT = "sca_at"
EXTRA_SCA = "extra_sca"
CONSENTS_REMEMBERED_MAX = 1_000
NO_CARDS = (400, 401, 403, 404, 405, 406, 501)
NO_BALANCES = (403, 404, 405)


@dataclass(slots=True)
class Reader:
    """The data calls of one target.

    Without `asks_balances` only balances that come with an account's details are read.
    `_status_place` remembers for each consent how far down the list of booking statuses the bank
    made us go; `_signs_amounts` that this bank was seen to write signs.
    """

    client: BerlinGroupClient
    clock: Clock
    asks_balances: bool = True
    _status_place: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _signs_amounts: bool = False
    _common: AskedInCommon = field(init=False)

    def __post_init__(self) -> None:
        """Nothing was asked yet."""
        self._common = AskedInCommon(self.client)

    async def listed(
        self, access: Access, psu: PsuContext | None, *, with_cards: bool
    ) -> tuple[ListedAccount, ...]:
        """The open accounts the consent names, card accounts after them."""
        body = await self.client.get(_asking("getAccounts", access, psu, path="accounts"))
        found = await self._told_apart(access, psu, convert.accounts(body))
        if with_cards:
            found += await self._listed_cards(access, psu)
        return once_each(one for one in found if not one.is_closed and one.resource_id)

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        """One account with its balances, if the consent covers them, and what quirks add."""
        known = read_known(access.memory.get(ACCOUNTS, ""), number)
        query = {"withBalance": "true"} if known.covers("balances") else {}
        asking = _asking("account", access, psu, path=path_of(number), query=query)
        body = (await self._common.ask(access, number, asking)).checked().body
        found = convert.accounts(body)
        one = _asked_for(found, number)
        reading = one.reading
        if self.asks_balances and not one.has_balances:
            reading = await self._with_balances(access, number, psu, one, known)
        for quirk in self.client.profile.quirks:
            reading = QUIRKS[quirk](_as_written(body), reading)
        return reading

    async def pages(
        self, access: Access, number: str, since: date, psu: PsuContext | None
    ) -> AsyncIterator[Page]:
        """The pages of an account's only list; rows not booked yet come once."""
        known = read_known(access.memory.get(ACCOUNTS, ""), number)
        if not known.covers("transactions"):
            return
        is_same_id = self.client.profile.same_request_id_for_pages
        request_id = new_request_id() if is_same_id else ""
        unbooked = set[str | None]()
        replied = await self._first_page(access, number, known, since, psu, request_id)
        trail = Trail(replied.url, place="_links.next")
        while True:
            rows = self._rows(replied.checked().body, number, known)
            goes_on = trail.goes_on(self._address(rows.next_link, replied.url))
            pending = tuple(row for row in rows.pending if row.bank_id not in unbooked)
            unbooked |= {row.bank_id for row in pending}
            yield _page(rows, pending, is_last=not goes_on)
            if not goes_on:
                return
            asking = _asking("transactions", access, psu, link=trail.page)
            asking = replace(asking, request_id=request_id)
            replied = await self._common.ask(access, number, asking)

    async def _told_apart(
        self, access: Access, psu: PsuContext | None, listed: tuple[ListedAccount, ...]
    ) -> tuple[ListedAccount, ...]:
        """The accounts, a wallet's balances asked for where only they tell its currencies."""
        found: list[ListedAccount] = []
        for one in listed:
            if not one.is_whole_wallet or one.is_closed:
                found.append(one)
                continue
            number = number_of(one) or ""
            known = known_of(one, self.client.root)
            asking = _asking(
                "balances", access, psu, path=path_of(number, "balances"), link=known.balances
            )
            if not known.covers("balances"):
                raise BankAnsweredNonsense("accounts[].currency", "a currency, or balances in some")
            replied = await self.client.ask(asking)
            found += parts_of(one, convert.balances(replied.checked().body))
        return tuple(found)

    async def _listed_cards(
        self, access: Access, psu: PsuContext | None
    ) -> tuple[ListedAccount, ...]:
        """The card accounts; a bank that has none, or no such call, has none."""
        replied = await self.client.ask(
            _asking("getCardAccounts", access, psu, path="card-accounts")
        )
        if replied.status in NO_CARDS:
            return ()
        return convert.accounts(replied.checked().body)

    async def _with_balances(
        self,
        access: Access,
        number: str,
        psu: PsuContext | None,
        one: ListedAccount,
        known: Known,
    ) -> AccountReading:
        """The reading with what the balances call says, where the consent covers it."""
        fresh = known_of(one, self.client.root) if one.has_links else known
        if not fresh.covers("balances"):
            return one.reading
        asking = _asking(
            "balances", access, psu, path=path_of(number, "balances"), link=fresh.balances
        )
        replied = await self._common.ask(access, number, asking)
        if not one.has_links and replied.status in NO_BALANCES:
            return one.reading
        found = convert.balances(
            replied.checked().body,
            is_card=one.reading.card is not None,
            is_debit_positive=one.is_debit_positive,
            currency=one.reading.account.currency,
        )
        if one.part_currency is not None:
            currencies_of(found)
        return _standing_at(one.reading, found)

    async def _first_page(
        self,
        access: Access,
        number: str,
        known: Known,
        since: date,
        psu: PsuContext | None,
        request_id: str,
    ) -> Replied:
        """The first page, in the first booking status the bank takes and from a day it serves."""
        first_on, is_moved = self._first_day(access, since), False
        statuses = self.client.profile.booking_statuses or ("booked",)
        key = access.memory.get(CONSENT, access.grant)
        while True:
            place = min(self._status_place.get(key, 0), len(statuses) - 1)
            query = {"bookingStatus": statuses[place], "dateFrom": first_on.isoformat()}
            asking = _asking(
                "transactions",
                access,
                psu,
                path=path_of(number, "transactions"),
                link=known.transactions,
                query=query,
            )
            asking = replace(asking, request_id=request_id)
            replied = await self._common.ask(access, number, asking)
            codes = replied.refusal.codes if replied.refusal else ()
            if PARAMETER_NOT_SUPPORTED in codes and place + 1 < len(statuses):
                self._remember_place(key, place + 1)
            elif PERIOD_INVALID in codes and not is_moved:
                first_on, is_moved = self._later_day(first_on), True
            else:
                return replied

    def _address(self, link: str | None, asked: str) -> str | None:
        """Where a link of the answer to `asked` leads; None without one."""
        return None if link is None else followed(link, root=self.client.root, asked=asked)

    def _rows(self, body: bytes, number: str, known: Known) -> Rows:
        if number.startswith(CARD_PREFIX):
            return convert.card_transactions(body, is_debit_positive=known.is_debit_positive)
        rows = convert.transactions(
            body,
            account=known.account or None,
            signs_amounts=self._signs_amounts,
            part_currency=part_currency_of(number),
        )
        self._signs_amounts = self._signs_amounts or rows.signs_amounts
        return rows

    def _first_day(self, access: Access, since: date) -> date:
        """The first day to ask for; the bank would refuse days before."""
        profile, now = self.client.profile, self.clock()
        sca_at = datetime.fromisoformat(access.memory.get(SCA_AT, "") or now.isoformat())
        is_fresh = now - sca_at <= timedelta(minutes=profile.history_window_minutes)
        if profile.history_extra_sca and not access.memory.get(EXTRA_SCA):
            is_fresh = False
        days = profile.history_days_initial if is_fresh else profile.history_days_later
        return max(since, now.date() - timedelta(days=days))

    def _later_day(self, refused: date) -> date:
        """The day to try after one was refused as too old: what every bank serves."""
        days = self.client.profile.history_days_later - 1
        return max(refused + timedelta(days=1), self.clock().date() - timedelta(days=days))

    def _remember_place(self, key: str, place: int) -> None:
        self._status_place[key] = place
        self._status_place.move_to_end(key)
        while len(self._status_place) > CONSENTS_REMEMBERED_MAX:
            self._status_place.popitem(last=False)


def _asked_for(found: tuple[ListedAccount, ...], number: str) -> ListedAccount:
    """The account of an answer that was asked for; a bank may leave its name out.

    Raises:
        BankAnsweredNonsense: it is not there.
    """
    one = next((one for one in found if number_of(one) in (number, None)), None)
    if (currency := part_currency_of(number)) is not None and (one is None or one.is_whole_wallet):
        path = path_of(number)
        whole = next((one for one in found if path_of(number_of(one) or "") == path), one)
        one = None if whole is None else part_of(whole, currency)
    elif one is None and len(found) == 1:
        one = found[0]
    if one is None:
        raise BankAnsweredNonsense("account", "the account asked for")
    return one


def _asking(
    endpoint: str,
    access: Access,
    psu: PsuContext | None,
    *,
    path: str = "",
    link: str = "",
    query: Mapping[str, str] | None = None,
) -> Asking:
    """A data call; the person's device goes along only while they are there."""
    return Asking(
        endpoint=endpoint,
        path=path,
        link=link,
        query=query or {},
        psu=psu,
        consent_id=access.memory.get(CONSENT, ""),
        token=access.access_token,
    )


def _standing_at(reading: AccountReading, stand: Balances) -> AccountReading:
    """The reading with these balances."""
    facts: dict[str, Any] = {
        "balance": stand.booked,
        "balance_on": stand.booked_on,
        "available": stand.available,
    }
    account = replace(reading.account, **facts, balance_kind=stand.booked_kind)
    card = replace(reading.card, **facts) if reading.card else None
    return replace(reading, account=account, card=card)


def _page(rows: Rows, pending: tuple[Transaction, ...], *, is_last: bool) -> Page:
    return Page(rows=(*rows.booked, *pending), is_last=is_last, currency=rows.currency)


def _as_written(body: bytes) -> Mapping[str, Any]:
    """The account as the bank wrote it, for quirks."""
    raw = decode(body)
    inner = next((raw[name] for name in ("account", "cardAccount") if name in raw), raw)
    return inner if isinstance(inner, Mapping) else {}
