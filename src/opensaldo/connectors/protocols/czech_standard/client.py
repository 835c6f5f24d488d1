"""The standard's calls as they travel: exact headers, nothing more.

Source: COBS 8.0, parameters of every call; OAuth 2 (RFC 6749, RFC 7591, RFC 7009). The file of 8.0
writes `User–IP-Address` with a dash that no header can carry; a hyphen is sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from urllib.parse import quote, urlencode

import msgspec

from opensaldo.connectors.base import PsuContext, SignInRequest
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.czech_standard.faults import fault_of, refusal_of
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import Clock
from opensaldo.domain.secret import Secret
from opensaldo.errors import BankAccessEnded

ROWS_PER_PAGE = 100
IP_ADDRESS_CHARACTERS_MAX = 50
USER_AGENT_CHARACTERS_MAX = 200
SCOPE = "aisp"


@dataclass(frozen=True, slots=True)
class BankClient:
    """Who we are to one bank: what it gave us when we registered."""

    id: str
    secret: Secret


class CzechClient:
    """One target's interface; every method is one call."""

    def __init__(self, profile: Profile, *, door: Door, seal: Seal, clock: Clock) -> None:
        """Remember the road; nothing is sent yet."""
        self._profile = profile
        self._door = door
        self._clock = clock
        self._tpp = {"TPP-Name": _in_header(seal.legal_name), "TPP-Identification": seal.tpp_id}

    def sign_in_url(self, client: BankClient, request: SignInRequest) -> str:
        """Where the person signs in (RFC 6749, 4.1.1)."""
        url = self._profile.authorize_url or f"{self._profile.base_url}/oauth2/auth"
        query = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": request.return_url,
            "scope": SCOPE,
            "state": request.state,
        }
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"

    async def register(self, return_url: str, psu: PsuContext | None) -> Incoming:
        """We are known to the bank under an id of our own."""
        body = {
            "application_type": "web",
            "redirect_uris": [return_url],
            "client_name": self._tpp["TPP-Name"],
            "scopes": [SCOPE],
        }
        headers = self._headers(psu)
        return await self._send(
            "register", self._oauth2("register"), headers, msgspec.json.encode(body)
        )

    async def token(
        self, client: BankClient, grant: Mapping[str, str], psu: PsuContext | None
    ) -> Incoming:
        """A token for a code or a refresh token."""
        return await self._form("token", client, grant, psu)

    async def revoke(self, client: BankClient, token: Secret) -> Incoming:
        """A token, and with a refresh token the consent, is ended."""
        return await self._form("revoke", client, {"token": token.reveal()}, None)

    async def accounts(self, token: Secret, psu: PsuContext | None, page: int) -> Incoming:
        """One page of the list of accounts."""
        return await self._get("accounts", "/my/accounts", _page(page), token, psu)

    async def balance(self, token: Secret, psu: PsuContext | None, account_id: str) -> Incoming:
        """The balances of one account."""
        return await self._get("balance", _of(account_id, "balance"), {}, token, psu)

    async def transactions(
        self,
        token: Secret,
        psu: PsuContext | None,
        account_id: str,
        first_moment: str,
        page: int,
    ) -> Incoming:
        """One page of an account's transactions from a moment on."""
        query = {"fromDate": first_moment, **_page(page)}
        return await self._get("transactions", _of(account_id, "transactions"), query, token, psu)

    async def awaiting(
        self, token: Secret, psu: PsuContext | None, account_id: str, page: int
    ) -> Incoming:
        """One page of an account's payments that wait."""
        path = _of(account_id, "payments/awaiting")
        return await self._get("awaiting", path, _page(page), token, psu)

    async def _get(
        self,
        endpoint: str,
        path: str,
        query: Mapping[str, str],
        token: Secret,
        psu: PsuContext | None,
    ) -> Incoming:
        """A call that the token opens."""
        url = f"{self._profile.base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = self._headers(psu) | {"Authorization": f"Bearer {token.reveal()}"}
        return await self._send(endpoint, url, headers)

    async def _form(
        self,
        endpoint: str,
        client: BankClient,
        fields: Mapping[str, str],
        psu: PsuContext | None,
    ) -> Incoming:
        """A call in the form of OAuth 2, with our secret in the body."""
        ours = {"client_id": client.id, "client_secret": client.secret.reveal()}
        headers = self._headers(psu) | {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({**fields, **ours}).encode("ascii")
        return await self._send(endpoint, self._oauth2(endpoint), headers, body)

    async def _send(
        self, endpoint: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Incoming:
        return await self._door.call(
            Outgoing(
                bank=self._profile.bank,
                endpoint=endpoint,
                url=url,
                method="GET" if body is None else "POST",
                headers=headers,
                body=body or b"",
                calls_at_once_max=self._profile.calls_at_once_max,
            )
        )

    def _headers(self, psu: PsuContext | None) -> dict[str, str]:
        """The headers of every call; the person's device only while they are there."""
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
            "X-Request-ID": str(uuid.uuid4()),
            "Date": format_datetime(self._clock(), usegmt=True),
            "User-Involved": "false" if psu is None else "true",
            **self._tpp,
        }
        if psu is not None:
            headers["User-IP-Address"] = _in_header(psu.ip_address)[:IP_ADDRESS_CHARACTERS_MAX]
            headers["User-User-Agent"] = _in_header(psu.user_agent)[:USER_AGENT_CHARACTERS_MAX]
        return headers

    def _oauth2(self, name: str) -> str:
        """The address of an OAuth 2 call; the others stand beside a token address of its own."""
        token_url = self._profile.token_url
        if not token_url:
            return f"{self._profile.base_url}/oauth2/{name}"
        return token_url if name == "token" else f"{token_url.rpartition('/')[0]}/{name}"


def accepted(reply: Incoming) -> bytes:
    """The body of a call that was served.

    Raises:
        OpenSaldoError: the bank refused.
    """
    if 200 <= reply.status < 300:
        return reply.body
    raise fault_of(refusal_of(reply.body), reply.status, reply.headers, reply.body)


def accepted_grant(reply: Incoming) -> bytes:
    """The body of a token call that was served; OAuth 2 refuses a dead code or token with 400.

    Raises:
        OpenSaldoError: the bank refused.
    """
    if reply.status == 400 and not refusal_of(reply.body).is_of_our_client:
        raise BankAccessEnded
    return accepted(reply)


def _of(account_id: str, what: str) -> str:
    """The path of something of an account."""
    return f"/my/accounts/{quote(account_id, safe='')}/{what}"


def _page(page: int) -> dict[str, str]:
    return {"size": str(ROWS_PER_PAGE), "page": str(page)}


def _in_header(text: str) -> str:
    """The text as a header may carry it: printable ASCII, the rest as question marks."""
    return "".join(one if " " <= one <= "~" else "?" for one in text).strip()
