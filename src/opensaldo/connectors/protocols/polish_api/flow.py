"""A PolishAPI target as a connector: which calls, in which order.

One consent of scope `ais`; the person chooses the accounts on the bank's pages, and the token's
`scope_details` name them.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

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
    WaitingStep,
)
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.polish_api import convert, messages
from opensaldo.connectors.protocols.polish_api.client import PolishApiClient, wire_time
from opensaldo.connectors.protocols.polish_api.faults import sign_in_fault
from opensaldo.connectors.quirks import QUIRKS
from opensaldo.connectors.signing import BankKeys, Seal
from opensaldo.domain.clock import Clock
from opensaldo.domain.secret import Secret
from opensaldo.errors import BankAccessEnded, BankAnsweredNonsense, BankUnavailable

SCOPE = "ais"
HISTORY_DAYS_MAX = 1460  # PolishAPI 2.1.2, maxAllowedHistoryLong
PAGES_MAX = 2_000
RETURN_VALUE_CHARACTERS_MAX = 4_096

_PAGE_OF_LIST = {
    "getTransactionsDone": convert.done_page,
    "getTransactionsPending": convert.pending_page,
    "getHolds": convert.holds_page,
}


class PolishApi:
    """One PolishAPI target; see `Connector` for what each method promises."""

    def __init__(
        self, profile: Profile, *, door: Door, seal: Seal, keys: BankKeys, clock: Clock
    ) -> None:
        """Bind the road to the one door and our seal."""
        self._profile = profile
        self._client = PolishApiClient(profile, door=door, seal=seal, keys=keys, clock=clock)
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        """What this target offers."""
        return Capabilities(
            lists=tuple(_PAGE_OF_LIST),
            account_endpoint="getAccount",
            accounts_endpoint="getAccounts",
            calls_at_once_max=self._profile.calls_at_once_max,
            history_days_initial=self._profile.history_days_initial,
            history_days_later=self._profile.history_days_later,
        )

    async def begin(self, request: SignInRequest) -> ScaStep:
        """The person's way to the bank's own pages."""
        days = min(request.history_days, self._profile.history_days_initial, HISTORY_DAYS_MAX)
        reply = await self._client.authorize(
            {
                "response_type": "code",
                "client_id": self._client.tpp_id,
                "redirect_uri": request.return_url,
                "scope": SCOPE,
                "scope_details": _scope_details(request, max(days, 1)),
                "state": request.state,
            },
            request.psu,
        )
        url = reply.aspsp_redirect_uri or ""
        if not self._may_lead_to(url):
            raise BankAnsweredNonsense("aspspRedirectUri", "an https address")
        return Redirect(url=url)

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> ScaStep:
        """The access that the code brings, or the reason why there is none."""
        del step  # the standard needs nothing remembered
        if not secrets.compare_digest(answer.get("state", "").encode(), request.state.encode()):
            raise BankAnsweredNonsense("state", "the state of this sign-in")
        if error := answer.get("error"):
            raise sign_in_fault(error, answer.get("error_description"))
        code = answer.get("code", "")
        if not 0 < len(code) <= RETURN_VALUE_CHARACTERS_MAX:
            raise BankAnsweredNonsense("code", "a code or an error")
        reply = await self._client.token(
            {
                "grant_type": "authorization_code",
                "Code": code,
                "redirect_uri": request.return_url,
            },
            request.psu,
        )
        granted = convert.granted(reply)
        if granted.consent_id not in {None, request.grant}:  # the code of another sign-in
            raise BankAnsweredNonsense("scope_details.consentId", "the consent of this sign-in")
        access = self._access(request.grant, granted)
        until = min(access.valid_until or request.valid_until, request.valid_until)
        return Done(access=replace(access, valid_until=until))

    async def renew(self, access: Access, psu: PsuContext | None) -> Access:
        """The access with a fresh token; what the bank does not repeat stays as it was."""
        if access.refresh_token is None:
            raise BankAccessEnded
        body = {"grant_type": "refresh_token", "refresh_token": access.refresh_token.reveal()}
        fresh = self._access(access.grant, convert.granted(await self._client.token(body, psu)))
        return replace(
            fresh,
            refresh_token=fresh.refresh_token or access.refresh_token,
            account_numbers=fresh.account_numbers or access.account_numbers,
            valid_until=fresh.valid_until or access.valid_until,
            history_days=fresh.history_days or access.history_days,
        )

    async def account_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        """The accounts the grant names, else those the bank lists."""
        if access.account_numbers:
            return access.account_numbers
        numbers: dict[str, None] = {}
        trail = _Trail()
        while True:
            reply = await self._client.get_accounts(access.access_token, psu, trail.page_id)
            _refuse_hidden_error(reply, reply.accounts)
            numbers |= dict.fromkeys(convert.account_numbers(reply))
            if not trail.goes_on(convert.next_page(reply.page_info)):
                return tuple(numbers)

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        """One account, with what the target's quirks add."""
        reply = await self._client.get_account(access.access_token, psu, number)
        written = messages.present(reply.account)
        if written is None:
            _refuse_hidden_error(reply, None)
            raise BankAnsweredNonsense("account", "an account")
        info = messages.decode(written, messages.AccountInfo, within="account")
        reading = convert.account(info)
        for quirk in self._profile.quirks:
            reading = QUIRKS[quirk](messages.as_written(written), reading)
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
        first_on = self._first_day(access, since)
        query = {"accountNumber": number, "transactionDateFrom": first_on.isoformat()}
        trail = _Trail()
        while True:
            reply = await self._client.get_list(
                list_name, access.access_token, psu, query, trail.page_id
            )
            rows = reply.holds if reply.transactions is None else reply.transactions
            _refuse_hidden_error(reply, rows)
            page = _PAGE_OF_LIST[list_name](reply)
            goes_on = trail.goes_on(convert.next_page(reply.page_info))
            yield page
            if not goes_on:
                return

    async def revoke(self, access: Access) -> None:
        """The consent is deleted at the bank."""
        await self._client.delete_consent(access.grant)

    def _first_day(self, access: Access, since: date) -> date:
        """The first day to ask for; days before the granted history would be refused."""
        if access.history_days is None:
            return since
        return max(since, self._clock().date() - timedelta(days=access.history_days))

    def _access(self, grant: str, granted: convert.Granted) -> Access:
        """The access that a token reply gives from now on."""
        return Access(
            grant=grant,
            access_token=Secret(granted.access_token),
            expires_at=self._clock() + timedelta(seconds=granted.expires_in_s),
            refresh_token=Secret(granted.refresh_token) if granted.refresh_token else None,
            account_numbers=granted.account_numbers,
            valid_until=granted.valid_until,
            history_days=granted.history_days,
        )

    def _may_lead_to(self, url: str) -> bool:
        """Whether a person may be sent there: https, or http when the bank itself is a mock."""
        parts = urlsplit(url)
        if not parts.hostname:
            return False
        is_mock = self._profile.base_url.startswith("http://")
        return parts.scheme == "https" or (parts.scheme == "http" and is_mock)


class _Trail:
    """The pages read of one list: each only once, and not without end."""

    def __init__(self) -> None:
        """Start before the first page."""
        self.page_id: str | None = None
        self._seen: set[str] = set()

    def goes_on(self, page_id: str | None) -> bool:
        """Whether a further page follows, which then is `page_id`.

        Raises:
            BankAnsweredNonsense: the bank leads us in a circle or never ends.
        """
        if page_id is None:
            return False
        if page_id in self._seen:
            raise BankAnsweredNonsense("pageInfo.nextPage", "a page not read before")
        if len(self._seen) + 2 > PAGES_MAX:
            raise BankAnsweredNonsense("pageInfo.nextPage", f"at most {PAGES_MAX} pages")
        self._seen.add(page_id)
        self.page_id = page_id
        return True


def _scope_details(request: SignInRequest, history_days: int) -> dict[str, Any]:
    """The consent we ask for: details, booked, pending and held; any account the person chooses."""
    usage = {"scopeUsageLimit": "multiple" if request.repeated else "single"}
    lists = {
        f"ais:{name}": {**usage, "maxAllowedHistoryLong": history_days} for name in _PAGE_OF_LIST
    }
    return {
        "privilegeList": [{"ais:getAccount": usage, **lists}],
        "scopeGroupType": SCOPE,
        "consentId": request.grant,
        "scopeTimeLimit": wire_time(_whole_second(request.valid_until)),
        "throttlingPolicy": "psd2Regulatory",
    }


def _whole_second(moment: datetime) -> datetime:
    """The moment without fractions."""
    return moment.replace(microsecond=0)


def _refuse_hidden_error(reply: messages.Reply, content: object) -> None:
    """Pass unless a reply of status 200 without content is an error, or no reply of the standard.

    Banks leave out an empty list, but none leaves out the header that every reply must have.
    """
    if content is not None:
        return
    if reply.code is not None or reply.message is not None:
        raise BankUnavailable
    if reply.response_header is None:
        raise BankAnsweredNonsense("responseHeader", "a header")
