"""The test controls: faults, clock, latency, consents, log, ledger, reset; JSON over HTTP."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kontobank.access.approvals import Approvals
from kontobank.access.consents import Consents
from kontobank.access.journal import Journal
from kontobank.access.ledger import Ledger
from kontobank.access.registry import Registry
from kontobank.access.withdrawal import withdraw_all
from kontobank.clock import Clock, OutOfTime
from kontobank.faults import (
    ANY,
    LATENCY_MAX_MS,
    Fault,
    FaultPlan,
    PlannedFault,
    PlanRefused,
    fault_of,
    plan_of,
)
from kontobank.mask import PLAIN
from kontobank.outages import EVERYWHERE, OUTAGE_MAX_S, Outages
from kontobank.outages import KINDS as OUTAGES
from kontobank.people.countries import COUNTRIES
from kontobank.quirks import Packs, UnknownPack
from kontobank.quirks.packs import EVERYBODY
from kontobank.signing import Seals
from kontobank.transcript import Transcript
from kontobank.world import truth
from kontobank.world.bench import ACCOUNTS_MAX, ROWS_MAX

FAULT_MEMBERS = tuple(one.name for one in fields(Fault))
PLANNED_MEMBERS = ("path", "login", "after", "times", "account", "place")
TIMES_MAX = 1_000_000
ADVANCE_MAX_S = 10 * 366 * 86_400
Handler = Callable[[Request], Awaitable[Response]]


class Resettable(Protocol):
    """A part of the bank that can forget everything."""

    def reset(self) -> None:
        """It is as it was at its start."""


class Unclear(Exception):
    """The request of a test does not say what it wants; 400 with these words."""


@dataclass(frozen=True)
class Controls:
    """What the switchboard moves."""

    seed: int
    clock: Clock
    registry: Registry
    consents: Consents
    approvals: Approvals
    ledger: Ledger
    journal: Journal
    faults: FaultPlan
    seals: Seals
    outages: Outages
    transcript: Transcript
    packs: Packs
    others: tuple[Resettable, ...] = ()

    async def add_fault(self, request: Request) -> Response:
        """A fault waits for its calls."""
        body = await _object(request, *FAULT_MEMBERS, *PLANNED_MEMBERS)
        planned = PlannedFault(
            fault=fault_of(body),
            path=str(body.get("path", ANY)),
            login=str(body["login"]) if body.get("login") else None,
            after=_number(body, "after", 0, 0, TIMES_MAX),
            times=_number(body, "times", 1, 1, TIMES_MAX),
            account=str(body["account"]) if body.get("account") else None,
            country=_place(body, "place"),
            since=self.clock.now(),
        )
        try:
            self.faults.add(planned)
        except ValueError as cause:
            raise Unclear(str(cause)) from cause
        return JSONResponse({"waiting": self.faults.waiting})

    async def follow_plan(self, request: Request) -> Response:
        """The seeded plan is in force, in the form of `kontobank serve --faults`."""
        plan = plan_of(await _any_object(request))
        self.faults.follow(plan)
        return JSONResponse({"seed": plan.seed, "rules": len(plan.rules)})

    async def switch_packs(self, request: Request) -> Response:
        """These packs of misbehaviour, and no others, are on for a login or for everybody."""
        body = await _object(request, "packs", "login", "place")
        names, login = body.get("packs"), str(body.get("login") or EVERYBODY)
        if not isinstance(names, list):
            raise Unclear("packs is a list of names")
        self.packs.switch(login, map(str, names), _place(body, "place"), self.clock.now())
        return JSONResponse({"login": login, "packs": sorted(map(str, names))})

    async def show_packs(self, _request: Request) -> Response:
        """The packs that are on, where, for whom and since when."""
        shown = [
            {
                "pack": one.name,
                "place": one.country,
                "login": one.login,
                "since": one.since and one.since.isoformat(timespec="seconds"),
            }
            for one in self.packs.switched
        ]
        return JSONResponse({"packs": shown})

    async def clear_faults(self, _request: Request) -> Response:
        """No fault is planned."""
        self.faults.clear()
        return JSONResponse({"waiting": 0})

    async def move_clock(self, request: Request) -> Response:
        """The bank's time is moved, set, stopped or started."""
        body = await _object(request, "pause", "now", "advance_s")
        if "pause" in body:
            (self.clock.pause if body["pause"] else self.clock.resume)()
        if "now" in body:
            self.clock.set_to(_instant(body["now"]))
        if "advance_s" in body:
            self.clock.advance(_number(body, "advance_s", 0, -ADVANCE_MAX_S, ADVANCE_MAX_S))
        return JSONResponse({"now": self.clock.now().isoformat()})

    async def set_latency(self, request: Request) -> Response:
        """Every call of the interface takes so much longer."""
        body = await _object(request, "ms")
        self.faults.latency_ms = _number(body, "ms", 0, 0, LATENCY_MAX_MS)
        return JSONResponse({"ms": self.faults.latency_ms})

    async def withdraw(self, request: Request) -> Response:
        """The person withdrew the consent at the bank; 404 when there is none."""
        name = request.path_params["consent_id"]
        by_token, by_id = self.registry.consent(name), self.consents.consent(name)
        if by_token is None and by_id is None:
            return JSONResponse({"error": "no such consent"}, 404)
        status = ""
        if by_token is not None:
            self.registry.end(by_token, status := "withdrawn")
        if by_id is not None:
            self.consents.end(by_id, status := "revokedByPsu")
        return JSONResponse({"consentId": name, "status": status})

    async def expire(self, request: Request) -> Response:
        """The person withdrew every consent they gave."""
        login = str((await _object(request, "login")).get("login", ""))
        return JSONResponse({"ended": withdraw_all(self.registry, self.consents, login)})

    async def begin_outage(self, request: Request) -> Response:
        """The bank, or one country's, fails for so many seconds."""
        body = await _object(request, "kind", "place", "for_s")
        kind, place = body.get("kind"), _place(body, "place")
        if kind not in OUTAGES:
            raise Unclear(f"kind is one of {', '.join(OUTAGES)}")
        outage = self.outages.begin(kind, place, _number(body, "for_s", 60, 1, OUTAGE_MAX_S))
        return JSONResponse({"until": outage.until.isoformat()})

    async def end_outage(self, _request: Request) -> Response:
        """The bank is there again."""
        self.outages.end()
        return JSONResponse({"outage": None})

    async def show_state(self, _request: Request) -> Response:
        """What is wrong at this moment."""
        outage = self.outages.now
        shown = outage and {
            "kind": outage.kind,
            "place": outage.place,
            "until": outage.until.isoformat(timespec="seconds"),
        }
        return JSONResponse(
            {
                "outage": shown,
                "faults": self.faults.waiting,
                "latency_ms": self.faults.latency_ms,
                "now": self.clock.now().isoformat(timespec="seconds"),
            }
        )

    async def decide(self, request: Request) -> Response:
        """The person decides, in the bank's app, on everything that waits there."""
        body = await _object(request, "login", "confirm")
        waiting = self.approvals.waiting(str(body.get("login", "")))
        is_yes = body.get("confirm", True) is True
        for consent, authorisation in waiting:
            (self.approvals.approve if is_yes else self.approvals.deny)(consent, authorisation)
        return JSONResponse({"decided": len(waiting)})

    async def demand_seals(self, request: Request) -> Response:
        """Calls must be signed (or need not) where the standard leaves that to the bank."""
        body = await _object(request, "demanded")
        self.seals.are_demanded = body.get("demanded") is True
        return JSONResponse({"demanded": self.seals.are_demanded})

    async def log(self, request: Request) -> Response:
        """The calls numbered above `since`; `last` is where to go on."""
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            raise Unclear("since is a number")
        rows = self.journal.since(int(since))
        return JSONResponse({"rows": rows, "last": self.journal.last})

    async def show_ledger(self, _request: Request) -> Response:
        """The count of unattended calls."""
        return JSONResponse({"rows": self.ledger.rows(self.clock.now())})

    async def shape(self, request: Request) -> Response:
        """The bench login that has these numbers; nothing is stored, the login says it all."""
        body = await _object(request, "accounts", "transactions")
        accounts = _number(body, "accounts", 1, 1, ACCOUNTS_MAX)
        rows = _number(body, "transactions", 72, 0, ROWS_MAX)
        return JSONResponse({"login": f"bench-{accounts}x{rows}"})

    async def tell_truth(self, request: Request) -> Response:
        """What really happened on a living login's accounts, as JSON lines."""
        query, today = request.query_params, self.clock.today()
        last = _day(query.get("to"), today)
        first = _day(query.get("from"), last - timedelta(days=truth.DAYS_DEFAULT))
        code, login = query.get("country", "pl"), query.get("login", "")
        if code not in COUNTRIES:
            raise Unclear(f"country is one of {', '.join(COUNTRIES)}")
        manner = self.packs.manner(PLAIN, login, code)
        try:
            found = truth.lines(truth.truth(self.seed, code, login, first, last, manner))
        except truth.NoTruth as wrong:
            raise Unclear(str(wrong)) from wrong
        return Response(found, media_type="application/x-ndjson")

    async def start_transcript(self, _request: Request) -> Response:
        """Every exchange from now on is in the transcript, none from before."""
        self.transcript.start()
        return JSONResponse({"on": True})

    async def show_transcript(self, _request: Request) -> Response:
        """The transcript so far, as JSON lines."""
        return Response(self.transcript.text(), media_type="application/x-ndjson")

    async def reset(self, _request: Request) -> Response:
        """The bank is as it was at its start: no consents, faults, pins, log; real time."""
        self.start_anew()
        return JSONResponse({"reset": True})

    def start_anew(self) -> None:
        """Every part is as it was at its start."""
        parts: tuple[Resettable, ...] = (
            self.registry,
            self.consents,
            self.ledger,
            self.journal,
            self.faults,
            self.seals,
            self.packs,
            self.outages,
            self.transcript,
        )
        for part in (*parts, *self.others):
            part.reset()
        self.clock.reset()


def routes(controls: Controls) -> list[Route]:
    """The routes under /switchboard."""
    table: tuple[tuple[str, str, Handler], ...] = (
        ("POST", "/switchboard/faults", controls.add_fault),
        ("DELETE", "/switchboard/faults", controls.clear_faults),
        ("PUT", "/switchboard/plan", controls.follow_plan),
        ("PUT", "/switchboard/packs", controls.switch_packs),
        ("GET", "/switchboard/packs", controls.show_packs),
        ("POST", "/switchboard/clock", controls.move_clock),
        ("POST", "/switchboard/latency", controls.set_latency),
        ("POST", "/switchboard/consents/{consent_id}/withdraw", controls.withdraw),
        ("POST", "/switchboard/app", controls.decide),
        ("POST", "/switchboard/expire", controls.expire),
        ("PUT", "/switchboard/outage", controls.begin_outage),
        ("DELETE", "/switchboard/outage", controls.end_outage),
        ("GET", "/switchboard/state", controls.show_state),
        ("POST", "/switchboard/seals", controls.demand_seals),
        ("GET", "/switchboard/log", controls.log),
        ("GET", "/switchboard/ledger", controls.show_ledger),
        ("POST", "/switchboard/shape", controls.shape),
        ("GET", "/switchboard/truth", controls.tell_truth),
        ("POST", "/switchboard/transcript", controls.start_transcript),
        ("GET", "/switchboard/transcript", controls.show_transcript),
        ("POST", "/switchboard/reset", controls.reset),
    )
    return [Route(path, _clear(handler), methods=[method]) for method, path, handler in table]


def _clear(handler: Handler) -> Handler:
    """The handler with its complaints as 400 replies."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except (Unclear, PlanRefused, UnknownPack, OutOfTime) as complaint:
            return JSONResponse({"error": str(complaint)}, 400)

    return answer


async def _object(request: Request, *members: str) -> dict[str, Any]:
    """The JSON object in the body, which has no other members than these."""
    found = await _any_object(request)
    for name in found:
        if name not in members:
            raise Unclear(f"there is no {name} here, only {', '.join(members)}")
    return found


async def _any_object(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body() or b"{}")
    except ValueError as cause:
        raise Unclear("the body is not JSON") from cause
    if not isinstance(found, dict):
        raise Unclear("the body is not a JSON object")
    return found


def _number(body: dict[str, Any], key: str, otherwise: int, low: int, high: int) -> int:
    value = body.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Unclear(f"{key} is a whole number from {low} to {high}")
    return value


def _place(body: dict[str, Any], key: str) -> str:
    place = body.get(key, EVERYWHERE)
    if place not in (EVERYWHERE, *COUNTRIES):
        raise Unclear(f"{key} is {EVERYWHERE} or one of {', '.join(COUNTRIES)}")
    return str(place)


def _day(text: str | None, otherwise: date) -> date:
    if text is None:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise Unclear("from and to are days: YYYY-MM-DD") from cause


def _instant(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as cause:
        raise Unclear("now is an ISO 8601 instant") from cause
    return found if found.tzinfo else found.replace(tzinfo=UTC)
