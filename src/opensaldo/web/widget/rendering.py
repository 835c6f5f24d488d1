"""How a sign-in page is made, from template, words and headers; and the files beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from opensaldo.domain.session import Channel, Redirection
from opensaldo.domain.target import Target
from opensaldo.engine.redirections import SignInView
from opensaldo.web.entrance import ROUTE
from opensaldo.web.widget.headers import page_headers
from opensaldo.web.widget.icons import icon
from opensaldo.web.widget.messages import Message, telling
from opensaldo.web.widget.styles import doubts, parse_styles, sheet
from opensaldo.web.widget.words import Words

SEE_OTHER = 303
STATIC_PATH = "/signin/static"
STATIC_TYPES = {
    "signin.css": "text/css; charset=utf-8",
    "banks.js": "text/javascript; charset=utf-8",
    "signin.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}
# Where the keyboard starts on a page. A frame takes the focus only if it had it: signin.js sees.
STARTS = Markup("data-starts autofocus")
STARTS_IN_FRAME = Markup("data-starts")
STATIC_HEADERS = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
STYLE_HEADERS = {
    "Content-Type": "text/css; charset=utf-8",
    "Cache-Control": "private, max-age=3600",
    "X-Content-Type-Options": "nosniff",
}

_STATIC: Mapping[str, bytes] = {
    name: resources.files(__package__).joinpath("static", name).read_bytes()
    for name in STATIC_TYPES
}
_TEMPLATES = Environment(
    loader=PackageLoader("opensaldo.web.widget", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["static_path"] = STATIC_PATH


def page(
    template: str,
    words: Words,
    view: SignInView | None,
    headers: dict[str, str],
    *,
    status: int = 200,
    target: Target | None = None,
    promise: str | None = None,
    tells: tuple[Message, ...] = (),
    **values: Any,
) -> Response:
    """The page of this template.

    `promise` is the text on where passwords are typed, if any; `tells` is what the client's page
    hears when this one is shown, if one embeds it.
    """
    client = view and (view.redirection.client_identity or view.client.legal_name)
    values.setdefault("telling", telling(view.redirection, view.session, tells) if view else None)
    styles = parse_styles(view.redirection.look.styles if view else {})
    made = _TEMPLATES.get_template(f"{template}.html").render(
        words=words,
        view=view,
        client=client,
        target=target,
        promise=promise,
        is_styled=bool(styles),
        doubts=json.dumps(doubts(styles)),
        start=STARTS_IN_FRAME if values["telling"] else STARTS,
        **values,
    )
    return HTMLResponse(made, status, headers=headers)


def see(address: str, *, embedder: str | None = None) -> Response:
    """On to this address."""
    return RedirectResponse(address, SEE_OTHER, headers=page_headers(embedder=embedder))


def leading_out(view: SignInView, *, has_picture: bool = False) -> dict[str, str]:
    """The headers of a page with a form that may lead to a bank or back to the client."""
    return page_headers(
        leads_out=True,
        client_address=view.redirection.redirect_uri,
        has_picture=has_picture,
        embedder=framed_by(view.redirection),
    )


def framed_by(redirection: Redirection) -> str | None:
    """The origin whose pages may frame this sign-in's; None for none."""
    return redirection.embedder if redirection.channel is Channel.WIDGET else None


def style(view: SignInView) -> Response:
    """The client's colours as a style sheet; they stay what they are as long as the sign-in."""
    text = sheet(parse_styles(view.redirection.look.styles))
    return Response(text, headers=STYLE_HEADERS)


def icon_file(target: Target) -> Response:
    """The badge of a bank."""
    made = icon(target.official_name, target.institution)
    return Response(made, headers={**STATIC_HEADERS, "Content-Type": STATIC_TYPES["mark.svg"]})


async def static_file(request: Request) -> Response:
    """The style sheet or the mark."""
    name = request.path_params["name"]
    request.scope[ROUTE] = STATIC_PATH
    if name not in _STATIC:
        return Response(status_code=404, headers=page_headers())
    return Response(_STATIC[name], headers={**STATIC_HEADERS, "Content-Type": STATIC_TYPES[name]})
