"""From a request to a reply: the order of every call."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from kontobank.access.nouns import AccessRefused
from kontobank.apis.answered import fault_of, note
from kontobank.apis.czech_standard import check, data, oauth, replies
from kontobank.apis.czech_standard.call import JSON_TYPE, Call, Reply
from kontobank.apis.czech_standard.clients import Clients
from kontobank.apis.parts import Parts
from kontobank.clientcert import SCOPE_KEY, caller_of
from kontobank.mask import place_or_none

Answer = Callable[[Parts, Call], Reply]

BODY_BYTES_MAX = 65_536
FORM_TYPE = "application/x-www-form-urlencoded"
PREFIX = "/czech-standard/{place}"
OF_ACCOUNT = f"{PREFIX}/my/accounts/{{account}}"
DATA = {
    "accounts": (f"{PREFIX}/my/accounts", data.accounts),
    "balance": (f"{OF_ACCOUNT}/balance", data.balance),
    "transactions": (f"{OF_ACCOUNT}/transactions", data.transactions),
    "awaiting": (f"{OF_ACCOUNT}/payments/awaiting", data.awaiting),
    "awaitingOfAll": (f"{PREFIX}/my/payments/awaiting", data.awaiting_of_all),
}


class Site:
    """The bank as a Czech one: its OAuth 2 and its data, with the third parties it registered."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._clients = Clients(parts.seed)

    def reset(self) -> None:
        """No third party is registered."""
        self._clients.reset()

    def routes(self) -> list[Route]:
        """The routes of the standard."""
        clients = self._clients
        oauth2: dict[str, Answer] = {
            "register": lambda _, call: oauth.register(clients, call),
            "token": lambda parts, call: oauth.token(parts, clients, call),
            "revoke": lambda parts, call: oauth.revoke(parts, clients, call),
        }
        return [
            *(
                Route(f"{PREFIX}/oauth2/{name}", self._oauth2(name, answer), methods=["POST"])
                for name, answer in oauth2.items()
            ),
            Route(f"{PREFIX}/oauth2/auth", self._authorize, methods=["GET"]),
            *(
                Route(path, self._data(name, answer), methods=["GET"])
                for name, (path, answer) in DATA.items()
            ),
        ]

    async def _authorize(self, request: Request) -> Response:
        """A browser wants to sign in."""
        call = self._call(request, "auth")
        if not call.country:
            return replies.sent(call, _nowhere())
        response = oauth.authorize(self._parts, self._clients, call)
        note(
            self._parts,
            call,
            response.status_code,
            None,
            None,
            tpp_id=call.client_id,
            request_id=call.request_id,
        )
        return response

    def _data(self, name: str, answer: Answer) -> Callable[[Request], Any]:
        """The handler of a data call."""

        async def serve(request: Request) -> Response:
            call = self._call(request, name)
            await _body(request)

            def answered() -> Reply:
                check.check_headers(call)
                call.page = check.whole_of(call, "page", 0)
                return answer(self._parts, call)

            return await self._serve(request, call, answered, replies.refused)

        return serve

    def _oauth2(self, name: str, answer: Answer) -> Callable[[Request], Any]:
        """The handler of a call of the authorisation server."""

        async def serve(request: Request) -> Response:
            call = self._call(request, name)
            raw = await _body(request)

            def answered() -> Reply:
                call.form = _form(call, raw, is_json=name == "register")
                return answer(self._parts, call)

            refused = replies.refused if name == "register" else oauth.refused
            return await self._serve(request, call, answered, refused)

        return serve

    async def _serve(
        self,
        request: Request,
        call: Call,
        answered: Callable[[], Reply],
        refused: Callable[[AccessRefused], Reply],
    ) -> Response:
        """The reply after the bank's latency, as it is or broken on purpose."""
        if self._parts.faults.latency_ms:
            await asyncio.sleep(self._parts.faults.latency_ms / 1000)
        code = None
        try:
            reply = answered() if call.country else _nowhere()
        except AccessRefused as refusal:
            code, reply = refusal.code, refused(refusal)
        fault = fault_of(
            self._parts, call, is_data_call=call.endpoint in DATA, is_answered=code is None
        )
        if fault and fault.kind == "withdrawn" and call.consent:
            self._parts.registry.end_after_now(call.consent)
        note(
            self._parts,
            call,
            reply.status,
            code,
            fault,
            tpp_id=call.client_id,
            request_id=call.request_id,
        )
        if fault is None:
            return replies.sent(call, reply)
        try:
            now = self._parts.clock.now()
            return await replies.broken(call, fault, reply, request, now)
        except ClientDisconnect:
            return Response(status_code=499)

    def _call(self, request: Request, endpoint: str) -> Call:
        country, mask = place_or_none(request.path_params["place"])
        certificate = request.scope.get(SCOPE_KEY)
        return Call(
            endpoint=endpoint,
            place=request.path_params["place"],
            country=country or "",
            mask=mask,
            headers=request.headers,
            query=request.query_params,
            path={name: str(value) for name, value in request.path_params.items()},
            seal=caller_of(certificate).tpp_id if certificate else "",
            is_attended=request.headers.get("User-Involved", "").lower() == "true",
            request_id=request.headers.get("X-Request-ID"),
        )


def _nowhere() -> Reply:
    """There is no such bank."""
    return Reply(404, {"errors": [{"error": "NOT_FOUND", "message": "no such bank"}]})


def _form(call: Call, raw: bytes, *, is_json: bool) -> dict[str, Any]:
    """The members of a body of the right kind, else AccessRefused."""
    kind = call.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if kind != (JSON_TYPE if is_json else FORM_TYPE):
        raise AccessRefused(415, "UNSUPPORTED_MEDIA_TYPE", f"not {kind[:40]}")
    try:
        text = raw.decode()
        found = json.loads(text) if is_json else dict(parse_qsl(text))
    except (ValueError, RecursionError) as cause:
        raise AccessRefused(400, "PARAMETER_INVALID", "the body cannot be read") from cause
    if not isinstance(found, dict):
        raise AccessRefused(400, "PARAMETER_INVALID", "the body is not an object")
    return found


async def _body(request: Request) -> bytes:
    """The body, cut where no call has anything to say."""
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > BODY_BYTES_MAX:
            break
    return bytes(parts[:BODY_BYTES_MAX])
