"""A small lender's site: an application, the person's bank, a decision.

    SHOP_API_KEY=... python shop.py --api http://127.0.0.1:8400 --client demo-test

Read it from `ROUTES` up. Applications live in this process's memory: yours belong in a database.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn
from api import Api, Refused
from applications import MONTHS, NAME_MAX, Application, Import, application_of
from decision import accounts_in, decide
from pages import LENDER, page, sorry, what_now
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

COOKIE = "application"
APPLICATIONS_MAX = 10_000
WAIT_S = 1
OURS, BADLY_ASKED = 502, 422
COUNTRY = "pl"


@dataclass(frozen=True)
class Settings:
    """Where OpenSaldo is, who we are there, and where browsers find us."""

    api: Api
    client: str
    signin: str
    address: str


Handler = Callable[[Request], Awaitable[Response]]
OurHandler = Callable[[Request, Application, Settings], Awaitable[Response]]


# --- the application ---------------------------------------------------------------------------
async def form(_request: Request) -> Response:
    """The first page."""
    return page("form.html", fault=None, typed={}, months=MONTHS)


async def apply(request: Request) -> Response:
    """An application is made; the browser keeps a secret name for it in a cookie."""
    typed = {name: str(value) for name, value in (await request.form()).items()}
    try:
        application = application_of(typed)
    except ValueError as fault:
        return page("form.html", BADLY_ASKED, fault=str(fault), typed=typed, months=MONTHS)
    token, known = secrets.token_urlsafe(32), request.app.state.applications
    known[token] = application
    if len(known) > APPLICATIONS_MAX:
        del known[next(iter(known))]
    answer = RedirectResponse("/bank", 303)
    is_https = request.app.state.settings.address.startswith("https:")
    answer.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=is_https)
    return answer


def of_the_cookie(handler: OurHandler) -> Handler:
    """The handler is given this browser's application; a browser without one starts anew."""

    async def handle(request: Request) -> Response:
        application = request.app.state.applications.get(request.cookies.get(COOKIE))
        if application is None:
            return RedirectResponse("/", 303)
        return await handler(request, application, request.app.state.settings)

    return handle


# --- the bank, first way: the widget on our page -----------------------------------------------
async def bank(_request: Request, application: Application, settings: Settings) -> Response:
    """The page around the widget: one script of OpenSaldo, one of ours, both with the nonce."""
    nonce = secrets.token_urlsafe(16)
    return page(
        "bank.html",
        script=f"'nonce-{nonce}'",
        frame=settings.signin,
        leads_to=settings.signin,
        nonce=nonce,
        settings=settings,
        country=COUNTRY,
        application=application,
    )


async def from_widget(request: Request, application: Application, settings: Settings) -> Response:
    """What the widget's onSuccess gave to our page."""
    typed = {name: str(value) for name, value in (await request.form()).items()}
    session = (typed.get("sessionId", ""), typed.get("sessionIdSignature", ""))
    return await _import(application, settings, session, typed.get("bank", ""))


async def _import(
    application: Application, settings: Settings, session: tuple[str, str], bank: str
) -> Response:
    """The import runs at OpenSaldo; a session is believed only when it is this person's own."""
    if session[0] not in {one.session_id for one in application.imports}:
        command_id, owner = await asyncio.to_thread(settings.api.start_import, *session)
        if owner != application.owner:
            raise Refused("InvalidSessionId", "The session belongs to somebody else.")
        application.add(Import(session[0], command_id, bank[:NAME_MAX] or "your bank"))
    return RedirectResponse("/progress", 303)


# --- the bank, second way: a link in this window -----------------------------------------------
async def leave(_request: Request, application: Application, settings: Settings) -> Response:
    """The person goes to OpenSaldo's own pages."""
    asked = {
        "redirectUri": settings.address + "/bank/return",
        "ownerExternalId": application.owner,
        "country": COUNTRY,
        "locale": "en",
        "clientIdentity": LENDER,
    }
    link = await asyncio.to_thread(settings.api.start_redirection, asked)
    application.redirection_id = link["redirectionId"]
    return RedirectResponse(link["redirectionLink"], 303)


async def come_back(request: Request, application: Application, settings: Settings) -> Response:
    """The person is back; how it went is asked of OpenSaldo, never read from the address."""
    given = request.query_params.get("redirectionId")
    if given is None or given != application.redirection_id:
        return RedirectResponse("/bank", 303)
    found = await asyncio.to_thread(settings.api.redirection, given)
    params = found["params"]
    if found["status"] != "SUCCESS":
        return sorry(params["exception"] or "SignInCancelled", params["sessionId"])
    session = (params["sessionId"], params["sessionIdSignature"])
    return await _import(application, settings, session, params["officialName"] or "")


# --- waiting and deciding ----------------------------------------------------------------------
async def progress(_request: Request, application: Application, settings: Settings) -> Response:
    """How far the imports are; on to the decision when they have ended."""
    await _look(application, settings, wait_s=0)
    if application.ended:
        return RedirectResponse("/decision", 303)
    return page("progress.html", script="'self'", application=application)


async def state(_request: Request, application: Application, settings: Settings) -> Response:
    """The same for the page's script; answers when something ended, or after a second."""
    await _look(application, settings, wait_s=WAIT_S)
    done = {one.command_id: one.progress for one in application.imports}
    return JSONResponse({"ended": application.ended, "progress": done})


async def _look(application: Application, settings: Settings, wait_s: int) -> None:
    """Every import is as OpenSaldo says it is."""

    async def ask(one: Import) -> None:
        command = await asyncio.to_thread(settings.api.command, one.command_id, wait_s)
        failure = command.find("exception")
        one.failure = None if failure is None else failure.attrib["name"]
        one.progress = int(command.findtext("progress/value", "0"))
        one.state = command.attrib["state"]

    await asyncio.gather(*(ask(one) for one in application.imports if not one.ended))


async def decision(_request: Request, application: Application, settings: Settings) -> Response:
    """Yes or no, with the reasons."""
    if not application.imports or not application.ended:
        return RedirectResponse("/progress" if application.imports else "/bank", 303)
    failed = [(one.bank, what_now(one.failure or "")) for one in application.failed]
    if len(failed) == len(application.imports):
        last = application.failed[-1]
        return sorry(last.failure or "", last.command_id)
    data = await asyncio.to_thread(settings.api.data, application.owner)
    accounts = accounts_in(data)
    today = datetime.fromisoformat(data.attrib["responseTimestamp"]).date()
    found = decide(application.amount, application.months, accounts, today)
    values = {"application": application, "accounts": accounts, "decision": found}
    return page("decision.html", failed=failed, **values)


async def forget(request: Request, application: Application, settings: Settings) -> Response:
    """Nothing of the person is left, here or at OpenSaldo."""
    try:
        await asyncio.to_thread(settings.api.forget, application.owner)
    except Refused as nothing_there:
        if nothing_there.name != "InvalidOwnerExternalId":
            raise
    del request.app.state.applications[request.cookies[COOKIE]]
    answer = page("forgotten.html")
    answer.delete_cookie(COOKIE)
    return answer


# --- the site ----------------------------------------------------------------------------------
async def refused(_request: Request, refusal: Exception) -> Response:
    """OpenSaldo said no; the log has its words, the person a sentence."""
    print(f"OpenSaldo refused: {refusal}", flush=True)
    return sorry(refusal.name if isinstance(refusal, Refused) else "", status=OURS)


async def unreachable(_request: Request, failure: Exception) -> Response:
    """OpenSaldo did not answer."""
    print(f"OpenSaldo did not answer: {failure}", flush=True)
    return sorry("Unreachable", status=OURS)


ROUTES = [
    Route("/", form),
    Route("/application", apply, methods=["POST"]),
    Route("/bank", of_the_cookie(bank)),
    Route("/bank", of_the_cookie(from_widget), methods=["POST"]),
    Route("/bank/leave", of_the_cookie(leave), methods=["POST"]),
    Route("/bank/return", of_the_cookie(come_back)),
    Route("/progress", of_the_cookie(progress)),
    Route("/progress/state", of_the_cookie(state)),
    Route("/decision", of_the_cookie(decision)),
    Route("/forget", of_the_cookie(forget), methods=["POST"]),
    Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
]


def site(settings: Settings) -> Starlette:
    """The lender's site."""
    app = Starlette(routes=ROUTES, exception_handlers={Refused: refused, OSError: unreachable})
    app.state.settings, app.state.applications = settings, {}
    return app


def main() -> None:
    """Serve until told to stop; the first line printed is the site's address."""
    parser = argparse.ArgumentParser(description="A sample lender's site.")
    parser.add_argument("--api", required=True, help="OpenSaldo's address")
    parser.add_argument("--client", required=True, help="our client id there")
    parser.add_argument("--signin", help="the address of the sign-in pages (default: --api)")
    parser.add_argument("--address", help="where browsers find this site (default: where it runs)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args()
    with socket.create_server(("127.0.0.1", options.port)) as sock:
        address = options.address or f"http://127.0.0.1:{sock.getsockname()[1]}"
        api = Api(options.api, os.environ["SHOP_API_KEY"])
        app = site(Settings(api, options.client, options.signin or options.api, address))
        print(address, flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[sock])


if __name__ == "__main__":
    main()
