"""An OBIE target as a connector: which calls, in which order.

A consent is created with a token of our own, the person grants it on the bank's pages, and the
code that comes back becomes the token that reads. Accounts have the bank's own ids.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from opensaldo.connectors import lenient
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
    TornList,
    WaitingStep,
)
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.obie import convert, messages
from opensaldo.connectors.protocols.obie.client import SCOPE, ObieClient
from opensaldo.connectors.protocols.obie.owners import owners_of_account, owners_of_parties
from opensaldo.connectors.protocols.obie.records import Balances, ListedAccount
from opensaldo.connectors.refusals import code_in
from opensaldo.connectors.signing import Seal
from opensaldo.connectors.trail import Trail
from opensaldo.domain.clock import Clock
from opensaldo.domain.owner import Owner
from opensaldo.domain.secret import Secret
from opensaldo.errors import (
    BankAccessEnded,
    BankAnsweredNonsense,
    BankConsentWithdrawn,
    BankUnavailable,
)

PERMISSIONS = (
    "ReadAccountsDetail",
    "ReadBalances",
    "ReadParty",
    "ReadTransactionsCredits",
    "ReadTransactionsDebits",
    "ReadTransactionsDetail",
)
LIST = "transactions"
CONSENT = "consent"
HISTORY = "history_days"
TOKEN_LIFE_S_MAX = 366 * 86_400


class Obie:
    """One OBIE target; see `Connector` for what each method promises."""

    def __init__(self, profile: Profile, *, door: Door, seal: Seal, clock: Clock) -> None:
        """Bind the road to the one door and our seal."""
        self._profile = profile
        self._client = ObieClient(profile, door=door, seal=seal, clock=clock)
        self._clock = clock
        self._reads_balances = True

    @property
    def capabilities(self) -> Capabilities:
        """What this target offers."""
        return Capabilities(
            lists=(LIST,),
            account_endpoint="account",
            accounts_endpoint="accounts",
            calls_at_once_max=self._profile.calls_at_once_max,
            history_days_initial=self._profile.history_days_initial,
            history_days_later=self._profile.history_days_later,
            calls_per_day_max=self._profile.calls_per_day,
        )

    def sparing(self, spares: frozenset[Spare]) -> Obie:
        """The same road; balances have no call of their own where they are spared."""
        spared = copy(self)
        spared._reads_balances = Spare.BALANCES not in spares
        return spared

    async def begin(self, request: SignInRequest) -> ScaStep:
        """The person's way to the bank's own pages, with a consent that waits for them."""
        days = max(1, min(request.history_days, self._profile.history_days_initial))
        first = self._clock() - timedelta(days=days)
        asked: dict[str, Any] = {
            "Permissions": PERMISSIONS,
            "ExpirationDateTime": wire_time(request.valid_until),
            "TransactionFromDateTime": wire_time(
                first.replace(hour=0, minute=0, second=0, microsecond=0)
            ),
        }
        body = {"Data": asked, "Risk": {}}
        reply = await self._client.create_consent(await self._own_token(), body, request.psu)
        consent_id = lenient.text(reply.data.consent_id) if reply.data else None
        if consent_id is None:
            raise BankAnsweredNonsense("Data.ConsentId", "an id")
        url = self._client.sign_in_address(consent_id, request.return_url, request.state)
        if not self._may_lead_to(url):
            raise BankAnsweredNonsense("authorize_url", "an https address")
        return Redirect(url=url, memory={CONSENT: consent_id, HISTORY: str(days)})

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
        reply = await self._client.token(grant)
        access = self._access(request.grant, reply)
        return Done(
            access=replace(
                access,
                valid_until=request.valid_until,
                history_days=int(step.memory.get(HISTORY, "0")) or None,
                memory={CONSENT: step.memory.get(CONSENT, "")},
            )
        )

    async def renew(self, access: Access, psu: PsuContext | None) -> Access:
        """The access with a fresh token; what the bank does not repeat stays as it was."""
        del psu  # the standard's token call does not say whether the person is there
        if access.refresh_token is None:
            raise BankAccessEnded
        grant = {
            "grant_type": "refresh_token",
            "refresh_token": access.refresh_token.reveal(),
            "scope": f"openid {SCOPE}",
        }
        fresh = self._access(access.grant, await self._client.token(grant))
        return replace(
            fresh,
            refresh_token=fresh.refresh_token or access.refresh_token,
            account_numbers=access.account_numbers,
            valid_until=access.valid_until,
            history_days=access.history_days,
            memory=access.memory,
        )

    async def revoke(self, access: Access) -> None:
        """The consent is deleted at the bank; one that is gone there already is fine."""
        consent_id = access.memory.get(CONSENT)
        if not consent_id:
            return
        token = await self._own_token()
        with contextlib.suppress(BankAccessEnded, BankConsentWithdrawn):
            await self._client.delete_consent(token, consent_id)

    async def account_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        """The bank's ids of the accounts the person chose; closed ones are left out."""
        listed = convert.accounts(await self._client.accounts(access.access_token, psu))
        ids = [one.resource_id for one in listed if not one.is_closed]
        return tuple(dict.fromkeys(name for name in ids if name is not None))

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        """One account with its owners and, unless spared, its balances; each a call."""
        written = await self._client.account(access.access_token, psu, number)
        one = _the_one(convert.accounts(written), number)
        if not self._reads_balances:
            owners = await self._owners(access, number, psu, written)
            return replace(one.reading, owners=owners)
        balances, owners = await asyncio.gather(
            self._client.account(access.access_token, psu, number, "balances"),
            self._owners(access, number, psu, written),
        )
        return _with_balances(one.reading, convert.balances(balances), owners)

    async def pages(
        self,
        access: Access,
        number: str,
        list_name: str,
        since: date,
        psu: PsuContext | None,
    ) -> AsyncIterator[Page]:
        """The pages of the rows from a day on; no further back than the consent goes."""
        del list_name  # the standard has one list of all rows
        token = access.access_token
        first = f"{access.first_day(since, self._clock().date()).isoformat()}T00:00:00Z"
        body = await self._client.transactions(token, psu, number, first)
        trail = Trail("", place="Links.Next")
        while True:
            rows = convert.transactions(body)
            goes_on = trail.goes_on(rows.next_link)
            if not goes_on and trail.count < (rows.page_count or 0):
                raise TornList("Links.Next", f"{rows.page_count} pages, as Meta.TotalPages says")
            yield Page(
                rows=(*rows.pending, *rows.booked), is_last=not goes_on, currency=rows.currency
            )
            if not goes_on:
                return
            body = await self._client.next_page(token, psu, trail.page)

    async def _own_token(self) -> Secret:
        """A token of our own, for consents only."""
        grant = {"grant_type": "client_credentials", "scope": SCOPE}
        try:
            return _token(await self._client.token(grant))
        except BankAccessEnded:  # there is no access that could have ended
            raise BankUnavailable from None

    async def _owners(
        self, access: Access, number: str, psu: PsuContext | None, account: bytes
    ) -> tuple[Owner, ...]:
        """The parties; where the bank shows none, the names beside the account's numbers.

        Whether the access has ended, the account's own call has told before.
        """
        try:
            body = await self._client.account(access.access_token, psu, number, "parties")
        except (BankAccessEnded, BankUnavailable):
            return owners_of_account(account)
        return owners_of_parties(body) or owners_of_account(account)

    def _access(self, grant: str, reply: messages.TokenReply) -> Access:
        """The access that a token reply gives from now on."""
        token, life = _token(reply), str(reply.expires_in)
        if not (life.isascii() and life.isdigit() and len(life) < 10):
            raise BankAnsweredNonsense("expires_in", "whole seconds")
        return Access(
            grant=grant,
            access_token=token,
            expires_at=self._clock() + timedelta(seconds=min(int(life), TOKEN_LIFE_S_MAX)),
            refresh_token=Secret(reply.refresh_token) if reply.refresh_token else None,
        )

    def _may_lead_to(self, url: str) -> bool:
        """Whether a person may be sent there: https, or http when the bank itself is a mock."""
        is_mock = self._profile.base_url.startswith("http://")
        return urlsplit(url).scheme == "https" or is_mock


def wire_time(moment: datetime) -> str:
    """The moment as the standard's date-time: in UTC, whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _token(reply: messages.TokenReply) -> Secret:
    """The token of a reply."""
    if not reply.access_token:
        raise BankAnsweredNonsense("access_token", "a token")
    return Secret(reply.access_token)


def _the_one(listed: tuple[ListedAccount, ...], number: str) -> ListedAccount:
    """The account asked for."""
    found = [one for one in listed if one.resource_id == number]
    if len(found) != 1:
        raise BankAnsweredNonsense("Data.Account", "the account asked for")
    return found[0]


def _with_balances(
    reading: AccountReading, found: Balances, owners: tuple[Owner, ...]
) -> AccountReading:
    """The account with its balances and owners; its currency is theirs when it named none."""
    currency = reading.account.currency
    if currency == lenient.NO_CURRENCY:
        currency = found.currency or currency
    card = reading.card
    return AccountReading(
        account=replace(
            reading.account,
            currency=currency,
            balance=found.standing,
            balance_on=found.standing_on,
            balance_kind=found.standing_kind,
            available=found.available,
        ),
        owners=owners,
        card=replace(
            card,
            currency=currency,
            balance=found.standing,
            balance_on=found.standing_on,
            available=found.available,
            limit=found.limit,
        )
        if card
        else None,
    )
