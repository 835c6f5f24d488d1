"""PolishAPI's calls as they travel: exact headers, signed bodies, checked replies; nothing more.

Source: ZBP-polish-api-2_1_2-swagger.json (parameters, RequestHeader*), read 2026-11-21.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC
from typing import Any, TypeVar

import msgspec

from opensaldo.connectors.base import PsuContext
from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.connectors.lenient import decode
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.polish_api import messages
from opensaldo.connectors.protocols.polish_api.consent import DETAIL, wire_time
from opensaldo.connectors.protocols.polish_api.faults import fault_of
from opensaldo.connectors.protocols.polish_api.versions import Registration, version_of
from opensaldo.connectors.signing import SIGNATURE_HEADER, BankKeys, Seal, verify_detached
from opensaldo.domain.clock import Clock
from opensaldo.domain.secret import Secret
from opensaldo.errors import BankAnsweredNonsense, BankError

LANGUAGE = "en"
ROWS_PER_PAGE = 500
_NODE = secrets.randbits(48) | 1 << 40  # the multicast bit marks a made-up node (RFC 4122, 4.5)

_Message = TypeVar("_Message", bound="messages.Reply | messages.TokenReply")


class PolishApiClient:
    """One target's PolishAPI; every method is one call."""

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
        """Remember the road; nothing is sent yet."""
        self._profile = profile
        self._version = version_of(profile.version, registration)
        self._door = door
        self._seal = seal
        self._keys = keys
        self._clock = clock
        self.tpp_id = seal.tpp_id
        self.client_id = registration.client_id if registration else seal.tpp_id

    async def authorize(self, body: Mapping[str, Any], psu: PsuContext) -> messages.AuthorizeReply:
        """A sign-in prepared at the bank; it says where the person must go."""
        header = self._header(psu)
        return await self._call("auth", "authorize", header, body, messages.AuthorizeReply)

    async def token(self, body: Mapping[str, Any], psu: PsuContext | None) -> messages.TokenReply:
        """A token for a code, a refresh token or another token.

        The person's device is told only while they are there.
        """
        presence: dict[str, Any] = {
            "client_id": self.client_id,
            "is_user_session": psu is not None,
            **self._version.token_members(),
        }
        if psu is not None:
            presence |= {"user_ip": psu.ip_address, "user_agent": psu.user_agent}
        header = self._header(psu)
        return await self._call("auth", "token", header, {**body, **presence}, messages.TokenReply)

    async def delete_consent(self, consent_id: str) -> None:
        """The consent is deleted at the bank."""
        header = self._header(None)
        body: dict[str, Any] = {"consentId": consent_id}
        if self._version.header_with_delete:
            body["requestHeader"] = header
        await self._send("accounts", "deleteConsent", header["requestId"], body, messages.Reply)

    async def get_accounts(
        self, token: Secret, psu: PsuContext | None, page_id: str | None
    ) -> messages.AccountsReply:
        """One page of the accounts."""
        body = _page({}, page_id)
        return await self._data("getAccounts", token, psu, body, messages.AccountsReply)

    async def get_account(
        self, token: Secret, psu: PsuContext | None, number: str
    ) -> messages.AccountReply:
        """One account."""
        body = {"accountNumber": number}
        return await self._data("getAccount", token, psu, body, messages.AccountReply)

    async def get_list(
        self,
        list_name: str,
        token: Secret,
        psu: PsuContext | None,
        query: Mapping[str, Any],
        page_id: str | None,
    ) -> messages.ListReply:
        """One page of a list; `query` names the account and the first day."""
        body = _page(query, page_id)
        return await self._data(list_name, token, psu, body, messages.ListReply)

    async def get_transaction_detail(
        self, token: Secret, psu: PsuContext | None, number: str, item_id: str
    ) -> messages.DetailReply:
        """What a list leaves out of one of its rows."""
        body = {"accountNumber": number, "itemId": item_id}
        return await self._data(DETAIL, token, psu, body, messages.DetailReply)

    async def _data(
        self,
        endpoint: str,
        token: Secret,
        psu: PsuContext | None,
        body: Mapping[str, Any],
        message: type[_Message],
    ) -> _Message:
        """A call that the token opens; `isDirectPsu` says whether the person is there.

        The token stands in the body too: the standard allows it there (RequestHeaderAIS.token),
        and some banks compare the two.
        """
        header = self._header(psu) | {"token": token.reveal()}
        header |= self._version.presence(is_attended=psu is not None)
        return await self._call("accounts", endpoint, header, body, message, token)

    async def _call(
        self,
        service: str,
        endpoint: str,
        header: Mapping[str, Any],
        body: Mapping[str, Any],
        message: type[_Message],
        token: Secret | None = None,
    ) -> _Message:
        """The reply to a call whose body repeats the header."""
        whole = {"requestHeader": header, **body}
        return await self._send(service, endpoint, header["requestId"], whole, message, token)

    async def _send(
        self,
        service: str,
        endpoint: str,
        request_id: str,
        body: Mapping[str, Any],
        message: type[_Message],
        token: Secret | None = None,
    ) -> _Message:
        """The reply's message, its signature and its request id checked."""
        content = msgspec.json.encode(body)
        profile = self._profile
        reply = await self._door.call(
            Outgoing(
                bank=profile.bank,
                endpoint=endpoint,
                url=f"{profile.base_url}/{profile.version}/{service}/{profile.version}/{endpoint}",
                headers=self._headers(request_id, content, token),
                body=content,
                calls_at_once_max=profile.calls_at_once_max,
            )
        )
        if not 200 <= reply.status < 300:
            code = await self._error_code(reply)
            raise fault_of(endpoint, reply.status, code, reply.headers, reply.body)
        await verify_detached(_signature(reply), reply.body, self._keys)
        answer = decode(reply.body or b"{}", message)
        _check_header(answer.response_header, reply.asked_as or request_id)
        return answer

    def _header(self, psu: PsuContext | None) -> dict[str, Any]:
        """The request's own header, with the person's device only while they are there."""
        sent_at = self._clock().astimezone(UTC)
        header = {
            "requestId": new_request_id(),
            "sendDate": wire_time(sent_at),
            "tppId": self.tpp_id,
        }
        if psu is not None:
            header |= {"ipAddress": psu.ip_address, "userAgent": psu.user_agent}
        return header

    def _headers(self, request_id: str, content: bytes, token: Secret | None) -> dict[str, str]:
        """The HTTP headers, all of those the standard requires."""
        headers = {
            "Accept": "application/json",
            "Accept-Charset": "utf-8",
            "Accept-Encoding": "gzip",
            "Accept-Language": LANGUAGE,
            "Content-Type": "application/json",
            "X-REQUEST-ID": request_id,
            SIGNATURE_HEADER: self._seal.sign_detached(content),
            **self._version.headers(),
        }
        if token is not None:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        return headers

    async def _error_code(self, reply: Incoming) -> str | None:
        """The bank's own code of an error, believed only when the bank signed it."""
        try:
            await verify_detached(_signature(reply), reply.body, self._keys)
            code = decode(reply.body, messages.Reply).code
        except BankError:
            return None
        return None if code is None else str(code)


def new_request_id() -> str:
    """A UUID of variant 1 and version 1 that does not tell our network address.

    Source: PolishAPI 2.1.2, X-REQUEST-ID.
    """
    return str(uuid.uuid1(node=_NODE))


def _page(query: Mapping[str, Any], page_id: str | None) -> dict[str, Any]:
    """The query for one page; the first page has no id."""
    return {**query, "perPage": ROWS_PER_PAGE} | ({"pageId": page_id} if page_id else {})


def _signature(reply: Incoming) -> str | None:
    """The reply's signature header."""
    return reply.headers.get(SIGNATURE_HEADER.lower())


def _check_header(header: messages.ResponseHeader | None, request_id: str) -> None:
    """Check that the reply is the answer to this request, and the answer itself."""
    if header is None:
        return
    if header.request_id is not None and header.request_id.lower() != request_id:
        raise BankAnsweredNonsense("responseHeader.requestId", "the id of the request")
    if header.is_callback:
        raise BankAnsweredNonsense("responseHeader.isCallback", "a direct answer")
