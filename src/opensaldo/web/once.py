"""Writes with an `Idempotency-Key`: done once, answered as often as asked."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from opensaldo.engine import idempotency
from opensaldo.errors import IdempotencyAnswerLost, InvalidParameter, OpenSaldoError
from opensaldo.web.calls import Call, Handler, Teller
from opensaldo.wire.kept_answer import KeptAnswer, pack, unpack

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
SAFE_METHODS = frozenset({"GET", "HEAD"})


def has_key(request: Request) -> bool:
    """Whether the request is a write that carries a key."""
    return request.method not in SAFE_METHODS and KEY_HEADER in request.headers


async def once(call: Call, handler: Handler, tell: Teller | None) -> Response:
    """The answer of the first request with this key, now or kept.

    What was done by a request whose process died is told by `tell` from the id of what it made.
    """
    platform = call.front.platform
    turn = await idempotency.begin(platform, call.caller, _key(call.request), _said(call))
    if turn.answer is not None:
        return _again(turn.answer)
    call.authenticate(turn.caller)
    if turn.subject is not None:
        if tell is None:
            raise IdempotencyAnswerLost
        response = await tell(call, turn.subject)
    else:
        response = await _done(call, handler)
    answer = KeptAnswer(
        response.status_code, response.headers.get("content-type"), bytes(response.body)
    )
    await idempotency.keep(platform, call.caller, pack(answer))
    return response


async def _done(call: Call, handler: Handler) -> Response:
    """What the handler answers; a refusal leaves the key free for another try."""
    try:
        return await handler(call)
    except OpenSaldoError:
        await idempotency.release(call.front.platform, call.caller)
        raise


def _again(packed: bytes) -> Response:
    answer = unpack(packed)
    headers = {REPLAYED_HEADER: "true"}
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    return Response(answer.body, answer.status, headers=headers)


def _key(request: Request) -> str:
    key = request.headers[KEY_HEADER]
    if not KEY.fullmatch(key):
        raise InvalidParameter(f"{KEY_HEADER} must be 1 to 255 printable ASCII characters.")
    return key


def _said(call: Call) -> str:
    """All the request says: method, path, query, body, and the dialect it wants."""
    request = call.request
    parts = (
        request.method.encode(),
        request.url.path.encode(),
        request.scope["query_string"],
        b"json" if call.in_json else b"xml",
        call.body,
    )
    return "\n".join(part.hex() for part in parts)
