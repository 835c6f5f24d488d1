"""The person goes to the bank's own pages: a redirect, or OAuth and the tokens it brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from opensaldo.connectors.base import Redirect, SignInRequest
from opensaldo.connectors.protocols.berlin_group import oauth
from opensaldo.connectors.protocols.berlin_group.attempt import Attempt
from opensaldo.connectors.protocols.berlin_group.client import BerlinGroupClient
from opensaldo.connectors.protocols.berlin_group.consents import ConsentAnswer
from opensaldo.connectors.protocols.berlin_group.links import (
    followed,
    may_lead_person_to,
    origin_of,
)
from opensaldo.connectors.refusals import code_in
from opensaldo.domain.clock import Clock
from opensaldo.errors import BankAccessEnded, BankAnsweredNonsense

METADATA_PATH = "/.well-known/oauth-authorization-server"  # RFC 8414, 3


@dataclass(frozen=True, slots=True)
class Away:
    """The ways to one bank's pages, and the tokens that come back from there."""

    client: BerlinGroupClient
    clock: Clock

    async def before_consent(self, request: SignInRequest) -> Redirect:
        """The way to the token that the bank wants before a consent."""
        server = await self._server(f"{self.client.profile.base_url.rstrip('/')}{METADATA_PATH}")
        return self._to_oauth(request, Attempt(phase="token"), server)

    async def to_bank(
        self, request: SignInRequest, attempt: Attempt, said: ConsentAnswer
    ) -> Redirect | None:
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

    async def with_token(
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

    def _may_lead_to(self, url: str) -> bool:
        is_mock = self.client.profile.base_url.startswith("http://")
        return may_lead_person_to(url, is_mock=is_mock)
