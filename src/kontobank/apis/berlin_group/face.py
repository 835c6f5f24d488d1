"""From a request to a reply: the order of every call."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kontobank.access.nouns import AccessRefused
from kontobank.apis.answered import fault_of, fits, note
from kontobank.apis.berlin_group import check, consents, data, oauth, replies, sca, tokens
from kontobank.apis.berlin_group.call import (
    BERLIN_GROUP,
    REDSYS,
    SIBS,
    SIGNED,
    Call,
    Dialect,
    Reply,
)
from kontobank.apis.parts import Parts
from kontobank.clientcert import SCOPE_KEY, CertificateRefused, caller_of
from kontobank.mask import place_or_none
from kontobank.signing import SealRefused

Answer = Callable[[Parts, Call], Reply]


@dataclass(frozen=True)
class Endpoint:
    """One call of the standard; names in braces are filled from the path."""

    method: str
    path: str
    name: str
    answer: Answer


def _of_consent(answer: Callable[..., Reply]) -> Answer:
    return lambda parts, call: answer(parts, call, consents.held(parts, call))


ONE = "consents/{consent}"
TRIES = "consents/{consent}/authorisations"
TABLE = (
    Endpoint("POST", "consents", "createConsent", consents.create),
    Endpoint("GET", ONE, "getConsent", consents.show),
    Endpoint("DELETE", ONE, "deleteConsent", consents.delete),
    Endpoint("GET", f"{ONE}/status", "getConsentStatus", consents.show_status),
    Endpoint("POST", TRIES, "startAuthorisation", _of_consent(sca.start)),
    Endpoint("GET", TRIES, "getAuthorisations", _of_consent(sca.listed)),
    Endpoint("GET", f"{TRIES}/{{authorisation}}", "getScaStatus", _of_consent(sca.show)),
    Endpoint("PUT", f"{TRIES}/{{authorisation}}", "updateAuthorisation", _of_consent(sca.update)),
    Endpoint("GET", "accounts", "getAccounts", data.get_accounts),
    Endpoint("GET", "accounts/{account}", "getAccount", data.get_account),
    Endpoint("GET", "accounts/{account}/balances", "getBalances", data.get_balances),
    Endpoint("GET", "accounts/{account}/transactions", "getTransactions", data.get_transactions),
    Endpoint(
        "GET",
        "accounts/{account}/transactions/{transaction}",
        "getTransaction",
        data.get_transaction,
    ),
    Endpoint("GET", "card-accounts", "getCardAccounts", data.get_card_accounts),
    Endpoint("GET", "card-accounts/{account}", "getCardAccount", data.get_card_account),
    Endpoint("GET", "card-accounts/{account}/balances", "getCardBalances", data.get_card_balances),
    Endpoint(
        "GET",
        "card-accounts/{account}/transactions",
        "getCardTransactions",
        data.get_card_transactions,
    ),
)
DATA_CALLS = tuple(one.name for one in TABLE if "account" in one.path)


class Face:
    """The ASGI application behind one dialect's paths."""

    def __init__(self, parts: Parts, dialect: Dialect) -> None:
        self._parts, self._dialect = parts, dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        request = Request(scope, receive)
        if self._parts.faults.latency_ms:
            await asyncio.sleep(self._parts.faults.latency_ms / 1000)
        try:
            response = await self._answer(request, self._call(request))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    def _call(self, request: Request) -> Call:
        rest = request.path_params["rest"]
        country, mask = place_or_none(request.path_params["place"])
        return Call(
            dialect=self._dialect,
            place=request.path_params["place"],
            country=country or "",
            mask=mask,
            base_url=str(request.base_url).rstrip("/"),
            prefix=request.url.path.removesuffix(f"/{rest}"),
            method=request.method,
            headers=request.headers,
            query=request.query_params,
            path={"rest": rest},
            tpp=_caller(request),
            page=request.query_params.get("page"),
        )

    async def _answer(self, request: Request, call: Call) -> Response:
        code = None
        try:
            answer = _endpoint(call)
            await self._admit(request, call)
            reply = replies.spoiled(call, answer(self._parts, call))
        except (AccessRefused, SealRefused) as refusal:
            code = refusal.code
            reply = replies.error(refusal.status, refusal.code, refusal.message)
        fault = fault_of(
            self._parts, call, is_data_call=call.endpoint in DATA_CALLS, is_answered=code is None
        )
        if fault and fault.kind == "withdrawn" and call.consent:
            self._parts.consents.end_after_now(call.consent)
        note(
            self._parts,
            call,
            reply.status,
            code,
            fault,
            tpp_id=call.tpp or None,
            request_id=call.request_id,
        )
        if fault is not None:
            now = self._parts.clock.now()
            return await replies.broken(call, fault, reply, request, now)
        return replies.sent(call, reply)

    async def _admit(self, request: Request, call: Call) -> None:
        """The request is whole and understood."""
        check.check_request_id(call)
        check.check_accept(call)
        raw = await check.body_of(request)
        self._check_seal(call, raw)
        tokens.read(self._parts, call)
        check.parse_body(call, raw)

    def _check_seal(self, call: Call, raw: bytes) -> None:
        """The call is signed where it must be or says so; the key names who has no certificate."""
        headers, seals = call.headers, self._parts.seals
        is_signed = "Signature" in headers or "Digest" in headers
        if not (is_signed or call.dialect.needs_seal or seals.are_demanded):
            return
        seal = seals.verify_message(
            dict(headers.items()),
            headers.get(call.dialect.certificate, ""),
            raw,
            ("digest", call.dialect.request_id.lower(), *SIGNED),
            self._parts.clock.judging_now(),
        )
        call.tpp = call.tpp or seal.thumbprint


def routes(parts: Parts) -> list[Route]:
    """The routes of the standard and its relatives."""
    redsys = "/redsys/{place}/api-entrada-xs2a/services/{aspsp}/v1.1/{rest:path}"
    berlin_group, sibs = Face(parts, BERLIN_GROUP), Face(parts, SIBS)
    return [
        Route("/berlin-group/{place}/v1/{rest:path}", berlin_group),
        Route(redsys, Face(parts, REDSYS)),
        Route("/sibs/{place}/v1-0-3/{rest:path}", sibs),
        Route("/sibs/{place}/apimarket/{aspsp}/v1-0-3/{rest:path}", sibs),
        *oauth.routes(parts),
    ]


def _caller(request: Request) -> str:
    """The name in the client's certificate; "" where the line shows none."""
    try:
        return caller_of(request.scope.get(SCOPE_KEY)).tpp_id
    except CertificateRefused:
        return ""


def _endpoint(call: Call) -> Answer:
    """The function of the path; the call knows its name and what the path names."""
    names = call.path["rest"].split("/")
    served = [one for one in TABLE if call.country and fits(one.path.split("/"), names)]
    if not served:
        raise AccessRefused(404, "RESOURCE_UNKNOWN", "no such path")
    found = next((one for one in served if one.method == call.method), None)
    if found is None:
        raise AccessRefused(405, "SERVICE_INVALID", "not with this method")
    call.endpoint = found.name
    for pattern, name in zip(found.path.split("/"), names, strict=True):
        if pattern.startswith("{"):
            call.path[pattern.strip("{}")] = name
    return found.answer
