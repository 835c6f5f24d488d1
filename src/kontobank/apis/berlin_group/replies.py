"""Answers as bytes: JSON, errors in the standard's two forms, and those broken on purpose."""

import json
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from kontobank import quirks
from kontobank.apis.berlin_group.call import JSON_TYPE, PROBLEM_TYPE, Call, Reply
from kontobank.apis.breakage import damaged, refusal_of, waits, without_words
from kontobank.apis.cut import dumps, pause
from kontobank.faults import Fault

PROBLEM_LOGIN = "quirk-problem"
PROBLEM_URI = "https://kontobank.example.org/problems/"
ERROR_FAULTS = {
    "withdrawn": (401, "CONSENT_INVALID", "the person withdrew the consent"),
    "expired_token": (401, "CONSENT_EXPIRED", "the consent has expired"),
}
TEXT_KEYS = (
    "remittanceInformationUnstructured",
    "creditorName",
    "debtorName",
    "ownerName",
    "name",
    "product",
    "proprietaryBankTransactionCode",
    "transactionDetails",
)


def error(status: int, code: str, text: str) -> Reply:
    """An error in the standard's own form."""
    message = {"category": "ERROR", "code": code, "text": text[:500]}
    return Reply(status, {"tppMessages": [message]})


def spoiled(call: Call, reply: Reply) -> Reply:
    """The reply as the bank of this login writes it: some keep to the standard less than others."""
    own = [quirks.XS2A_QUIRKS[call.login]] if call.login in quirks.XS2A_QUIRKS else []
    own += [quirks.REPLIES[name] for name in sorted(call.packs & quirks.REPLIES.keys())]
    if "balances-fail" in call.packs and call.endpoint == "getBalances":
        return error(500, "INTERNAL_SERVER_ERROR", "no balance today")
    if "error-as-success" in call.packs and call.endpoint == "getTransactions":
        return Reply(200, error(500, "SERVICE_UNAVAILABLE", "try again later").body)
    if reply.body is None or not own:
        return reply
    worse = json.loads(dumps(reply.body))
    for quirk in own:
        worse = quirk(worse)
    text = dumps(worse).decode().replace("{here}", call.base_url)
    return Reply(reply.status, json.loads(text), reply.headers)


def sent(call: Call, reply: Reply, *, is_ascii: bool = False) -> Response:
    """The reply as bytes, with the request's own id; a lone surrogate travels as ASCII only."""
    headers = dict(reply.headers)
    if call.request_id:
        headers[call.dialect.request_id] = call.request_id
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    body: Any = reply.body
    kind = JSON_TYPE
    if reply.status >= 400 and call.login == PROBLEM_LOGIN:
        body, kind = _problem(body), PROBLEM_TYPE
    elif reply.status >= 400 and "tppMessages" in body:
        body = quirks.as_error(call.packs, body)
    if body is None:
        return Response(status_code=reply.status, headers=headers)
    raw = json.dumps(body).encode() if is_ascii else dumps(body)
    return Response(raw, reply.status, headers, media_type=kind)


async def broken(
    call: Call, fault: Fault, reply: Reply, request: Request, now: datetime
) -> Response:
    """The reply the fault makes of what would have been answered."""
    if fault.kind == "slow":
        await pause(request, fault.delay_ms)
    if (wordless := without_words(fault, now)) is not None:
        return wordless
    if fault.kind == "expired_token" and call.token:
        reply = error(401, "TOKEN_EXPIRED", "the access token has expired")
    elif fault.kind in ERROR_FAULTS:
        reply = error(*ERROR_FAULTS[fault.kind])
    if (refusal := refusal_of(fault)) is not None:
        reply = error(*refusal)
    reply = Reply(reply.status, reply.body, {**reply.headers, **waits(fault, now)})
    if reply.status < 300 and reply.body is not None:
        reply = _distorted(fault.kind, reply, reply.body)
    return damaged(sent(call, reply, is_ascii=True), fault)


def _distorted(kind: str, reply: Reply, body: dict[str, Any]) -> Reply:
    """The reply as a worse bank would write it."""
    worse: dict[str, Any] = json.loads(dumps(body))
    if kind == "nonsense":
        worse = quirks.nonsense(worse)
    elif kind == "hostile_text":
        worse = quirks.hostile_text(worse, TEXT_KEYS)
    else:
        return reply
    return Reply(reply.status, worse, reply.headers)


def _problem(body: dict[str, Any]) -> dict[str, Any]:
    """The error by RFC 7807."""
    first = body["tppMessages"][0]
    code = first["code"]
    return {
        "type": PROBLEM_URI + code.lower().replace("_", "-")[:20],
        "title": code,
        "detail": first["text"],
        "code": code,
        "additionalErrors": [{"title": code, "detail": first["text"], "code": code}],
    }
