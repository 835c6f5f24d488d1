"""A target of the Czech standard as a connector: which calls, in which order.

The consent is the refresh token. The list of accounts is read right after the sign-in and kept
with the access, so that an import asks for balances and transactions only.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from copy import copy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from opensaldo.connectors.base import (
    Access,
    AccountReading,
    Capabilities,
    Done,
    Page,
    PsuContext,
    Redirect,
    ScaStep,
    SignInRequest,
    Spare,
    WaitingStep,
)
from opensaldo.connectors.http import Door, Incoming
from opensaldo.connectors.lenient import NO_CURRENCY
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.czech_standard import convert
from opensaldo.connectors.protocols.czech_standard.balances import read_balances
from opensaldo.connectors.protocols.czech_standard.client import (
    BankClient,
    CzechClient,
    accepted,
    accepted_grant,
)
from opensaldo.connectors.protocols.czech_standard.faults import (
    NOT_OFFERED,
    refusal_of,
)
from opensaldo.connectors.protocols.czech_standard.listing import (
    ACCOUNTS,
    Listing,
    listing_of,
    packed,
    reading_of,
    unpacked,
)
from opensaldo.connectors.protocols.czech_standard.rows import read_awaiting, read_rows
from opensaldo.connectors.quirks import QUIRKS
from opensaldo.connectors.refusals import code_in
from opensaldo.connectors.signing import Seal
from opensaldo.connectors.trail import Trail
from opensaldo.domain.clock import Clock
from opensaldo.domain.secret import Secret
from opensaldo.errors import (
    BankAccessEnded,
    BankAnsweredNonsense,
    BankConsentWithdrawn,
    BankError,
    BankUnavailable,
)

TRANSACTIONS = "transactions"
AWAITING = "awaiting"
LISTS = (TRANSACTIONS, AWAITING)
LISTS_OF_2 = (TRANSACTIONS,)
NEXT_PAGE = "nextPage"
MIDNIGHT = "T00:00:00.000+02:00"  # of Prague's summer; in winter an hour early, never too late
CLIENT_ID, CLIENT_SECRET = "client_id", "client_secret"
_LISTED: ContextVar[tuple[str, Listing] | None] = ContextVar("listed", default=None)


class CzechStandard:
    """One target of the Czech standard; see `Connector` for what each method promises."""

    def __init__(
        self,
        profile: Profile,
        *,
        door: Door,
        seal: Seal,
        clock: Clock,
        client: BankClient | None = None,
    ) -> None:
        """Bind the road to the one door.

        Without a `client` that the bank gave the operator, we register anew at each sign-in.

        Raises:
            ValueError: the road names a list the standard does not know.
        """
        self._profile = profile
        self._lists = profile.lists or (LISTS_OF_2 if profile.version.startswith("2") else LISTS)
        if unknown := set(self._lists) - set(LISTS):
            raise ValueError(f"lists of the Czech standard, not {', '.join(sorted(unknown))}")
        self._calls = CzechClient(profile, door=door, seal=seal, clock=clock)
        self._client = client
        self._clock = clock
        self._asks_balances = True

    @property
    def capabilities(self) -> Capabilities:
        """What this target offers."""
        return Capabilities(
            lists=self._lists,
            account_endpoint="balance" if self._asks_balances else "accounts",
            accounts_endpoint="accounts",
            calls_at_once_max=self._profile.calls_at_once_max,
            history_days_initial=self._profile.history_days_initial,
            history_days_later=self._profile.history_days_later,
            calls_per_day_max=self._profile.calls_per_day,
        )

    def sparing(self, spares: frozenset[Spare]) -> CzechStandard:
        """The same road; an account is as it was listed where its balances are spared."""
        spared = copy(self)
        spared._asks_balances = Spare.BALANCES not in spares
        return spared

    async def begin(self, request: SignInRequest) -> ScaStep:
        """The person's way to the bank's own pages."""
        if self._client is not None:
            return Redirect(url=self._calls.sign_in_url(self._client, request))
        client = await self._registered(request)
        memory = {CLIENT_ID: client.id, CLIENT_SECRET: client.secret.reveal()}
        return Redirect(url=self._calls.sign_in_url(client, request), memory=memory)

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> ScaStep:
        """The access that the code brings, or the reason why there is none."""
        code = code_in(answer, request.state)
        grant = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": request.return_url,
        }
        reply = await self._calls.token(self._client_in(step.memory), grant, request.psu)
        access = self._granted(request, convert.granted(accepted_grant(reply)), step.memory)
        return Done(access=await self._with_accounts(access, request.psu))

    async def renew(self, access: Access, psu: PsuContext | None) -> Access:
        """The access with a fresh token; a refresh token that serves once is replaced.

        The accounts are asked for again, for the person may have opened one.

        Raises:
            BankConsentWithdrawn: the bank refuses the refresh token, which is the consent.
        """
        if access.refresh_token is None:
            raise BankAccessEnded
        grant = {
            "grant_type": "refresh_token",
            "refresh_token": access.refresh_token.reveal(),
        }
        reply = await self._calls.token(self._client_in(access.memory), grant, psu)
        try:
            granted = convert.granted(accepted_grant(reply))
        except BankAccessEnded:
            raise BankConsentWithdrawn from None
        fresh = Secret(granted.refresh_token) if granted.refresh_token else access.refresh_token
        return replace(
            access,
            access_token=Secret(granted.access_token),
            expires_at=self._clock() + timedelta(seconds=granted.expires_in_s),
            refresh_token=fresh,
            account_numbers=(),
        )

    async def revoke(self, access: Access) -> None:
        """The refresh token, which is the consent, is revoked; else the access token."""
        token = access.refresh_token or access.access_token
        with contextlib.suppress(BankAccessEnded, BankConsentWithdrawn):
            accepted(await self._calls.revoke(self._client_in(access.memory), token))

    async def account_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        """The bank's ids of the accounts, asked for when the access does not know them."""
        if access.account_numbers:
            return access.account_numbers
        listing = await self._listing(access.access_token, psu)
        _LISTED.set((access.grant, listing))
        return tuple(listing)

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        """One account as it was listed, with its balances and what the target's quirks add."""
        row = unpacked(access.memory).get(number) or _listed_now(access).get(number)
        if row is None:
            row = (await self._listing(access.access_token, psu)).get(number)
        if row is None:
            raise BankAnsweredNonsense("accounts", "the account asked for")
        reading = reading_of(row)
        if self._asks_balances:
            reading = await self._with_balances(access, number, psu, reading)
        for quirk in self._profile.quirks:
            reading = QUIRKS[quirk](row, reading)
        return reading

    async def _with_balances(
        self, access: Access, number: str, psu: PsuContext | None, reading: AccountReading
    ) -> AccountReading:
        """The reading with the balances the bank tells, and with their currency if it had none."""
        said = None if reading.account.currency == NO_CURRENCY else reading.account.currency
        reply = await self._calls.balance(access.access_token, psu, number)
        balances = read_balances(accepted(reply), said)
        account = replace(
            reading.account,
            currency=said or balances.currency or NO_CURRENCY,
            balance=balances.booked,
            balance_on=balances.booked_on,
            balance_kind=balances.booked_kind,
            available=balances.available,
        )
        return replace(reading, account=account)

    def pages(
        self,
        access: Access,
        number: str,
        list_name: str,
        since: date,
        psu: PsuContext | None,
    ) -> AsyncIterator[Page]:
        """The pages of one list; a first day that the bank finds too old is moved once."""
        if list_name == AWAITING:
            return self._awaiting(access, number, psu)
        return self._transactions(access, number, since, psu)

    async def _transactions(
        self, access: Access, number: str, since: date, psu: PsuContext | None
    ) -> AsyncIterator[Page]:
        """The pages of the transactions, booked and held."""
        token, trail = access.access_token, Trail(0, place=NEXT_PAGE)
        moment = f"{access.first_day(since, self._clock().date())}{MIDNIGHT}"
        reply = await self._calls.transactions(token, psu, number, moment, trail.page)
        served = f"{self._served_day()}{MIDNIGHT}"
        if reply.status == 400 and refusal_of(reply.body).is_of_a_date_too_old and moment < served:
            moment = served
            reply = await self._calls.transactions(token, psu, number, moment, trail.page)
        while True:
            read = read_rows(accepted(reply))
            goes_on = trail.goes_on(read.next_page)
            rows = read.booked + read.pending
            yield Page(
                rows=rows,
                is_last=not goes_on,
                currency=read.currency,
                list_count=read.list_count,
            )
            if not goes_on:
                return
            reply = await self._calls.transactions(token, psu, number, moment, trail.page)

    async def _awaiting(
        self, access: Access, number: str, psu: PsuContext | None
    ) -> AsyncIterator[Page]:
        """The pages of the payments that wait; none where the bank does not offer them."""
        row = unpacked(access.memory).get(number)
        currency = reading_of(row).account.currency if row else None
        trail = Trail(0, place=NEXT_PAGE)
        while True:
            reply = await self._calls.awaiting(access.access_token, psu, number, trail.page)
            if trail.page == 0 and reply.status in NOT_OFFERED:
                yield Page(rows=(), is_last=True)
                return
            read = read_awaiting(accepted(reply), currency)
            goes_on = trail.goes_on(read.next_page)
            yield Page(rows=read.pending + read.scheduled, is_last=not goes_on)
            if not goes_on:
                return

    async def _registered(self, request: SignInRequest) -> BankClient:
        """A client of our own at the bank."""
        reply = await self._calls.register(request.return_url, request.psu)
        identity, secret = convert.registered(_unavailable_when_refused(reply))
        return BankClient(identity, Secret(secret))

    async def _with_accounts(self, access: Access, psu: PsuContext | None) -> Access:
        """The access with the list of accounts; without it when the bank fails to give it now."""
        try:
            listing = await self._listing(access.access_token, psu)
        except BankError:
            return access
        return replace(
            access,
            account_numbers=tuple(listing),
            memory={**access.memory, ACCOUNTS: packed(listing)},
        )

    async def _listing(self, token: Secret, psu: PsuContext | None) -> Listing:
        """All accounts as the bank lists them."""
        rows: list[Mapping[str, Any]] = []
        trail = Trail(0, place=NEXT_PAGE)
        while True:
            page = convert.accounts_page(
                accepted(await self._calls.accounts(token, psu, trail.page))
            )
            rows += page.rows
            if not trail.goes_on(page.next_page):
                break
        if page.list_count is not None and len(rows) < page.list_count:
            raise BankAnsweredNonsense(ACCOUNTS, "all the accounts the bank counts")
        return listing_of(rows)

    def _granted(
        self, request: SignInRequest, granted: convert.Granted, memory: Mapping[str, str]
    ) -> Access:
        """The access that a token reply gives; one sign-in for one session keeps no consent."""
        now = self._clock()
        longest = now + timedelta(days=self._profile.consent_days)
        keeps = request.repeated and granted.refresh_token
        return Access(
            grant=request.grant,
            access_token=Secret(granted.access_token),
            expires_at=now + timedelta(seconds=granted.expires_in_s),
            refresh_token=Secret(keeps) if keeps else None,
            valid_until=min(request.valid_until, longest),
            memory=memory,
        )

    def bare(self, access: Access) -> Access:
        """The access without the secret the bank registered for this person."""
        memory = {name: text for name, text in access.memory.items() if name != CLIENT_SECRET}
        return replace(access, memory=memory)

    def revived(self, access: Access) -> Access:
        """The access as it is: reading needs no secret of ours."""
        return access

    def _client_in(self, memory: Mapping[str, str]) -> BankClient:
        """Who we are to the bank: its client of the operator, else who we were at the sign-in."""
        registered = BankClient(memory.get(CLIENT_ID, ""), Secret(memory.get(CLIENT_SECRET, "")))
        return self._client or registered

    def _served_day(self) -> date:
        """The first day that is served without a fresh authentication."""
        return self._clock().date() - timedelta(days=self._profile.history_days_later)


def _listed_now(access: Access) -> Listing:
    """The accounts as this import has listed them; empty when it has not."""
    grant, listing = _LISTED.get() or ("", {})
    return listing if grant == access.grant else {}


def _unavailable_when_refused(reply: Incoming) -> bytes:
    """The body of a registration.

    Raises:
        OpenSaldoError: the bank refused; there is no access yet that could have ended.
    """
    try:
        return accepted(reply)
    except BankAccessEnded:
        raise BankUnavailable("The bank does not register us as its client.") from None
