"""How a sign-in page is made, from template, words and headers."""

from __future__ import annotations

import json
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from opensaldo.domain.session import Channel, Redirection
from opensaldo.domain.target import Target
from opensaldo.engine.redirections import SignInView
from opensaldo.web.widget.files import NOSNIFF, PICTURE, ROOT_PATH, SHEET, STATIC_PATH
from opensaldo.web.widget.headers import page_headers
from opensaldo.web.widget.icons import icon
from opensaldo.web.widget.messages import INITIALIZED, Message, telling
from opensaldo.web.widget.styles import doubts, parse_styles, sheet
from opensaldo.web.widget.words import Words

SEE_OTHER = 303
ICONS_PATH = f"{ROOT_PATH}/icons"
# Where the keyboard starts on a page. A frame takes the focus only if it had it: signin.js sees.
STARTS = Markup("data-starts autofocus")
STARTS_IN_FRAME = Markup("data-starts")
ICON_HEADERS = {**NOSNIFF, "Content-Type": PICTURE, "Cache-Control": "public, max-age=3600"}
STYLE_HEADERS = {**NOSNIFF, "Content-Type": SHEET, "Cache-Control": "private, max-age=3600"}

_TEMPLATES = Environment(
    loader=PackageLoader("opensaldo.web.widget", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(static_path=STATIC_PATH, icons_path=ICONS_PATH)


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
    warnings: tuple[str, ...] = (),
    **values: Any,
) -> Response:
    """The page of this template.

    `promise` is the text on where passwords are typed, if any; `tells` is what the client's page
    hears when this one is shown, if one embeds it; `warnings` is for the browser's console.
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
        warnings=json.dumps(warnings + (doubts(styles) if INITIALIZED in tells else ())),
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
    return Response(made, headers=ICON_HEADERS)
