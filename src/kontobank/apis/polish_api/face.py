"""From a request to a signed reply: the order of every call."""

import asyncio
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kontobank.access.nouns import AccessRefused
from kontobank.apis.answered import fault_of, note
from kontobank.apis.parts import Parts
from kontobank.apis.polish_api import auth, check, data
from kontobank.apis.polish_api.breakage import broken
from kontobank.apis.polish_api.parts import VERSIONS, Call
from kontobank.apis.polish_api.replies import body_with_header, error_members, signed
from kontobank.mask import place_or_none
from kontobank.signing import SIGNATURE_HEADER, SealRefused

Answer = Callable[[Parts, Call], bytes | None]

ENDPOINTS: dict[str, dict[str, Answer]] = {
    "auth": {"authorize": auth.authorize, "token": auth.token},
    "accounts": {
        "getAccounts": data.get_accounts,
        "getAccount": data.get_account,
        "getTransactionDetail": data.get_transaction_detail,
        "deleteConsent": data.delete_consent,
        **dict.fromkeys(data.LISTS, data.get_list),
    },
}


class Face:
    """The ASGI application behind /polish-api/{place}/{version}/{area}/{version}/{endpoint}."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call; every reply is signed unless a fault says otherwise."""
        request = Request(scope, receive)
        path = request.path_params
        country, mask = place_or_none(path["place"])
        call = Call(
            endpoint=path["endpoint"],
            place=path["place"],
            country=country or "",
            mask=mask,
            version=path["version"],
            base_url=str(request.base_url).rstrip("/"),
            takes_gzip="gzip" in request.headers.get("accept-encoding", "").lower(),
        )
        if self._parts.faults.latency_ms:
            await asyncio.sleep(self._parts.faults.latency_ms / 1000)
        try:
            response = await self._answer(request, call)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request, call: Call) -> Response:
        status, code, members = 200, None, None
        try:
            answer = _endpoint(request, call)
            await self._admit(request, call)
            members = answer(self._parts, call)
            status = 200 if members is not None else 204
        except (AccessRefused, SealRefused) as refusal:
            status, code = refusal.status, refusal.code
            members = error_members(refusal.code, refusal.message)
        is_data_call = call.endpoint in ENDPOINTS["accounts"] and call.endpoint != "deleteConsent"
        fault = fault_of(self._parts, call, is_data_call=is_data_call, is_answered=code is None)
        if fault and fault.kind == "withdrawn" and call.consent:
            self._parts.registry.end_after_now(call.consent)
        tpp_id = call.header.get("tppId") or call.body.get("client_id")
        note(
            self._parts,
            call,
            status,
            code,
            fault,
            tpp_id=str(tpp_id) if tpp_id else None,
            request_id=call.request_id,
        )
        if fault is not None:
            return await broken(self._parts, call, fault, status, members, request)
        return self._reply(call, status, members)

    async def _admit(self, request: Request, call: Call) -> None:
        """The request is whole, signed by a seal we may know, and understood."""
        headers = request.headers
        check.check_method(request.method, headers)
        call.request_id = check.request_id_of(headers)
        check.check_headers(headers)
        raw = await _body(request)
        now = self._parts.clock.judging_now()
        seal = self._parts.seals.verify(headers[SIGNATURE_HEADER], raw, now)
        call.seal = seal
        call.body = check.parse_body(raw)
        call.page = call.body.get("pageId")
        check.check_gateway(call, headers)
        check.check_request_header(call, headers)
        tpp_id = call.header.get("tppId")
        if isinstance(tpp_id, str) and tpp_id:
            self._parts.seals.pin(tpp_id, seal)

    def _reply(self, call: Call, status: int, members: bytes | None) -> Response:
        if members is None:
            return Response(status_code=status, headers={SIGNATURE_HEADER: self._empty()})
        body = body_with_header(call, self._parts.clock.now(), members)
        return signed(call, self._parts.signer, body, status, {})

    def _empty(self) -> str:
        return self._parts.signer.sign(b"")


def _endpoint(request: Request, call: Call) -> Answer:
    """The function of the path, else 404."""
    path = request.path_params
    is_place = call.country and path["version"] in VERSIONS
    answer = ENDPOINTS.get(path["area"], {}).get(path["endpoint"])
    if answer is None or not is_place or path["version"] != path["version_again"]:
        raise AccessRefused(404, "NOT_FOUND", "no such call")
    return answer


async def _body(request: Request) -> bytes:
    """The whole body; 400 when it is too long."""
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > check.BODY_BYTES_MAX:
            raise AccessRefused(400, "BODY_TOO_LONG", "the body is too long")
    return bytes(parts)
