"""Replies that go wrong as the switchboard or the login wants it."""

import json

from starlette.requests import Request
from starlette.responses import Response

from kontobank import quirks
from kontobank.apis.cut import ResetReply, TruncatedReply, pause
from kontobank.apis.paging import Page, write_page
from kontobank.apis.parts import Parts
from kontobank.apis.polish_api import listing
from kontobank.apis.polish_api.parts import Call
from kontobank.apis.polish_api.replies import (
    JSON_TYPE,
    body_with_header,
    error_members,
    signed,
)
from kontobank.faults import Fault
from kontobank.quirks import Reply
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
    if fault.kind == "status":
        status = fault.status
        members = error_members(fault.code, "a planned fault")
    if fault.kind == "html":
        return Response(quirks.HTML_PAGE, 200, media_type="text/html")
    if members is None:
        return Response(status_code=status, headers={SIGNATURE_HEADER: parts.signer.sign(b"")})
    body = body_with_header(call, parts.clock.now(), members)
    if status == 200:
        body = _distorted(parts, call, fault.kind, body)
    return _sent(parts, call, fault, status, body)


def _distorted(parts: Parts, call: Call, kind: str, body: bytes) -> bytes:
    """The body as a worse bank would write it."""
    if kind not in ("nonsense", "hostile_text", "no_next_page", "loop_pages"):
        return body
    reply: Reply = json.loads(body)
    if kind == "nonsense":
        reply = quirks.nonsense(reply)
    elif kind == "hostile_text":
        reply = quirks.hostile_text(reply)
    elif kind == "no_next_page":
        reply = quirks.no_next_page(reply)
    else:
        reply = quirks.loop_pages(reply, _same_page(parts, call))
    return json.dumps(reply).encode()  # ASCII: a lone surrogate travels escaped


def _same_page(parts: Parts, call: Call) -> str:
    """An id that leads to the first page of the same list, for ever."""
    consent_id = call.consent.id if call.consent else ""
    key = listing.listing_key(parts.seed, consent_id, call.endpoint, call.body)
    return write_page(Page(0, parts.clock.now()), key)


def _sent(parts: Parts, call: Call, fault: Fault, status: int, body: bytes) -> Response:
    extra = {"Retry-After": str(fault.retry_after_s)} if fault.retry_after_s else {}
    if fault.kind == "reset":
        return ResetReply()
    if fault.kind == "truncate":
        return TruncatedReply(body, 200, media_type=JSON_TYPE)
    response = signed(call, parts.signer, body, status, extra)
    if fault.kind == "missing_signature":
        del response.headers[SIGNATURE_HEADER]
    if fault.kind == "bad_signature":
        response.headers[SIGNATURE_HEADER] = parts.signer.sign(body + b" ")
    return response
