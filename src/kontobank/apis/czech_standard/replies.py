"""Answers as bytes: JSON, the standard's errors, and those broken on purpose."""

import json
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from kontobank import quirks
from kontobank.access.nouns import AccessRefused
from kontobank.apis.breakage import damaged, refusal_of, waits, without_words
from kontobank.apis.cut import dumps, pause
from kontobank.apis.czech_standard.call import JSON_TYPE, Call, Reply
from kontobank.apis.czech_standard.check import Invalid
from kontobank.faults import Fault

CODE_OF_STATUS = {401: "UNAUTHORISED", 403: "FORBIDDEN", 429: "TOO_MANY_REQUESTS"}
WITHDRAWN = "CONSENT_WITHDRAWN"
TEXT_KEYS = ("unstructured", "name", "additionalTransactionInformation", "nameI18N", "productI18N")
ERROR_FAULTS = {
    "withdrawn": AccessRefused(403, WITHDRAWN, "the person withdrew the consent"),
    "expired_token": AccessRefused(401, "TOKEN_EXPIRED", "the access token has expired"),
}


def refused(refusal: AccessRefused) -> Reply:
    """The refusal in the standard's form: its own code, the bank's reason in the parameters."""
    code = CODE_OF_STATUS.get(refusal.status, refusal.code)
    error: dict[str, Any] = {"error": code, "message": refusal.message}
    if code != refusal.code:
        error["parameters"] = {"REASON": refusal.code}
    if isinstance(refusal, Invalid):
        error["scope"] = refusal.scope
        if refusal.parameters:
            error["parameters"] = refusal.parameters
    return Reply(refusal.status, {"errors": [error]})


def sent(call: Call, reply: Reply, *, is_ascii: bool = False) -> Response:
    """The reply as bytes, with the request's own id; a lone surrogate travels as ASCII only."""
    headers = dict(reply.headers)
    if call.request_id:
        headers["X-Request-ID"] = call.request_id
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    raw = json.dumps(reply.body).encode() if is_ascii else dumps(reply.body)
    return Response(raw, reply.status, headers, media_type=JSON_TYPE)


async def broken(
    call: Call, fault: Fault, reply: Reply, request: Request, now: datetime
) -> Response:
    """The reply the fault makes of what would have been answered."""
    if fault.kind == "slow":
        await pause(request, fault.delay_ms)
    if (wordless := without_words(fault, now)) is not None:
        return wordless
    if fault.kind in ERROR_FAULTS:
        reply = refused(ERROR_FAULTS[fault.kind])
    if (refusal := refusal_of(fault)) is not None:
        status, code, text = refusal
        reply = Reply(status, {"errors": [{"error": code, "message": text}]})
    reply = Reply(reply.status, reply.body, {**reply.headers, **waits(fault, now)})
    if reply.status < 300 and reply.body is not None:
        reply = Reply(reply.status, _distorted(fault.kind, reply.body), reply.headers)
    return damaged(sent(call, reply, is_ascii=True), fault)


def _distorted(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body as a worse bank would write it."""
    worse: dict[str, Any] = json.loads(dumps(body))
    if kind == "nonsense":
        return quirks.nonsense(worse)
    if kind == "hostile_text":
        return quirks.hostile_text(worse, TEXT_KEYS)
    return worse
