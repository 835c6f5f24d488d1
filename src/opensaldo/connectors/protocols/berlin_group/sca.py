"""Signing a person in: from step to step as the bank's links lead, until the consent is valid.

A redirect or the bank's app is taken wherever the bank offers one. What a person types is sent at
once and forgotten. Source: NextGenPSD2 1.3.12, 5 (SCA approaches), 7 (authorisations).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from opensaldo.connectors.base import Redirect, SignInRequest, Wait, WaitingStep
from opensaldo.connectors.protocols.berlin_group import asks, oauth
from opensaldo.connectors.protocols.berlin_group.attempt import Attempt, attempt_of
from opensaldo.connectors.protocols.berlin_group.client import Asking, BerlinGroupClient, Replied
from opensaldo.connectors.protocols.berlin_group.consents import (
    OVER,
    PARTIAL,
    REFUSED,
    SCA_FAILED,
    SCA_GRANTED,
    VALID,
    ConsentAnswer,
    consent_answer,
    consent_body,
)
from opensaldo.connectors.protocols.berlin_group.faults import refused_by_person
from opensaldo.connectors.protocols.berlin_group.links import (
    followed,
    may_lead_person_to,
    origin_of,
)
from opensaldo.connectors.refusals import check_state, code_in
from opensaldo.connectors.road import Approach, ConsentModel, OAuth
from opensaldo.domain.clock import Clock
from opensaldo.domain.secret import Secret
from opensaldo.errors import (
    AccessBlocked,
    BankAccessEnded,
    BankAnsweredNonsense,
    ManualActionRequired,
    SignInCancelled,
    SignInTimeout,
    UnsupportedLoginMethod,
)

WAIT_MAX = timedelta(minutes=5)
WAIT_EVERY_S = 2.0
LINKS_FOLLOWED_MAX = 8
METADATA_PATH = "/.well-known/oauth-authorization-server"  # RFC 8414, 3
NOT_UNDERSTOOD = ("FORMAT_ERROR", "PARAMETER_NOT_SUPPORTED", "SERVICE_INVALID")

Outcome = WaitingStep | Attempt
_START_WITH_PASSWORD = "startauthorisationwithpsuauthentication"  # noqa: S105 - a link's name
_LINKS_FOR_LOGIN = ("startauthorisationwithpsuidentification", "updatepsuidentification")
_LINKS_FOR_PASSWORD = (_START_WITH_PASSWORD, "updatepsuauthentication")
_LINKS_FOR_METHOD = (
    "startauthorisationwithauthenticationmethodselection",
    "selectauthenticationmethod",
)
_LINKS_FOR_CODE = ("startauthorisationwithtransactionauthorisation", "authorisetransaction")


@dataclass(frozen=True, slots=True)
class Sca:
    """The sign-ins of one target; an `Attempt` as the outcome means that access is granted."""

    client: BerlinGroupClient
    clock: Clock

    async def begin(self, request: SignInRequest) -> Outcome:
        """The first step."""
        profile = self.client.profile
        if profile.oauth is OAuth.PRE_STEP:
            server = await self._server(f"{profile.base_url.rstrip('/')}{METADATA_PATH}")
            return self._to_oauth(request, Attempt(phase="token"), server)
        return await self._before_consent(request, Attempt())

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> Outcome:
        """What follows the answer to a step."""
        attempt = attempt_of(step.memory)
        match attempt.phase:
            case "token":
                attempt = await self._with_token(request, attempt, answer)
                return await self._before_consent(request, attempt)
            case "questions":
                return await self._new_consent(request, attempt, answer)
            case "redirect":
                return await self._returned(request, attempt, answer)
            case "oauth":
                attempt = await self._with_token(request, attempt, answer)
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
            token=_token(attempt),
            headers=self._authorising(request) | asks.login_header(answer),
        )
        replied = await self.client.ask(asking)
        codes = replied.refusal.codes if replied.refusal else ()
        if body["access"].pop("additionalInformation", None) and set(codes) & set(NOT_UNDERSTOOD):
            replied = await self.client.ask(replace(asking, body=body))
        said = _said(replied)
        if not said.consent_id:
            raise BankAnsweredNonsense("consentId", "the id of a consent")
        attempt = replace(attempt, consent_id=said.consent_id)
        return await self._lead(request, attempt, said, asks.login_header(answer))

    async def _standing(
        self, request: SignInRequest, attempt: Attempt, *, is_refused: bool
    ) -> Outcome:
        """What the consent's status means; while it is undecided we wait."""
        path = f"consents/{quote(attempt.consent_id, safe='')}/status"
        said = await self._about(request, attempt, "getConsentStatus", path=path)
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
        said = await self._about_sca(request, attempt)
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
            if (step := await self._away(request, attempt, said)) is not None:
                return step
            if said.sca_status in SCA_GRANTED or (said.status == VALID and not said.methods):
                return await self._standing(request, attempt, is_refused=False)
            start = said.link("startauthorisation")
            named = said.link(*_LINKS_FOR_LOGIN)
            if start is None and not (named and login):
                return self._asked(request, attempt, said)
            verb = "PUT" if start is None and "updatepsuidentification" in said.links else "POST"
            said = await self._about(
                request, attempt, "authorise", link=start or named or "", verb=verb, login=login
            )
        raise BankAnsweredNonsense("_links", "a way to authorise")

    async def _away(
        self, request: SignInRequest, attempt: Attempt, said: ConsentAnswer
    ) -> WaitingStep | None:
        """The redirect or OAuth page that is offered, None without one."""
        if (url := said.link("scaredirect")) is not None:
            if not self._may_lead_to(url):
                raise BankAnsweredNonsense("_links.scaRedirect", "an https address")
            link = said.link("confirmation") or ""
            return Redirect(url=url, memory=replace(attempt, phase="redirect", link=link).memory())
        if (url := said.link("scaoauth")) is not None:
            server = await self._server(url)
            return self._to_oauth(request, replace(attempt, phase="oauth"), server)
        return None

    def _asked(self, request: SignInRequest, attempt: Attempt, said: ConsentAnswer) -> WaitingStep:
        """What the person is asked here, or that they confirm in the bank's app.

        Raises:
            UnsupportedLoginMethod: the bank wants secrets typed here and that is switched off.
        """
        is_embedded = Approach.EMBEDDED in self.client.profile.approaches
        is_decoupled = said.approach == "DECOUPLED"
        if (link := said.link("confirmation")) is not None:
            return asks.code(_next(attempt, "confirmation", link), said)
        if (link := said.link(*_LINKS_FOR_CODE)) is not None and is_embedded:
            return asks.code(_next(attempt, "code", link), said)
        if (
            (link := said.link(*_LINKS_FOR_METHOD))
            and said.methods
            and (is_embedded or is_decoupled)
        ):
            verb = "POST:" if link == said.link(_LINKS_FOR_METHOD[0]) else ""
            return asks.method(_next(attempt, "method", verb + link), said)
        if (link := said.link(*_LINKS_FOR_PASSWORD)) is not None and is_embedded:
            verb = "POST:" if _START_WITH_PASSWORD in said.links else ""
            return asks.password(_next(attempt, "password", verb + link), said, request)
        if (link := said.link(*_LINKS_FOR_LOGIN)) is not None:
            verb = "POST:" if _LINKS_FOR_LOGIN[0] in said.links else ""
            return asks.login(_next(attempt, "login", verb + link), said, request)
        secret = any("psuauthentication" in name or name in _LINKS_FOR_CODE for name in said.links)
        if secret and not is_decoupled:
            raise UnsupportedLoginMethod
        return self._wait(attempt, said.message or said.challenge.text)

    async def _typed(
        self, request: SignInRequest, attempt: Attempt, answer: Mapping[str, str]
    ) -> Outcome:
        """What the person typed is sent on, and where the bank leads from there."""
        before, mark, link = attempt.link.partition("POST:")
        body, login = asks.typed(attempt.phase, answer)
        verb, link = ("POST", link) if mark else ("PUT", before)
        try:
            said = await self._about(
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
            said = await self._about_sca(request, attempt)
            if said is not None and (link := said.link("confirmation")) is not None:
                attempt = replace(attempt, phase="confirmation", link=link)
                return await self._typed(request, attempt, {asks.CODE: code_of(answer)})
        return await self._standing(request, attempt, is_refused=is_refused)

    async def _waited(self, request: SignInRequest, attempt: Attempt) -> Outcome:
        """The authorisation as it stands now, then the consent; neither may say more."""
        said = await self._about_sca(request, attempt)
        if said is not None:
            if said.sca_status in SCA_FAILED and not attempt.extra:
                raise refused_by_person(said.message)
            if said.sca_status not in (*SCA_GRANTED, *SCA_FAILED, None):
                if said.link("confirmation", *_LINKS_FOR_CODE, *_LINKS_FOR_METHOD, "scaredirect"):
                    return await self._lead(request, attempt, said, {})
                return self._wait(attempt, said.message)
        return await self._standing(request, attempt, is_refused=False)

    async def _with_token(
        self, request: SignInRequest, attempt: Attempt, answer: Mapping[str, str]
    ) -> Attempt:
        """The attempt with the token that the code of the return address brings."""
        code = code_in(answer, request.state)
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client.client_id,
            "code": code,
            "code_verifier": attempt.verifier,
            "redirect_uri": request.return_url,
        }
        return await self.new_token(replace(attempt, verifier=""), form)

    async def new_token(self, attempt: Attempt, form: Mapping[str, str]) -> Attempt:
        """The attempt with the tokens a form brings; the refresh token stays where none is new.

        Raises:
            BankAccessEnded: the bank takes neither code nor token any more.
        """
        replied = await self.client.token(attempt.token_url, form)
        if replied.refusal is not None and replied.status in (400, 401, 403):
            raise BankAccessEnded
        tokens = oauth.tokens_of(replied.checked().body)
        until = self.clock() + timedelta(seconds=tokens.life_s)
        return replace(
            attempt,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token or attempt.refresh_token,
            token_until=until.isoformat(),
        )

    async def extra_sca(self, request: SignInRequest, attempt: Attempt) -> Outcome:
        """A second authorisation, which opens the older history; without it we go on."""
        path = f"consents/{quote(attempt.consent_id, safe='')}/authorisations"
        said = await self._about(request, attempt, "authorise", path=path, verb="POST")
        return await self._lead(request, replace(attempt, extra="asked"), said, {})

    # --- calls ------------------------------------------------------------------------------------
    async def _about(
        self,
        request: SignInRequest,
        attempt: Attempt,
        endpoint: str,
        *,
        path: str = "",
        link: str = "",
        verb: str = "GET",
        login: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> ConsentAnswer:
        """What the bank answers to a call about the consent."""
        headers = dict(login or {}) | (self._authorising(request) if verb != "GET" else {})
        replied = await self.client.ask(
            Asking(
                endpoint=endpoint,
                path=path,
                link=link,
                method=verb,
                body=(body or {}) if verb != "GET" else None,
                psu=request.psu,
                token=_token(attempt),
                headers=headers,
            )
        )
        return _said(replied)

    async def _about_sca(self, request: SignInRequest, attempt: Attempt) -> ConsentAnswer | None:
        """How the authorisation stands, None when the bank gave it no address."""
        if attempt.sca_link:
            return await self._about(request, attempt, "getScaStatus", link=attempt.sca_link)
        if not attempt.authorisation_id:
            return None
        names = (attempt.consent_id, attempt.authorisation_id)
        consent, authorisation = (quote(name, safe="") for name in names)
        path = f"consents/{consent}/authorisations/{authorisation}"
        return await self._about(request, attempt, "getScaStatus", path=path)

    def _authorising(self, request: SignInRequest) -> dict[str, str]:
        """The headers of calls that make or authorise a consent."""
        mark = "&" if "?" in request.return_url else "?"
        back = f"{request.return_url}{mark}{urlencode({'state': request.state})}"
        preferred = self.client.preferred
        return {
            "TPP-Redirect-URI": back,
            "TPP-Nok-Redirect-URI": f"{back}&error=access_denied",
            "TPP-Redirect-Preferred": str(preferred in (Approach.REDIRECT, Approach.OAUTH)).lower(),
            "TPP-Decoupled-Preferred": str(preferred is Approach.DECOUPLED).lower(),
        }

    async def _server(self, url: str) -> oauth.Server:
        """The authorisation server: the one configured, else as its metadata describe it.

        Raises:
            BankAnsweredNonsense: the token endpoint is not the bank's own.
        """
        profile = self.client.profile
        if profile.authorize_url and profile.token_url:
            return oauth.Server(profile.authorize_url, profile.token_url)
        body = await self.client.metadata(followed(url, root=self.client.root))
        server = oauth.server_of(body)
        if origin_of(server.token_url) != origin_of(self.client.root):
            raise BankAnsweredNonsense("token_endpoint", "an address of the bank")
        return server

    def _to_oauth(self, request: SignInRequest, attempt: Attempt, server: oauth.Server) -> Redirect:
        """The way to the authorisation server."""
        verifier = oauth.new_verifier()
        url = oauth.authorize_address(
            server.authorize_url,
            request,
            client_id=self.client.client_id,
            consent_id=attempt.consent_id,
            verifier=verifier,
        )
        if not self._may_lead_to(url):
            raise BankAnsweredNonsense("authorization_endpoint", "an https address")
        attempt = replace(attempt, verifier=verifier, token_url=server.token_url)
        return Redirect(url=url, memory=attempt.memory())

    def _wait(self, attempt: Attempt, text: str) -> Wait:
        """The person confirms elsewhere, until the time is over."""
        now = self.clock()
        until = datetime.fromisoformat(attempt.until) if attempt.until else now + WAIT_MAX
        if now >= until:
            raise SignInTimeout
        memory = replace(attempt, phase="wait", until=until.isoformat()).memory()
        return Wait(text=text, every_s=WAIT_EVERY_S, memory=memory)

    def _may_lead_to(self, url: str) -> bool:
        is_mock = self.client.profile.base_url.startswith("http://")
        return may_lead_person_to(url, is_mock=is_mock)


def code_of(answer: Mapping[str, str]) -> str:
    """The confirmation code of a return address, empty without one."""
    return answer.get("confirmationCode") or answer.get("authConfirmationCode") or ""


def _said(replied: Replied) -> ConsentAnswer:
    """What a reply says of the consent.

    Raises:
        OpenSaldoError: it is an error.
    """
    replied.checked()
    return consent_answer(replied.body, replied.headers)


def _next(attempt: Attempt, phase: str, link: str) -> dict[str, str]:
    return replace(attempt, phase=phase, link=link).memory()


def _token(attempt: Attempt) -> Secret | None:
    return Secret(attempt.access_token) if attempt.access_token else None
