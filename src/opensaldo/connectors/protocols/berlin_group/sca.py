"""Signing a person in: from step to step as the bank's links lead, until the consent is valid.

A redirect or the bank's app is taken wherever the bank offers one. What a person types is sent at
once and forgotten. Source: NextGenPSD2 1.3.12, 5 (SCA approaches), 7 (authorisations).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from opensaldo.connectors.base import SignInRequest, Wait, WaitingStep
from opensaldo.connectors.protocols.berlin_group import asks
from opensaldo.connectors.protocols.berlin_group.attempt import Attempt, attempt_of
from opensaldo.connectors.protocols.berlin_group.away import Away
from opensaldo.connectors.protocols.berlin_group.client import Asking, BerlinGroupClient
from opensaldo.connectors.protocols.berlin_group.consents import (
    OVER,
    PARTIAL,
    REFUSED,
    SCA_FAILED,
    SCA_GRANTED,
    VALID,
    ConsentAnswer,
    consent_body,
)
from opensaldo.connectors.protocols.berlin_group.faults import refused_by_person
from opensaldo.connectors.protocols.berlin_group.questions import (
    LINKS_FOR_CODE,
    LINKS_FOR_LOGIN,
    LINKS_FOR_METHOD,
    call_of,
    question,
)
from opensaldo.connectors.protocols.berlin_group.talk import Talk, said_in, token_of
from opensaldo.connectors.refusals import check_state
from opensaldo.connectors.road import Approach, ConsentModel, OAuth
from opensaldo.domain.clock import Clock
from opensaldo.errors import (
    AccessBlocked,
    BankAnsweredNonsense,
    ManualActionRequired,
    SignInCancelled,
    SignInTimeout,
)

WAIT_MAX = timedelta(minutes=5)
WAIT_EVERY_S = 2.0
LINKS_FOLLOWED_MAX = 8
NOT_UNDERSTOOD = ("FORMAT_ERROR", "PARAMETER_NOT_SUPPORTED", "SERVICE_INVALID")

Outcome = WaitingStep | Attempt


@dataclass(frozen=True, slots=True)
class Sca:
    """The sign-ins of one target; an `Attempt` as the outcome means that access is granted."""

    client: BerlinGroupClient
    clock: Clock

    @property
    def away(self) -> Away:
        """The ways to the bank's pages and the tokens they bring."""
        return Away(self.client, self.clock)

    @property
    def _talk(self) -> Talk:
        return Talk(self.client)

    async def begin(self, request: SignInRequest) -> Outcome:
        """The first step."""
        profile = self.client.profile
        if profile.oauth is OAuth.PRE_STEP:
            return await self.away.before_consent(request)
        return await self._before_consent(request, Attempt())

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> Outcome:
        """What follows the answer to a step."""
        attempt = attempt_of(step.memory)
        match attempt.phase:
            case "token":
                attempt = await self.away.with_token(request, attempt, answer)
                return await self._before_consent(request, attempt)
            case "questions":
                return await self._new_consent(request, attempt, answer)
            case "redirect":
                return await self._returned(request, attempt, answer)
            case "oauth":
                attempt = await self.away.with_token(request, attempt, answer)
                return await self._standing(request, attempt, is_refused=False)
            case "wait":
                return await self._waited(request, attempt)
            case "login" | "password" | "method" | "code" | "confirmation":
                return await self._typed(request, attempt, answer)
        raise BankAnsweredNonsense("step", "a step of this bank")

    # --- the consent ------------------------------------------------------------------------------
    async def _before_consent(self, request: SignInRequest, attempt: Attempt) -> Outcome:
        """The bank may need to know who the person is, or which accounts, before all else."""
        profile = self.client.profile
        needs_login = not set(profile.approaches) - {Approach.DECOUPLED}
        needs_accounts = profile.consent is ConsentModel.DETAILED
        if needs_login or needs_accounts:
            memory = replace(attempt, phase="questions").memory()
            return asks.questions(request, memory, login=needs_login, accounts=needs_accounts)
        return await self._new_consent(request, attempt, {})

    async def _new_consent(
        self, request: SignInRequest, attempt: Attempt, answer: Mapping[str, str]
    ) -> Outcome:
        """A consent is asked for; once more without the owner's name where that is unknown."""
        profile = self.client.profile
        numbers = asks.account_numbers(answer)
        body = consent_body(profile, request, self.clock().date(), numbers)
        asking = Asking(
            endpoint="createConsent",
            path="consents",
            method="POST",
            query=self.client.redirect_preference(),
            body=body,
            psu=request.psu,
            token=token_of(attempt),
            headers=self._talk.authorising(request) | asks.login_header(answer),
        )
        replied = await self.client.ask(asking)
        codes = replied.refusal.codes if replied.refusal else ()
        if body["access"].pop("additionalInformation", None) and set(codes) & set(NOT_UNDERSTOOD):
            replied = await self.client.ask(replace(asking, body=body))
        said = said_in(replied)
        if not said.consent_id:
            raise BankAnsweredNonsense("consentId", "the id of a consent")
        attempt = replace(attempt, consent_id=said.consent_id)
        return await self._lead(request, attempt, said, asks.login_header(answer))

    async def _standing(
        self, request: SignInRequest, attempt: Attempt, *, is_refused: bool
    ) -> Outcome:
        """What the consent's status means; while it is undecided we wait."""
        path = f"consents/{quote(attempt.consent_id, safe='')}/status"
        said = await self._talk.about(request, attempt, "getConsentStatus", path=path)
        status = said.status or ""
        if status == VALID:
            return await self._with_extra(request, attempt)
        if status == PARTIAL:
            raise ManualActionRequired("Another person must authorise this consent at the bank.")
        if status in REFUSED or is_refused:
            raise refused_by_person(said.message)
        if status in OVER:
            raise SignInCancelled
        return self._wait(attempt, said.message)

    async def _with_extra(self, request: SignInRequest, attempt: Attempt) -> Attempt:
        """The attempt, which knows how a second authorisation ended; the first stays good."""
        if attempt.extra != "asked":
            return attempt
        said = await self._talk.about_sca(request, attempt)
        is_done = said is not None and said.sca_status in SCA_GRANTED
        return replace(attempt, extra="done" if is_done else "refused")

    # --- as the links lead ------------------------------------------------------------------------
    async def _lead(
        self,
        request: SignInRequest,
        attempt: Attempt,
        said: ConsentAnswer,
        login: Mapping[str, str],
    ) -> Outcome:
        """The step the links of an answer lead to; authorisations are started on the way."""
        for _ in range(LINKS_FOLLOWED_MAX):
            attempt = replace(
                attempt,
                authorisation_id=said.authorisation_id or attempt.authorisation_id,
                sca_link=said.link("scastatus") or attempt.sca_link,
            )
            if said.sca_status in SCA_FAILED:
                raise refused_by_person(said.message)
            if (step := await self.away.to_bank(request, attempt, said)) is not None:
                return step
            if said.sca_status in SCA_GRANTED or (said.status == VALID and not said.methods):
                return await self._standing(request, attempt, is_refused=False)
            start = said.link("startauthorisation")
            named = said.link(*LINKS_FOR_LOGIN)
            if start is None and not (named and login):
                approaches = self.client.profile.approaches
                asked = question(said, attempt, request, approaches)
                return asked or self._wait(attempt, said.message or said.challenge.text)
            verb = "PUT" if start is None and "updatepsuidentification" in said.links else "POST"
            said = await self._talk.about(
                request, attempt, "authorise", link=start or named or "", verb=verb, login=login
            )
        raise BankAnsweredNonsense("_links", "a way to authorise")

    async def _typed(
        self, request: SignInRequest, attempt: Attempt, answer: Mapping[str, str]
    ) -> Outcome:
        """What the person typed is sent on, and where the bank leads from there."""
        verb, link = call_of(attempt.link)
        body, login = asks.typed(attempt.phase, answer)
        try:
            said = await self._talk.about(
                request, attempt, "authorise", link=link, verb=verb, login=login, body=body
            )
        except AccessBlocked:
            await self._standing(request, attempt, is_refused=False)  # it may say why
            raise
        if attempt.phase == "confirmation" and not said.links and said.sca_status is None:
            return await self._standing(request, attempt, is_refused=False)
        return await self._lead(request, replace(attempt, link=""), said, login)

    # --- coming back ------------------------------------------------------------------------------
    async def _returned(
        self, request: SignInRequest, attempt: Attempt, answer: Mapping[str, str]
    ) -> Outcome:
        """The person is back from the bank's pages; only the bank's own word counts."""
        check_state(answer, request.state)
        is_refused = bool(answer.get("error"))
        if attempt.link and not is_refused:
            attempt = replace(attempt, phase="confirmation")
            if not code_of(answer):
                return asks.code(attempt.memory(), None)
            return await self._typed(request, attempt, {asks.CODE: code_of(answer)})
        if code_of(answer) and not is_refused:
            said = await self._talk.about_sca(request, attempt)
            if said is not None and (link := said.link("confirmation")) is not None:
                attempt = replace(attempt, phase="confirmation", link=link)
                return await self._typed(request, attempt, {asks.CODE: code_of(answer)})
        return await self._standing(request, attempt, is_refused=is_refused)

    async def _waited(self, request: SignInRequest, attempt: Attempt) -> Outcome:
        """The authorisation as it stands now, then the consent; neither may say more."""
        said = await self._talk.about_sca(request, attempt)
        if said is not None:
            if said.sca_status in SCA_FAILED and not attempt.extra:
                raise refused_by_person(said.message)
            if said.sca_status not in (*SCA_GRANTED, *SCA_FAILED, None):
                if said.link("confirmation", *LINKS_FOR_CODE, *LINKS_FOR_METHOD, "scaredirect"):
                    return await self._lead(request, attempt, said, {})
                return self._wait(attempt, said.message)
        return await self._standing(request, attempt, is_refused=False)

    async def extra_sca(self, request: SignInRequest, attempt: Attempt) -> Outcome:
        """A second authorisation, which opens the older history; without it we go on."""
        path = f"consents/{quote(attempt.consent_id, safe='')}/authorisations"
        said = await self._talk.about(request, attempt, "authorise", path=path, verb="POST")
        return await self._lead(request, replace(attempt, extra="asked"), said, {})

    def _wait(self, attempt: Attempt, text: str) -> Wait:
        """The person confirms elsewhere, until the time is over."""
        now = self.clock()
        until = datetime.fromisoformat(attempt.until) if attempt.until else now + WAIT_MAX
        if now >= until:
            raise SignInTimeout
        memory = replace(attempt, phase="wait", until=until.isoformat()).memory()
        return Wait(text=text, every_s=WAIT_EVERY_S, memory=memory)


def code_of(answer: Mapping[str, str]) -> str:
    """The confirmation code of a return address, empty without one."""
    return answer.get("confirmationCode") or answer.get("authConfirmationCode") or ""
