"""A Berlin Group target as a connector: which calls, in which order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import quote

from opensaldo.connectors.base import (
    Access,
    AccountReading,
    Capabilities,
    Done,
    Page,
    PsuContext,
    ScaStep,
    SignInRequest,
    Spare,
    WaitingStep,
)
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.berlin_group.attempt import Attempt
from opensaldo.connectors.protocols.berlin_group.client import Asking, BerlinGroupClient
from opensaldo.connectors.protocols.berlin_group.consents import consent_answer, end_of
from opensaldo.connectors.protocols.berlin_group.dialects import Dialect
from opensaldo.connectors.protocols.berlin_group.known import CARD_PREFIX, number_of, write_known
from opensaldo.connectors.protocols.berlin_group.reading import (
    ACCOUNTS,
    CONSENT,
    EXTRA_SCA,
    SCA_AT,
    Reader,
)
from opensaldo.connectors.protocols.berlin_group.sca import Outcome, Sca
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import Clock
from opensaldo.domain.command import CommandName
from opensaldo.domain.secret import Secret
from opensaldo.errors import BankAccessEnded, BankError, OpenSaldoError

LISTS = ("transactions",)
TOKEN_URL = "token_url"  # noqa: S105 - a key, not a secret
ENDED = (400, 401, 403, 404, 409, 410)


class BerlinGroup:
    """One Berlin Group target, or one of a relative; see `Connector` for the promises."""

    def __init__(
        self, profile: Profile, dialect: Dialect, *, door: Door, seal: Seal, clock: Clock
    ) -> None:
        """Bind the road to the one door and our seal."""
        self._profile = profile
        self._client = BerlinGroupClient(profile, dialect, door=door, seal=seal, clock=clock)
        self._sca = Sca(self._client, clock)
        self._reader = Reader(self._client, clock)
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        """What this target offers."""
        return Capabilities(
            lists=LISTS,
            account_endpoint="account",
            accounts_endpoint="getAccounts",
            calls_at_once_max=self._profile.calls_at_once_max,
            history_days_initial=self._profile.history_days_initial,
            history_days_later=self._profile.history_days_later,
            calls_per_day_max=self._profile.calls_per_day,
        )

    def sparing(self, spares: frozenset[Spare]) -> BerlinGroup:
        """The same road; balances have no call of their own where they are spared."""
        spared = copy(self)
        spared._reader = replace(self._reader, asks_balances=Spare.BALANCES not in spares)
        return spared

    def is_card(self, number: str) -> bool:
        """Whether our name of the account is that of a card's."""
        return number.startswith(CARD_PREFIX)

    async def begin(self, request: SignInRequest) -> ScaStep:
        """The first step, as the bank's links lead."""
        return await self._next(request, await self._sca.begin(request))

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> ScaStep:
        """The step that follows, or the access."""
        return await self._next(request, await self._sca.resume(request, step, answer))

    async def renew(self, access: Access, psu: PsuContext | None) -> Access:
        """The access with a fresh token; a refresh token of one use is replaced by its follower."""
        del psu  # the standard's token call does not say who started it
        if access.refresh_token is None:
            raise BankAccessEnded
        old = access.refresh_token.reveal()
        before = Attempt(
            refresh_token=old,
            token_url=access.memory.get(TOKEN_URL, "") or self._profile.token_url,
        )
        form = {
            "grant_type": "refresh_token",
            "refresh_token": old,
            "client_id": self._client.client_id,
        }
        fresh = await self._sca.away.new_token(before, form)
        return replace(
            access,
            access_token=Secret(fresh.access_token),
            refresh_token=Secret(fresh.refresh_token),
            expires_at=datetime.fromisoformat(fresh.token_until),
        )

    async def revoke(self, access: Access) -> None:
        """The consent is deleted at the bank."""
        consent = quote(access.memory.get(CONSENT, ""), safe="")
        replied = await self._client.ask(
            Asking(
                endpoint="deleteConsent",
                path=f"consents/{consent}",
                method="DELETE",
                token=access.access_token,
            )
        )
        if replied.status not in ENDED:
            replied.checked()

    async def account_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        """The accounts listed when access was granted, else those the bank lists now."""
        if access.account_numbers:
            return access.account_numbers
        listed = await self._reader.listed(access, psu, with_cards=False)
        return tuple(number for one in listed if (number := number_of(one)))

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        """One account with its balances."""
        return await self._reader.account(access, number, psu)

    def pages(
        self,
        access: Access,
        number: str,
        list_name: str,
        since: date,
        psu: PsuContext | None,
    ) -> AsyncIterator[Page]:
        """The pages of the one list an account has; no further back than the bank serves now."""
        del list_name
        return self._reader.pages(access, number, since, psu)

    async def _next(self, request: SignInRequest, outcome: Outcome) -> ScaStep:
        """The step itself, or the access; older history may need one authorisation more."""
        if not isinstance(outcome, Attempt):
            return outcome
        if self._needs_extra_sca(request, outcome):
            outcome = await self._extra_sca(request, outcome)
            if not isinstance(outcome, Attempt):
                return outcome
        return await self._granted(request, outcome)

    def _needs_extra_sca(self, request: SignInRequest, attempt: Attempt) -> bool:
        """Only where the client wished it: a second authorisation costs people who give up."""
        is_deeper = request.history_days > self._profile.history_days_later
        is_wished = request.force_sca and is_deeper
        return self._profile.history_extra_sca and is_wished and not attempt.extra

    async def _extra_sca(self, request: SignInRequest, attempt: Attempt) -> Outcome:
        """The second authorisation; a bank that refuses to start it leaves the first one good."""
        try:
            return await self._sca.extra_sca(request, attempt)
        except BankError:
            return replace(attempt, extra="refused")

    async def _granted(self, request: SignInRequest, attempt: Attempt) -> Done:
        """The access; its accounts are listed while the person is there."""
        until = await self._valid_until(request, attempt)
        memory = {CONSENT: attempt.consent_id, SCA_AT: self._clock().isoformat()}
        if attempt.token_url:
            memory[TOKEN_URL] = attempt.token_url
        if attempt.extra == "done":
            memory[EXTRA_SCA] = "1"
        access = Access(
            grant=request.grant,
            access_token=Secret(attempt.access_token),
            expires_at=datetime.fromisoformat(attempt.token_until)
            if attempt.token_until
            else until,
            refresh_token=Secret(attempt.refresh_token) if attempt.refresh_token else None,
            valid_until=until,
            memory=memory,
        )
        has_cards = CommandName.IMPORT_CARDS in request.target.commands
        listed = await self._reader.listed(access, request.psu, with_cards=has_cards)
        numbers = tuple(dict.fromkeys(number for one in listed if (number := number_of(one))))
        memory[ACCOUNTS] = write_known(listed, self._client.root)
        return Done(access=replace(access, account_numbers=numbers, memory=memory))

    async def _valid_until(self, request: SignInRequest, attempt: Attempt) -> datetime:
        """How long the consent lives: as asked, unless the bank says that it is shorter.

        A bank that does not show its consents leaves it at what was asked.
        """
        if not request.repeated:
            return request.valid_until
        token = Secret(attempt.access_token) if attempt.access_token else None
        path = f"consents/{quote(attempt.consent_id, safe='')}"
        try:
            replied = await self._client.ask(
                Asking(endpoint="getConsent", path=path, psu=request.psu, token=token)
            )
            day = consent_answer(replied.checked().body, replied.headers).valid_until
        except OpenSaldoError:
            return request.valid_until
        return request.valid_until if day is None else min(request.valid_until, end_of(day))
