"""From a request to a reply: the order of every call."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kontobank.access.nouns import AccessRefused
from kontobank.apis.answered import fault_of, fits, note
from kontobank.apis.obie import consents, data, oauth, replies
from kontobank.apis.obie.call import INTERACTION, NEWER, OLDER, Call, Reply
from kontobank.apis.obie.intents import Intents
from kontobank.apis.parts import Parts
from kontobank.clientcert import SCOPE_KEY
from kontobank.mask import place_or_none
from kontobank.signing import SealRefused

Answer = Callable[[Parts, Intents, Call], Reply]

BODY_BYTES_MAX = 262_144
VERSION = re.compile(rf"({re.escape(OLDER)}|{re.escape(NEWER)})/aisp/(.*)")


@dataclass(frozen=True)
class Endpoint:
    """One call of the standard; names in braces are filled from the path."""

    method: str
    path: str
    name: str
    answer: Answer


CONSENT = "account-access-consents/{consent}"
TABLE = (
    Endpoint("POST", "token", "token", oauth.token),
    Endpoint("GET", "authorize", "authorize", oauth.authorize),
    Endpoint("POST", "account-access-consents", "createConsent", consents.create),
    Endpoint("GET", CONSENT, "getConsent", consents.show),
    Endpoint("DELETE", CONSENT, "deleteConsent", consents.delete),
    Endpoint("GET", "accounts", "getAccounts", data.get_accounts),
    Endpoint("GET", "accounts/{account}", "getAccount", data.get_account),
    Endpoint("GET", "accounts/{account}/balances", "getBalances", data.get_balances),
    Endpoint("GET", "accounts/{account}/parties", "getParties", data.get_parties),
    Endpoint("GET", "accounts/{account}/transactions", "getTransactions", data.get_transactions),
)
DATA_CALLS = tuple(one.name for one in TABLE if one.path.startswith("accounts"))


class Face:
    """The ASGI application behind /obie/{place}/…; it keeps the intents."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._intents = Intents(parts.seed, parts.clock, parts.registry)

    def reset(self) -> None:
        """The bank knows of no intent."""
        self._intents.reset()

    def routes(self) -> list[Route]:
        """The route of the standard; the sign-in pages come before it."""
        return [Route("/obie/{place}/{rest:path}", self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        request = Request(scope, receive)
        if self._parts.faults.latency_ms:
            await asyncio.sleep(self._parts.faults.latency_ms / 1000)
        try:
            response = await self._answer(request, _call(request))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request, call: Call) -> Response:
        code = None
        try:
            answer = _endpoint(call)
            call.body = await _body(request)
            reply = answer(self._parts, self._intents, call)
        except (AccessRefused, SealRefused) as refusal:
            code = refusal.code
            reply = replies.error(call, refusal.status, refusal.code, refusal.message)
        fault = fault_of(
            self._parts, call, is_data_call=call.endpoint in DATA_CALLS, is_answered=code is None
        )
        if fault and fault.kind == "withdrawn" and call.consent:
            self._parts.registry.end_after_now(call.consent)
        note(
            self._parts,
            call,
            reply.status,
            code,
            fault,
            tpp_id=call.client_id or None,
            request_id=call.headers.get(INTERACTION),
        )
        if fault is not None:
            now = self._parts.clock.now()
            return await replies.broken(call, fault, reply, request, now)
        return replies.sent(call, reply)


def _call(request: Request) -> Call:
    """The call as its address says it; without a version it is the older one."""
    rest = request.path_params["rest"]
    country, mask = place_or_none(request.path_params["place"])
    versioned = VERSION.fullmatch(rest)
    version, path = versioned.groups() if versioned else (OLDER, rest)
    return Call(
        place=request.path_params["place"],
        country=country or "",
        mask=mask,
        base_url=str(request.base_url).rstrip("/"),
        prefix=request.url.path.removesuffix(f"/{path}"),
        version=version,
        method=request.method,
        rest=path,
        headers=request.headers,
        query=request.query_params,
        certificate=request.scope.get(SCOPE_KEY),
    )


def _endpoint(call: Call) -> Answer:
    """The function of the path; the call knows its name and what the path names."""
    names = call.rest.split("/")
    served = [one for one in TABLE if call.country and fits(one.path.split("/"), names)]
    if not served:
        raise AccessRefused(404, "NotFound", "no such path")
    found = next((one for one in served if one.method == call.method), None)
    if found is None:
        raise AccessRefused(405, "NotAllowed", "not with this method")
    call.endpoint = found.name
    for pattern, name in zip(found.path.split("/"), names, strict=True):
        if pattern.startswith("{"):
            call.names[pattern.strip("{}")] = name
    return found.answer


async def _body(request: Request) -> bytes:
    """The whole body; AccessRefused 400 when it is too long."""
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > BODY_BYTES_MAX:
            raise AccessRefused(400, "Resource.InvalidFormat", "the body is too long")
    return bytes(parts)
