"""A PolishAPI target as a connector: which calls, in which order.

As a rule one consent of scope `ais` is asked for; the person chooses the accounts on the bank's
pages, and the token's `scope_details` name them. A road with the consent model `detailed` takes two
steps: a consent to list the accounts, then that token in exchange for one that reads them, or a
second sign-in where the bank exchanges none.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import date, timedelta
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
    WaitingStep,
)
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.polish_api import consent, convert, messages
from opensaldo.connectors.protocols.polish_api.client import PolishApiClient
from opensaldo.connectors.protocols.polish_api.details import wants_detail, with_detail
from opensaldo.connectors.protocols.polish_api.granted import Granted, granted
from opensaldo.connectors.protocols.polish_api.pages import refuse_hidden_error
from opensaldo.connectors.protocols.polish_api.versions import Registration
from opensaldo.connectors.quirks import QUIRKS
from opensaldo.connectors.refusals import code_in
from opensaldo.connectors.road import ConsentModel
from opensaldo.connectors.signing import BankKeys, Seal
from opensaldo.connectors.trail import Trail
from opensaldo.domain.clock import Clock
from opensaldo.domain.secret import Secret
from opensaldo.domain.transaction import Transaction
from opensaldo.errors import (
    BankAccessEnded,
    BankAnsweredNonsense,
    BankConsentWithdrawn,
    BankError,
    BankUnavailable,
)

DONE_LIST = "getTransactionsDone"
USUAL_LISTS = (DONE_LIST, "getTransactionsPending", "getHolds")
NEXT_PAGE = "pageInfo.nextPage"
LISTED = "listed"
NAMED = "named"

_PAGE_OF_LIST = {
    DONE_LIST: convert.done_page,
    "getTransactionsPending": convert.pending_page,
    "getHolds": convert.holds_page,
    "getTransactionsScheduled": convert.scheduled_page,
    "getTransactionsRejected": convert.rejected_page,
    "getTransactionsCancelled": convert.cancelled_page,
}


class PolishApi:
    """One PolishAPI target; see `Connector` for what each method promises."""

    def __init__(
        self,
        profile: Profile,
        *,
        door: Door,
        seal: Seal,
        keys: BankKeys,
        clock: Clock,
        registration: Registration | None = None,
    ) -> None:
        """Bind the road to the one door and our seal.

        Raises:
            ValueError: the road names a list the standard does not know.
        """
        self._profile = profile
        self._lists = profile.lists or USUAL_LISTS
        if unknown := set(self._lists) - set(_PAGE_OF_LIST):
            raise ValueError(f"lists of PolishAPI, not {', '.join(sorted(unknown))}")
        self._client = PolishApiClient(
            profile, door=door, seal=seal, keys=keys, clock=clock, registration=registration
        )
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        """What this target offers."""
        return Capabilities(
            lists=self._lists,
            account_endpoint="getAccount",
            accounts_endpoint="getAccounts",
            attended_endpoints=(consent.DETAIL,) if self._profile.details_max else (),
            calls_at_once_max=self._profile.calls_at_once_max,
            history_days_initial=self._profile.history_days_initial,
            history_days_later=self._profile.history_days_later,
            calls_per_day_max=self._profile.calls_per_day,
        )

    def sparing(self, spares: frozenset[Spare]) -> PolishApi:
        """The same road; rows are left without details where those are spared."""
        spared = copy(self)
        if Spare.ROW_DETAILS in spares:
            spared._profile = replace(self._profile, details_max=0)
        return spared

    async def begin(self, request: SignInRequest) -> ScaStep:
        """The person's way to the bank's own pages."""
        if self._profile.consent is ConsentModel.DETAILED:
            return await self._authorize(request, consent.listing_details(request), {LISTED: ""})
        return await self._authorize(request, self._reading_details(request), {})

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> ScaStep:
        """The access that the code brings, the next step, or the reason why there is none."""
        code = code_in(answer, request.state)
        reply = await self._client.token(
            {
                "grant_type": "authorization_code",
                "Code": code,
                "redirect_uri": request.return_url,
            },
            request.psu,
        )
        if LISTED in step.memory:
            listing = self._granted(request, reply, consent.listing_id(request.grant))
            return await self._read_what_is_listed(request, listing)
        named = tuple(filter(None, step.memory.get(NAMED, "").split("\n")))
        return self._done(request, reply, named)

    async def renew(self, access: Access, psu: PsuContext | None) -> Access:
        """The access with a fresh token; what the bank does not repeat stays as it was."""
        if access.refresh_token is None:
            raise BankAccessEnded
        body = {"grant_type": "refresh_token", "refresh_token": access.refresh_token.reveal()}
        fresh = self._access(access.grant, granted(await self._client.token(body, psu)))
        return replace(
            fresh,
            refresh_token=fresh.refresh_token or access.refresh_token,
            account_numbers=fresh.account_numbers or access.account_numbers,
            valid_until=fresh.valid_until or access.valid_until,
            history_days=fresh.history_days or access.history_days,
        )

    async def revoke(self, access: Access) -> None:
        """The consent is deleted at the bank; one that is gone there already is fine."""
        with contextlib.suppress(BankAccessEnded, BankConsentWithdrawn):
            await self._client.delete_consent(access.grant)

    async def account_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        """The accounts the grant names, else those the bank lists."""
        return access.account_numbers or await self._listed_numbers(access, psu)

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        """One account, with what the target's quirks add."""
        reply = await self._client.get_account(access.access_token, psu, number)
        written = lenient.present(reply.account)
        if written is None:
            refuse_hidden_error(reply, None)
            raise BankAnsweredNonsense("account", "an account")
        info = lenient.decode(written, messages.AccountInfo, within="account")
        reading = convert.account(info)
        for quirk in self._profile.quirks:
            reading = QUIRKS[quirk](lenient.as_written(written), reading)
        return reading

    async def pages(
        self,
        access: Access,
        number: str,
        list_name: str,
        since: date,
        psu: PsuContext | None,
    ) -> AsyncIterator[Page]:
        """The pages of one list; no further back than the consent goes."""
        first_on = access.first_day(since, self._clock().date())
        query = {"accountNumber": number, "transactionDateFrom": first_on.isoformat()}
        details_left = self._profile.details_max if psu and list_name == DONE_LIST else 0
        trail = Trail[str | None](None, place=NEXT_PAGE)
        while True:
            reply = await self._client.get_list(
                list_name, access.access_token, psu, query, trail.page
            )
            rows = reply.holds if reply.transactions is None else reply.transactions
            refuse_hidden_error(reply, rows)
            page = _PAGE_OF_LIST[list_name](reply)
            goes_on = trail.goes_on(convert.next_page(reply.page_info))
            wanting = [row for row in page.rows if wants_detail(row)][:details_left]
            details_left -= len(wanting)
            yield await self._detailed(page, wanting, access, number, psu)
            if not goes_on:
                return

    async def _authorize(
        self, request: SignInRequest, details: consent.Details, memory: Mapping[str, str]
    ) -> Redirect:
        """The person's way to grant these details."""
        reply = await self._client.authorize(
            {
                "response_type": "code",
                "client_id": self._client.client_id,
                "redirect_uri": request.return_url,
                "scope": details["scopeGroupType"],
                "scope_details": details,
                "state": request.state,
            },
            request.psu,
        )
        url = reply.aspsp_redirect_uri or ""
        if not self._may_lead_to(url):
            raise BankAnsweredNonsense("aspspRedirectUri", "an https address")
        return Redirect(url=url, memory=memory)

    async def _read_what_is_listed(self, request: SignInRequest, listing: Access) -> ScaStep:
        """The second step: the listing's token in exchange for one that reads, else a sign-in.

        Banks refuse an exchange they do not know in many ways (400, 401, 422, 500, 501): any of
        them leads to the sign-in, which tells a bank that is out of order from one that is not.
        """
        numbers = await self._listed_numbers(listing, request.psu)
        if not numbers:
            raise BankAnsweredNonsense("accounts", "at least one account")
        details = self._reading_details(request, numbers)
        body = {
            "grant_type": "exchange_token",
            "exchange_token": listing.access_token.reveal(),
            "scope": consent.SCOPE,
            "scope_details": details,
        }
        try:
            reply = await self._client.token(body, request.psu)
        except (BankAccessEnded, BankUnavailable):
            return await self._authorize(request, details, {NAMED: "\n".join(numbers)})
        return self._done(request, reply, numbers)

    def _reading_details(
        self, request: SignInRequest, numbers: tuple[str, ...] = ()
    ) -> consent.Details:
        """What is asked for to read."""
        return consent.reading_details(
            request,
            lists=self._lists,
            history_days=min(request.history_days, self._profile.history_days_initial),
            has_details=self._profile.details_max > 0,
            numbers=numbers,
        )

    async def _listed_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        """All the accounts the bank lists, masked where it masks them."""
        numbers: dict[str, None] = {}
        trail = Trail[str | None](None, place=NEXT_PAGE)
        while True:
            reply = await self._client.get_accounts(access.access_token, psu, trail.page)
            refuse_hidden_error(reply, reply.accounts)
            numbers |= dict.fromkeys(convert.account_numbers(reply))
            if not trail.goes_on(convert.next_page(reply.page_info)):
                return tuple(numbers)

    async def _detailed(
        self,
        page: Page,
        wanting: list[Transaction],
        access: Access,
        number: str,
        psu: PsuContext | None,
    ) -> Page:
        """The page, its rows that want a detail with what the bank says of them."""
        if not wanting:
            return page
        found = await asyncio.gather(*(self._detail(one, access, number, psu) for one in wanting))
        by_row = dict(zip(wanting, found, strict=True))
        return replace(page, rows=tuple(by_row.get(row, row) for row in page.rows))

    async def _detail(
        self, row: Transaction, access: Access, number: str, psu: PsuContext | None
    ) -> Transaction:
        """The row with its detail; as it was when the bank does not tell."""
        try:
            reply = await self._client.get_transaction_detail(
                access.access_token, psu, number, row.bank_id or ""
            )
        except BankError:
            return row
        return with_detail(row, reply)

    def _done(
        self, request: SignInRequest, reply: messages.TokenReply, asked: tuple[str, ...]
    ) -> Done:
        """The access to the accounts the bank names, else to those asked for."""
        access = self._granted(request, reply, request.grant)
        until = min(access.valid_until or request.valid_until, request.valid_until)
        numbers = access.account_numbers or asked
        return Done(access=replace(access, valid_until=until, account_numbers=numbers))

    def _granted(
        self, request: SignInRequest, reply: messages.TokenReply, consent_id: str
    ) -> Access:
        """The access of a token, refused when it is another sign-in's."""
        given = granted(reply)
        if given.consent_id not in {None, consent_id}:
            raise BankAnsweredNonsense("scope_details.consentId", "the consent of this sign-in")
        return self._access(request.grant, given)

    def _access(self, grant: str, given: Granted) -> Access:
        """The access that a token reply gives from now on."""
        return Access(
            grant=grant,
            access_token=Secret(given.access_token),
            expires_at=self._clock() + timedelta(seconds=given.expires_in_s),
            refresh_token=Secret(given.refresh_token) if given.refresh_token else None,
            account_numbers=given.account_numbers,
            valid_until=given.valid_until,
            history_days=given.history_days,
        )

    def _may_lead_to(self, url: str) -> bool:
        """Whether a person may be sent there: https, or http when the bank itself is a mock."""
        parts = urlsplit(url)
        if not parts.hostname:
            return False
        is_mock = self._profile.base_url.startswith("http://")
        return parts.scheme == "https" or (parts.scheme == "http" and is_mock)
