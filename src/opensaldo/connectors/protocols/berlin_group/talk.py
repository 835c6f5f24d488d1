"""Calls about a consent and its authorisation, and what they say; nothing is kept between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from opensaldo.connectors.base import SignInRequest
from opensaldo.connectors.protocols.berlin_group.attempt import Attempt
from opensaldo.connectors.protocols.berlin_group.client import Asking, BerlinGroupClient, Replied
from opensaldo.connectors.protocols.berlin_group.consents import ConsentAnswer, consent_answer
from opensaldo.connectors.road import Approach
from opensaldo.domain.secret import Secret


@dataclass(frozen=True, slots=True)
class Talk:
    """The calls of one target's sign-ins."""

    client: BerlinGroupClient

    async def about(
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
        headers = dict(login or {}) | (self.authorising(request) if verb != "GET" else {})
        replied = await self.client.ask(
            Asking(
                endpoint=endpoint,
                path=path,
                link=link,
                method=verb,
                body=(body or {}) if verb != "GET" else None,
                psu=request.psu,
                token=token_of(attempt),
                headers=headers,
            )
        )
        return said_in(replied)

    async def about_sca(self, request: SignInRequest, attempt: Attempt) -> ConsentAnswer | None:
        """How the authorisation stands, None when the bank gave it no address."""
        if attempt.sca_link:
            return await self.about(request, attempt, "getScaStatus", link=attempt.sca_link)
        if not attempt.authorisation_id:
            return None
        names = (attempt.consent_id, attempt.authorisation_id)
        consent, authorisation = (quote(name, safe="") for name in names)
        path = f"consents/{consent}/authorisations/{authorisation}"
        return await self.about(request, attempt, "getScaStatus", path=path)

    def authorising(self, request: SignInRequest) -> dict[str, str]:
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


def said_in(replied: Replied) -> ConsentAnswer:
    """What a reply says of the consent.

    Raises:
        OpenSaldoError: it is an error.
    """
    replied.checked()
    return consent_answer(replied.body, replied.headers)


def token_of(attempt: Attempt) -> Secret | None:
    """The token that the attempt has won so far."""
    return Secret(attempt.access_token) if attempt.access_token else None
