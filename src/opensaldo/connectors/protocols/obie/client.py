"""OBIE's calls as they travel: exact headers, checked replies; nothing more.

Source: account-info-openapi.yaml (4.0.0, parameters), read 2026-11-21; RFC 6749, 7519, 7523, 9101.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from opensaldo.connectors.base import PsuContext
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.lenient import decode
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.obie import messages
from opensaldo.connectors.protocols.obie.faults import DEAD, DEAD_AT_TOKEN, GONE, fault_of
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import Clock
from opensaldo.domain.secret import Secret
from opensaldo.errors import BankAnsweredNonsense

SCOPE = "accounts"
ASSERTION_LIFE = timedelta(minutes=5)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class ObieClient:
    """One target's OBIE; every method is one call."""

    def __init__(self, profile: Profile, *, door: Door, seal: Seal, clock: Clock) -> None:
        """Remember the road; nothing is sent yet."""
        self._profile = profile
        self._door = door
        self._seal = seal
        self._clock = clock
        self._authorize_url = profile.authorize_url or f"{profile.base_url}/authorize"
        self._token_url = profile.token_url or f"{profile.base_url}/token"
        version = f"/{profile.version}/aisp" if profile.version else ""
        self._resources = profile.base_url + version
        self.client_id = profile.client_id or seal.tpp_id

    def sign_in_address(self, consent_id: str, return_url: str, state: str) -> str:
        """Where the person grants the consent: what we ask for is signed (RFC 9101)."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": return_url,
            "scope": f"openid {SCOPE}",
            "state": state,
        }
        claims = {
            **asked,
            **self._claims(self._profile.base_url),
            "nonce": uuid.uuid4().hex,
            "claims": {
                "id_token": {"openbanking_intent_id": {"value": consent_id, "essential": True}}
            },
        }
        query = urlencode({**asked, "request": self._signed(claims)})
        return f"{self._authorize_url}?{query}"

    async def token(self, grant: Mapping[str, str]) -> messages.TokenReply:
        """A token of our own, for a code, or for a refresh token."""
        form = {**grant, "client_id": self.client_id}
        if not self._profile.certificate:  # with mTLS the certificate says who we are
            claims = self._claims(self._token_url)
            form["client_assertion_type"] = ASSERTION_TYPE
            form["client_assertion"] = self._signed(claims)
        headers = {"Content-Type": FORM, "Accept": JSON, "Accept-Encoding": "gzip"}
        reply = await self._door.call(
            self._outgoing("token", self._token_url, "POST", headers, urlencode(form).encode())
        )
        if not 200 <= reply.status < 300:
            raise fault_of(reply.status, (), reply.headers, DEAD_AT_TOKEN)
        return decode(reply.body, messages.TokenReply)

    async def create_consent(
        self, token: Secret, body: Mapping[str, Any], psu: PsuContext
    ) -> messages.Reply:
        """A consent that waits for the person."""
        found = await self._send(
            "createConsent",
            f"{self._resources}/account-access-consents",
            token,
            psu,
            method="POST",
            body=msgspec.json.encode(body),
            dead=(),
        )
        return decode(found, messages.Reply)

    async def delete_consent(self, token: Secret, consent_id: str) -> None:
        """The consent is deleted at the bank; the standard answers 400 for one it does not know."""
        url = f"{self._resources}/account-access-consents/{_segment(consent_id)}"
        await self._send("deleteConsent", url, token, None, method="DELETE", dead=GONE)

    async def accounts(self, token: Secret, psu: PsuContext | None) -> bytes:
        """The list of accounts."""
        return await self._send("getAccounts", f"{self._resources}/accounts", token, psu)

    async def account(
        self, token: Secret, psu: PsuContext | None, account_id: str, part: str = ""
    ) -> bytes:
        """One account, or a part of it: `balances`, `parties`."""
        endpoint = f"get{part.capitalize() or 'Account'}"
        url = f"{self._resources}/accounts/{_segment(account_id)}"
        return await self._send(endpoint, f"{url}/{part}" if part else url, token, psu)

    async def transactions(
        self, token: Secret, psu: PsuContext | None, account_id: str, since: str
    ) -> bytes:
        """The first page of an account's rows."""
        path = f"{self._resources}/accounts/{_segment(account_id)}/transactions"
        url = f"{path}?{urlencode({'fromBookingDateTime': since})}"
        return await self._send("getTransactions", url, token, psu)

    async def next_page(self, token: Secret, psu: PsuContext | None, link: str) -> bytes:
        """The page a link leads to; a link away from this bank is not followed."""
        url = urljoin(f"{self._resources}/", link)
        parts, ours = urlsplit(url), urlsplit(self._resources)
        if (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc):
            raise BankAnsweredNonsense("Links.Next", "an address of this bank")
        return await self._send("getTransactions", url, token, psu)

    async def _send(
        self,
        endpoint: str,
        url: str,
        token: Secret,
        psu: PsuContext | None,
        *,
        method: str = "GET",
        body: bytes = b"",
        dead: tuple[int, ...] = DEAD,
    ) -> bytes:
        """The body of a successful reply."""
        headers = {
            "Accept": JSON,
            "Accept-Encoding": "gzip",
            "Authorization": f"Bearer {token.reveal()}",
            "x-fapi-interaction-id": str(uuid.uuid4()),
        }
        if psu is not None:
            headers["x-fapi-customer-ip-address"] = psu.ip_address
            headers["x-customer-user-agent"] = psu.user_agent
        if body:
            headers["Content-Type"] = JSON
        reply = await self._door.call(self._outgoing(endpoint, url, method, headers, body))
        if not 200 <= reply.status < 300:
            raise fault_of(reply.status, _codes(reply), reply.headers, dead, reply.body)
        return reply.body

    def _outgoing(
        self, endpoint: str, url: str, method: str, headers: Mapping[str, str], body: bytes
    ) -> Outgoing:
        """One request to this bank."""
        return Outgoing(
            bank=self._profile.bank,
            endpoint=endpoint,
            url=url,
            method=method,
            headers=headers,
            body=body,
            calls_at_once_max=self._profile.calls_at_once_max,
        )

    def _claims(self, audience: str) -> dict[str, Any]:
        """Who says it, to whom, and for how long."""
        now = self._clock()
        return {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "jti": uuid.uuid4().hex,
            "iat": int(now.timestamp()),
            "exp": int((now + ASSERTION_LIFE).timestamp()),
        }

    def _signed(self, claims: Mapping[str, Any]) -> str:
        """A token of these claims under our seal (RFC 7519)."""
        payload = msgspec.json.encode(claims)
        header, _, signature = self._seal.sign_detached(payload).partition("..")
        written = base64.urlsafe_b64encode(payload).rstrip(b"=").decode("ascii")
        return f"{header}.{written}.{signature}"


def _segment(name: str) -> str:
    """An id of the bank as one segment of a path."""
    return urlencode({"": name})[1:].replace("+", "%20")


def _codes(reply: Incoming) -> tuple[str, ...]:
    """The bank's codes of an error, none when its body is no error of the standard."""
    try:
        return decode(reply.body, messages.Reply).codes
    except BankAnsweredNonsense:
        return ()
