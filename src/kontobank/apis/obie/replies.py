"""Answers as bytes: JSON, errors in the two versions' forms, and those broken on purpose."""

import json
import uuid
from datetime import datetime
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from kontobank import quirks, seeds
from kontobank.apis.breakage import damaged, refusal_of, waits, without_words
from kontobank.apis.cut import dumps, pause
from kontobank.apis.obie.call import INTERACTION, Call, Reply
from kontobank.faults import Fault

JSON_TYPE = "application/json"
OAUTH = ("token", "authorize")
ERROR_FAULTS = {
    "withdrawn": (403, "CONSENT_WITHDRAWN", "the person withdrew the consent"),
    "expired_token": (401, "TOKEN_EXPIRED", "the access token has expired"),
}
TEXT_KEYS = ("TransactionInformation", "Name", "FullLegalName", "Nickname", "Description")


def error(call: Call, status: int, code: str, text: str) -> Reply:
    """An error: RFC 6749's at the authorisation server, else the version's own.

    4.0's codes have four characters; ours repeat the status, the whole's `Code` says more.
    """
    if call.endpoint in OAUTH:
        word = code if code.islower() else "invalid_grant"
        return Reply(status, {"error": word, "error_description": text[:200]})
    own = f"U{status}" if call.is_newer else f"UK.OBIE.{code}"
    body = {
        "Id": _interaction(call),
        "Code": f"{status} {code}"[:40],
        "Message": HTTPStatus(status).phrase,
        "Errors": [{"ErrorCode": own, "Message": text[:500]}],
    }
    return Reply(status, body)


def _interaction(call: Call) -> str:
    """The caller's id of the call; the bank's own where they gave none."""
    own = seeds.identifier(0, "interaction", call.method, call.rest, length=32)
    return (call.headers.get(INTERACTION) or str(uuid.UUID(own)))[:40]


def sent(call: Call, reply: Reply, *, is_ascii: bool = False) -> Response:
    """The reply as bytes, with the request's own id; a lone surrogate travels as ASCII only."""
    headers = {INTERACTION: _interaction(call), **reply.headers}
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
        reply = error(call, *ERROR_FAULTS[fault.kind])
    if (refusal := refusal_of(fault)) is not None:
        reply = error(call, *refusal)
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
