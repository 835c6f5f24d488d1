"""The sign-in pages by their addresses; a person sees every error as a page in plain words.

A page reads, calls one use case of the engine and shows or leads on; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from opensaldo.errors import AlreadySignedIn, OpenSaldoError, SignInTimeout
from opensaldo.web.entrance import ROUTE
from opensaldo.web.widget import files
from opensaldo.web.widget.choosing import Choosing
from opensaldo.web.widget.reception import PagesConfig, Reception
from opensaldo.web.widget.rendering import ICONS_PATH
from opensaldo.web.widget.stepping import Stepping

Page = Callable[[Request], Awaitable[Response]]


def routes(pages: PagesConfig) -> list[Route]:
    """The routes of the sign-in pages; the way back comes before the ids."""
    choosing, stepping = Choosing(pages), Stepping(pages)
    route = partial(_route, stepping)
    return [
        route("/redirection/return", stepping.come_back, "GET"),
        route("/redirection/{id}", choosing.choose, "GET", stepping.over),
        route("/redirection/{id}/consent", choosing.consent, "GET", stepping.over),
        route("/redirection/{id}/consent", choosing.decide, "POST", stepping.over),
        route("/redirection/{id}/step", stepping.step, "GET"),
        route("/redirection/{id}/step", stepping.answer, "POST"),
        route("/redirection/{id}/state", stepping.state, "GET"),
        route("/redirection/{id}/bank", stepping.bank, "GET"),
        route("/redirection/{id}/again", stepping.again, "POST"),
        route("/redirection/{id}/about", stepping.about, "GET"),
        route("/redirection/{id}/style.css", stepping.style, "GET"),
        route("/redirection/{id}/missing", choosing.missing, "GET", stepping.over),
        route("/redirection/{id}/missing", choosing.wish, "POST", stepping.over),
        route(ICONS_PATH + "/{name}.svg", choosing.icon, "GET"),
        Route(files.ROOT_PATH + "/{edition}/{name}", files.static_file, methods=["GET"]),
    ]


def _route(
    served: Reception, path: str, page: Page, method: str, over: Page | None = None
) -> Route:
    """A route whose errors are pages too; `over` serves a sign-in that has ended."""

    async def serve(request: Request) -> Response:
        request.scope[ROUTE] = path
        try:
            try:
                return await page(request)
            except (AlreadySignedIn, SignInTimeout):
                if over is None:
                    raise
                return await over(request)
        except OpenSaldoError as error:
            return await served.sorry(request, error)

    return Route(path, serve, methods=[method])
