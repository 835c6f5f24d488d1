"""The way of every API request: request id, parameters, caller, handler, answer or error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from opensaldo.domain.secret import Secret
from opensaldo.errors import (
    Defect,
    MethodNotAllowed,
    NotFound,
    OpenSaldoError,
    PayloadTooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from opensaldo.observe import described, log
from opensaldo.web.calls import JSON_TYPE, XML_TYPE, Call, Dialect, Handler, Teller
from opensaldo.web.entrance import REQUEST_ID, ROUTE
from opensaldo.web.once import has_key, once
from opensaldo.web.settings import Front
from opensaldo.wire import json_v1, xml_v1
from opensaldo.wire.negotiate import wants_json
from opensaldo.wire.params import Params

__all__ = ["Call", "Dialect", "Resource", "answer", "failure", "not_found"]

BODY_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One path: its handlers by method, its dialect, and whether a key is needed.

    `tell` answers a write that was done by a request whose answer was lost, by what it made.
    """

    path: str
    dialect: Dialect
    handlers: Mapping[str, Handler]
    keyless: bool = False
    tell: Teller | None = None

    def route(self, front: Front) -> Route:
        """The route that serves this path with every method, the wrong ones with 405."""

        async def serve(request: Request) -> Response:
            return await answer(front, self, request)

        return _AnyMethodRoute(self.path, serve)


class _AnyMethodRoute(Route):
    """A route that leaves methods to its resource, so that 405 has a body like every error."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        super().__init__(path, endpoint, include_in_schema=False)
        self.methods = None


async def answer(front: Front, resource: Resource, request: Request) -> Response:
    """The answer to one request; every failure has its body in the request's dialect."""
    in_json = _answers_json(resource.dialect, request)
    call = Call(
        front=front,
        request=request,
        params=Params({}),
        in_json=in_json,
        now=front.platform.clock(),
    )
    try:
        response = await _served(resource, call)
    except OpenSaldoError as error:
        response = failure(call, error)
        if isinstance(error, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(resource.handlers))
    except Exception as error:  # noqa: BLE001 - the web handler's door
        request_id = request.scope.get(REQUEST_ID)
        log.error("request failed", request=request_id, route=resource.path, **described(error))
        response = failure(call, Defect())
    if resource.dialect is Dialect.BOTH:
        response.headers["Vary"] = "Accept"
    request.scope[ROUTE] = resource.path
    return response


async def _served(resource: Resource, call: Call) -> Response:
    method = "GET" if call.request.method == "HEAD" else call.request.method
    handler = resource.handlers.get(method)
    if handler is None:
        raise MethodNotAllowed
    if resource.keyless:
        return await handler(call)
    fault = await _read_params(call)
    gate = call.front.gate
    call.authenticate(await gate.admit(_key(call), call.front.client_address(call.request)))
    await gate.spend(call.caller.client.id)
    if fault is not None:
        raise fault
    if has_key(call.request):
        return await once(call, handler, resource.tell)
    return await handler(call)


async def _read_params(call: Call) -> OpenSaldoError | None:
    """Read query and body; what is wrong with them is told only to a caller who may call."""
    request = call.request
    try:
        call.body = await _body(request)
        call.params = Params.read(
            request.scope["query_string"],
            call.body,
            request.headers.get("content-type"),
        )
    except OpenSaldoError as fault:
        return fault
    return None


def _key(call: Call) -> Secret | None:
    """The API key: the header's wins over the parameter that older clients send."""
    text = call.request.headers.get("x-api-key")
    if text is None:
        text = call.params.text("apiKey")
    return Secret(text) if text else None


def _answers_json(dialect: Dialect, request: Request) -> bool:
    if dialect is Dialect.BOTH:
        return wants_json(request.headers.get("accept"))
    return dialect is Dialect.JSON


async def _body(request: Request) -> bytes:
    """The whole body, at most `BODY_BYTES_MAX`.

    Raises:
        PayloadTooLarge: it is longer, said or sent.
        UnsupportedMediaType: it is compressed.
    """
    headers = request.headers
    if "content-length" not in headers and "transfer-encoding" not in headers:
        return b""
    if headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType("A compressed body is not accepted here.")
    said = headers.get("content-length", "0")
    if said.isascii() and said.isdigit() and int(said) > BODY_BYTES_MAX:
        raise PayloadTooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise PayloadTooLarge
    return bytes(body)


def failure(call: Call, error: OpenSaldoError) -> Response:
    """The error in the request's dialect."""
    if isinstance(error, Unauthorized):
        return _unauthorized(call)
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
    if call.in_json:
        body = json_v1.error(error, call.now, call.user)
        headers["Content-Type"] = JSON_TYPE
    else:
        envelope = xml_v1.Envelope(call.front.docs_url, call.now, call.user)
        body = xml_v1.error_reply(envelope, error)
        headers["Content-Type"] = XML_TYPE
    return Response(body, error.http_status, headers=headers)


def _unauthorized(call: Call) -> Response:
    front, request = call.front, call.request
    shown = (
        xml_v1.mask(front.client_address(request)),
        xml_v1.mask(_sent_key(call)),
        front.portal_url,
        front.support_mail,
        front.docs_url,
    )
    if call.in_json:
        comment = xml_v1.unauthorized_comment(*shown)
        return Response(json_v1.unauthorized(call.now, comment), 401, media_type=JSON_TYPE)
    body = xml_v1.unauthorized_reply(call.now, *shown)
    return Response(body, 401, headers={"Content-Type": XML_TYPE})


def _sent_key(call: Call) -> str | None:
    try:
        key = _key(call)
    except OpenSaldoError:
        return None
    return key.reveal() if key else None


def not_found(front: Front) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Answers any path that is not served with `NotFound`, in the dialect asked for."""

    async def answer_not_found(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        call = Call(
            front=front,
            request=request,
            params=Params({}),
            in_json=wants_json(request.headers.get("accept")),
            now=front.platform.clock(),
        )
        await failure(call, NotFound())(scope, receive, send)

    return answer_not_found
