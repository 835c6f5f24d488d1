"""Replies that go wrong as the switchboard or the login wants it."""

import json

from starlette.requests import Request
from starlette.responses import Response

from kontobank import quirks
from kontobank.apis.breakage import damaged, refusal_of, waits, without_words
from kontobank.apis.cut import pause
from kontobank.apis.parts import Parts
from kontobank.apis.polish_api.parts import Call
from kontobank.apis.polish_api.replies import (
    body_with_header,
    error_members,
    signed,
)
from kontobank.faults import Fault
from kontobank.quirks.replies import Reply
from kontobank.signing import SIGNATURE_HEADER

ERROR_FAULTS = {
    "expired_token": (401, "TOKEN_EXPIRED", "the access token has expired"),
    "withdrawn": (403, "CONSENT_WITHDRAWN", "the person withdrew the consent"),
}


async def broken(
    parts: Parts, call: Call, fault: Fault, status: int, members: bytes | None, request: Request
) -> Response:
    """The reply the fault makes of what would have been answered."""
    if fault.kind == "slow":
        await pause(request, fault.delay_ms)
    if fault.kind in ERROR_FAULTS:
        status, code, message = ERROR_FAULTS[fault.kind]
        members = error_members(code, message)
    if (wordless := without_words(fault, parts.clock.now())) is not None:
        return wordless
    if (refusal := refusal_of(fault)) is not None:
        status, code, message = refusal
        members = error_members(code, message)
    if members is None:
        return Response(status_code=status, headers={SIGNATURE_HEADER: parts.signer.sign(b"")})
    body = body_with_header(call, parts.clock.now(), members)
    if status == 200:
        body = _distorted(fault.kind, body)
    return _sent(parts, call, fault, status, body)


def _distorted(kind: str, body: bytes) -> bytes:
    """The body as a worse bank would write it."""
    if kind not in ("nonsense", "hostile_text"):
        return body
    reply: Reply = json.loads(body)
    reply = quirks.nonsense(reply) if kind == "nonsense" else quirks.hostile_text(reply)
    return json.dumps(reply).encode()  # ASCII: a lone surrogate travels escaped


def _sent(parts: Parts, call: Call, fault: Fault, status: int, body: bytes) -> Response:
    extra = dict(waits(fault, parts.clock.now()))
    response = signed(call, parts.signer, body, status, extra)
    if fault.kind == "missing_signature":
        del response.headers[SIGNATURE_HEADER]
    if fault.kind == "bad_signature":
        response.headers[SIGNATURE_HEADER] = parts.signer.sign(body + b" ")
    return damaged(response, fault)
