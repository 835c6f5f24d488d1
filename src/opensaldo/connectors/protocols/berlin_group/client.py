"""The calls of the standard as they travel: exact headers, signed where the bank wants it.

Source: NextGenPSD2 1.3.12, parameters of every call.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from opensaldo.connectors.base import PsuContext
from opensaldo.connectors.cavage import sign_request
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.berlin_group.dialects import Dialect
from opensaldo.connectors.protocols.berlin_group.faults import Refusal, fault_of, refusal_of
from opensaldo.connectors.protocols.berlin_group.links import followed
from opensaldo.connectors.road import Approach, SignatureKind
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import Clock
from opensaldo.domain.secret import Secret
from opensaldo.errors import BankAnsweredNonsense

HEADER_CHARACTERS_MAX = 512
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request, before its headers.

    `endpoint` names it in counters; `link` is the bank's own address of it, `path` ours under the
    root when there is none. `psu` is set while the person is there, and only then.
    """

    endpoint: str
    path: str = ""
    link: str = ""
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    psu: PsuContext | None = None
    consent_id: str = ""
    token: Secret | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply and the address that was asked; `refusal` is None for a success."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    refusal: Refusal | None = None

    def checked(self) -> Replied:
        """The reply itself.

        Raises:
            OpenSaldoError: what the refusal means.
        """
        if self.refusal is not None:
            raise fault_of(self.refusal, self.status, self.headers, self.body)
        return self


class BerlinGroupClient:
    """One target's interface; every method is one call."""

    def __init__(
        self, profile: Profile, dialect: Dialect, *, door: Door, seal: Seal, clock: Clock
    ) -> None:
        """Remember the road; nothing is sent yet."""
        self.profile = profile
        self.root = "/".join(filter(None, (profile.base_url.rstrip("/"), profile.version)))
        self.client_id = profile.client_id or seal.tpp_id
        self._dialect = dialect
        self._door = door
        self._seal = seal
        self._clock = clock

    @property
    def preferred(self) -> Approach:
        """The bank's first approach in which nothing secret is typed here; else the first."""
        offered = self.profile.approaches
        return next((one for one in offered if one is not Approach.EMBEDDED), offered[0])

    def redirect_preference(self) -> dict[str, str]:
        """The wish for a redirect as part of the address, where the hub wants it there."""
        if not self._dialect.has_preference_in_query:
            return {}
        is_preferred = self.preferred in (Approach.REDIRECT, Approach.OAUTH)
        return {"tppRedirectPreferred": str(is_preferred).lower()}

    async def ask(self, asking: Asking) -> Replied:
        """The reply, whatever its status; a success answers this very request.

        Raises:
            BankError: no reply, or the reply to another request.
        """
        url = self._address(asking)
        body = b"" if asking.body is None else msgspec.json.encode(asking.body)
        request_id = asking.request_id or new_request_id()
        headers = self._headers(asking, request_id, JSON if body else "")
        reply = await self._send(asking.endpoint, asking.method, url, headers, body)
        if not 200 <= reply.status < 300:
            refusal = refusal_of(reply.body)
            return Replied(url, reply.status, reply.headers, reply.body, refusal)
        echo = reply.headers.get(self._dialect.request_ids[0].lower(), reply.asked_as or request_id)
        if echo.strip().lower() != (reply.asked_as or request_id):
            raise BankAnsweredNonsense(self._dialect.request_ids[0], "the id of the request")
        return Replied(url, reply.status, reply.headers, reply.body)

    async def get(self, asking: Asking) -> bytes:
        """The body of a success.

        Raises:
            OpenSaldoError: what the refusal means.
        """
        return (await self.ask(asking)).checked().body

    async def token(self, url: str, form: Mapping[str, str]) -> Replied:
        """The reply of the token endpoint to a form, or to its address where the hub wants that.

        Raises:
            BankError: no reply.
        """
        secret = self.profile.client_secret
        form = {**form, "client_secret": secret.reveal()} if secret else form
        in_query = self._dialect.has_token_in_query
        address = f"{url}{'&' if '?' in url else '?'}{urlencode(form)}" if in_query else url
        body = b"" if in_query else urlencode(form).encode("ascii")
        asking = Asking(endpoint="token")
        headers = self._headers(asking, new_request_id(), FORM)
        reply = await self._send("token", "POST", address, headers, body)
        refused = None if 200 <= reply.status < 300 else refusal_of(reply.body)
        return Replied(url, reply.status, reply.headers, reply.body, refused)

    async def metadata(self, url: str) -> bytes:
        """The description of the bank's authorisation server (RFC 8414); nothing secret is sent."""
        headers = {"Accept": JSON, "Accept-Encoding": "gzip"}
        reply = await self._send("metadata", "GET", url, headers, b"")
        if reply.status != 200:
            raise fault_of(Refusal(()), 503)
        return reply.body

    def _address(self, asking: Asking) -> str:
        """Where the request goes: the bank's link, else our path."""
        ours = f"{self.root}/{asking.path}"
        url = followed(asking.link, root=self.root) if asking.link else ours
        query = dict(asking.query)
        if self._dialect.has_preference_in_query and asking.consent_id:
            query["psuInvolved"] = str(asking.psu is not None).lower()
        if not query:
            return url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"

    def _headers(self, asking: Asking, request_id: str, kind: str) -> dict[str, str]:
        """Everything but the signature."""
        headers = {"Accept": JSON, "Accept-Encoding": "gzip"}
        headers |= dict.fromkeys(self._dialect.request_ids, request_id)
        if kind:
            headers["Content-Type"] = kind
        if self._dialect.has_date:
            headers["Date"] = format_datetime(self._clock().astimezone(UTC), usegmt=True)
        if self._dialect.client_id_header and self.profile.client_id:
            headers[self._dialect.client_id_header] = self.profile.client_id
        if asking.psu is not None:
            headers["PSU-IP-Address"] = asking.psu.ip_address
            if agent := header_text(asking.psu.user_agent):
                headers["PSU-User-Agent"] = agent
        if asking.consent_id:
            headers["Consent-ID"] = asking.consent_id
        if asking.token is not None and asking.token.reveal():
            headers["Authorization"] = f"Bearer {asking.token.reveal()}"
        return headers | dict(asking.headers)

    async def _send(
        self, endpoint: str, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> Incoming:
        """The bank's reply to a request, signed where the bank wants it."""
        profile, rule = self.profile, self.profile.signature
        if rule.kind is SignatureKind.CAVAGE:
            headers = headers | sign_request(
                self._seal,
                rule,
                headers,
                body,
                names=self._dialect.signed(rule.headers),
                certificate_header=self._dialect.certificate,
            )
        return await self._door.call(
            Outgoing(
                bank=profile.bank,
                endpoint=endpoint,
                url=url,
                method=method,
                headers=headers,
                body=body,
                calls_at_once_max=profile.calls_at_once_max,
            )
        )


def new_request_id() -> str:
    """A random UUID."""
    return str(uuid.uuid4())


def header_text(text: str) -> str:
    """The text as a header may carry it: printable ASCII, not endless."""
    return "".join(one for one in text if " " <= one <= "~")[:HEADER_CHARACTERS_MAX].strip()
