"""The documentation page: the OpenAPI document as one page of HTML, rendered once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from opensaldo.web.docs.reading import chapters, faults
from opensaldo.web.entrance import ROUTE

STYLE_PATH = "/docs/docs.css"
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
STYLE_HEADERS = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
_MARKS = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


def routes(document: Mapping[str, Any]) -> list[Route]:
    """The page of this document, its style sheet, and the way there from the bare address."""
    page = render(document)
    style = resources.files(__package__).joinpath("static", "docs.css").read_bytes()

    async def show(request: Request) -> Response:
        request.scope[ROUTE] = "/docs"
        return HTMLResponse(page, headers=PAGE_HEADERS)

    async def show_start(request: Request) -> Response:
        request.scope[ROUTE] = "/"
        return RedirectResponse("/docs", HTTPStatus.SEE_OTHER)

    async def show_style(request: Request) -> Response:
        request.scope[ROUTE] = STYLE_PATH
        return Response(style, media_type="text/css", headers=STYLE_HEADERS)

    return [
        Route("/", show_start, methods=["GET"]),
        Route("/docs", show, methods=["GET"]),
        Route(STYLE_PATH, show_style, methods=["GET"]),
    ]


def render(document: Mapping[str, Any]) -> str:
    """The whole page as HTML."""
    return (
        templates()
        .get_template("docs.html")
        .render(
            info=document["info"],
            key=document["components"]["securitySchemes"]["key"],
            server=document["servers"][0]["url"],
            chapters=chapters(document),
            faults=faults(document),
            style_path=STYLE_PATH,
        )
    )


@cache
def templates() -> Environment:
    """The templates of the documentation's pages."""
    made = Environment(
        loader=PackageLoader("opensaldo.web.docs", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["prose"] = prose
    made.filters["line"] = line
    return made


def prose(text: str) -> Markup:
    """The text as paragraphs; of Markdown only `code` and **weight**.

    >>> prose("One `a<b`.")
    Markup('<p>One <code>a&lt;b</code>.</p>')
    """
    return Markup("").join(Markup("<p>{}</p>").format(line(part)) for part in _paragraphs(text))


def line(text: str) -> Markup:
    """The text without paragraphs, marked up as `prose` does."""
    pieces: list[Markup] = []
    start = 0
    for mark in _MARKS.finditer(text):
        pieces.append(Markup.escape(text[start : mark.start()]))
        kind = Markup("<code>{}</code>") if mark[1] else Markup("<strong>{}</strong>")
        pieces.append(kind.format(mark[1] or mark[2]))
        start = mark.end()
    pieces.append(Markup.escape(text[start:]))
    return Markup("").join(pieces)


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n\n") if part.strip()]
