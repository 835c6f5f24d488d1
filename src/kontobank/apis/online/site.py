"""The online service's addresses, and the order in which every request is answered and logged."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kontobank.access.journal import CallRow
from kontobank.apis.breakage import damaged, refusal_of, waits, without_words
from kontobank.apis.online.calls import Call
from kontobank.apis.online.entrance import Entrance, away
from kontobank.apis.online.inside import Inside
from kontobank.apis.online.pages import HEADERS, asset, page
from kontobank.apis.online.visits import COOKIE, Visits
from kontobank.apis.parts import Parts
from kontobank.faults import Fault, call_fault
from kontobank.mask import MaskRefused, place_of

FORM_FIELDS_MAX = 50
FIELD_BYTES_MAX = 4_096
PAGE_NUMBER_MAX = 100_000
PAGE, DATA, PICTURE, KEEP_ALIVE, ASSET = "page", "data", "picture", "keepalive", "asset"
NONSENSE = "<!doctype html><title>?</title><table id=accounts><tr><td>12.5<td>what?</table>"
Answer = Callable[[Call], Response]


@dataclass(frozen=True)
class Address:
    """One address of the service: how the log calls it, and who answers."""

    method: str
    path: str
    endpoint: str
    kind: str
    answer: Answer


class Site:
    """The online service of every place; visits live in memory."""

    def __init__(self, parts: Parts) -> None:
        self._clock, self._journal, self._faults = parts.clock, parts.journal, parts.faults
        self._visits = Visits(parts.seed, parts.clock)
        self._entrance = Entrance(parts.clock, self._visits, parts.faults)
        self._inside = Inside(parts)

    def reset(self) -> None:
        """Nobody is signed in."""
        self._visits.reset()

    def routes(self) -> list[Route]:
        """The addresses under /online; whatever is not among them is logged as unknown."""
        way, inside = self._entrance, self._inside
        table = (
            Address("GET", "/login", "loginPage", PAGE, way.show_login),
            Address("POST", "/login", "login", PAGE, way.submit_login),
            Address("GET", "/confirm", "stepPage", PAGE, way.show_step),
            Address("POST", "/confirm", "step", PAGE, way.submit_step),
            Address("GET", "/challenge.png", "challenge", PICTURE, way.show_picture),
            Address("GET", "/start", "overview", PAGE, inside.overview),
            Address("GET", "/owner", "owner", DATA, inside.owner),
            Address("GET", "/cards", "cards", DATA, inside.cards),
            Address("GET", "/accounts/{account}", "account", DATA, inside.account),
            Address("GET", "/accounts/{account}/history", "history", DATA, inside.history),
            Address("GET", "/accounts/{account}/history.csv", "file", DATA, inside.history_csv),
            Address("GET", "/keep-alive", "keepAlive", KEEP_ALIVE, way.keep_alive),
            Address("GET", "/logout", "signOut", PAGE, way.sign_out),
            Address("GET", "/static/{name}", "asset", ASSET, _asset),
            Address("GET", "/{rest:path}", "unknown", PAGE, _unknown),
        )
        return [
            Route("/online/{place}" + one.path, self._served(one), methods=[one.method])
            for one in table
        ]

    def _served(self, address: Address) -> ASGIApp:
        return _Served(lambda request: self._answer(request, address))

    async def _answer(self, request: Request, address: Address) -> Response:
        if self._faults.latency_ms:
            await asyncio.sleep(self._faults.latency_ms / 1000)
        try:
            call = await self._call(request, address)
        except MaskRefused:
            return Response("no such place", 404)
        login = call.visit.login if call.visit else None
        fault = self._fault(call, address, login)
        response = address.answer(call) if fault is None else self._broken(call, address, fault)
        self._note(request, call, address, response.status_code, fault)
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.delay_ms / 1000)
        return response

    async def _call(self, request: Request, address: Address) -> Call:
        names = {name: str(value) for name, value in request.path_params.items()}
        place = names.pop("place")
        country, mask = place_of(place)
        call = Call(address.endpoint, place, country, mask, names=names)
        call.query = dict(request.query_params)
        number = call.query.get("page", "1")
        is_number = number.isascii() and number.isdecimal() and len(number) < len("1000000")
        call.page = max(1, min(PAGE_NUMBER_MAX, int(number))) if is_number else 1
        if address.method == "POST":
            form = await request.form(
                max_files=0, max_fields=FORM_FIELDS_MAX, max_part_size=FIELD_BYTES_MAX
            )
            call.form = {name: str(value) for name, value in form.items()}
        call.visit = self._visits.find(request.cookies.get(COOKIE, ""), place)
        return call

    def _fault(self, call: Call, address: Address, login: str | None) -> Fault | None:
        """What goes wrong with this reply: the plan first, then the login's own fault."""
        planned = self._faults.take(call.endpoint, login, country=call.country)
        if planned is not None or login is None or address.kind != DATA:
            return planned
        return call_fault(login, is_next_page=call.page > 1)

    def _broken(self, call: Call, address: Address, fault: Fault) -> Response:
        """The reply the fault makes of what would have been answered."""
        if fault.kind in ("expired_token", "withdrawn"):
            if call.visit is not None:
                self._visits.end(call.visit)
            return away(call, "/login?reason=timeout")
        if (wordless := without_words(fault, self._clock.now())) is not None:
            return wordless
        if (refusal := refusal_of(fault)) is not None:
            return self._closed(call, fault, refusal[0])
        if fault.kind == "nonsense":
            return HTMLResponse(NONSENSE, headers=HEADERS)
        call.is_hostile = fault.kind == "hostile_text"
        call.fault = fault
        return damaged(address.answer(call), fault)

    def _closed(self, call: Call, fault: Fault, status: int) -> Response:
        """A page without content: announced maintenance, or an error of the bank's server."""
        is_announced = fault.code == "MAINTENANCE"
        name = "maintenance" if is_announced else "failure"
        response = page(name, *call.where, status=status)
        response.headers.update(waits(fault, self._clock.now()))
        return response

    def _note(
        self, request: Request, call: Call, address: Address, status: int, fault: Fault | None
    ) -> None:
        """The request is in the journal; its path without place and query."""
        path = request.url.path.removeprefix(f"/online/{call.place}")
        if call.names.get("account"):
            path = address.path
        self._journal.add(
            CallRow(
                endpoint=call.endpoint,
                country=call.country,
                account=call.account,
                page="next" if call.page > 1 else "first",
                status=status,
                fault=fault.kind if fault else None,
                at=self._clock.now().isoformat(timespec="milliseconds"),
                method=request.method,
                path=path,
                kind=address.kind,
            )
        )


class _Served:
    """An ASGI application of one address; a visitor who left is no error."""

    def __init__(self, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)


def _asset(call: Call) -> Response:
    return asset(call.names.get("name", ""))


def _unknown(call: Call) -> Response:
    return page("refused", *call.where, status=404, error="E900")
