"""From what a page shows to its HTML."""

from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from kontobank.apis.online import forms
from kontobank.apis.online.logins import BRANCHES, ID_TYPES
from kontobank.apis.online.words import words_of
from kontobank.mask import Mask

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
ASSETS = {
    "bank.css": "text/css",
    "bank.js": "text/javascript",
    "bank.woff2": "font/woff2",
    "logo.svg": "image/svg+xml",
}
_TEMPLATES = Environment(
    loader=PackageLoader("kontobank.apis.online", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["grouped"] = forms.grouped
_TEMPLATES.globals.update(id_types=ID_TYPES, branches=BRANCHES)


def page(
    name: str, place: str, country: str, mask: Mask, status: int = 200, **values: Any
) -> Response:
    """The page of this name as the place's bank shows it."""
    text = _TEMPLATES.get_template(f"{name}.html").render(
        page=name,
        base=f"/online/{place}",
        bank=mask.name,
        words=words_of(country),
        **{"error": None, "inside": None, **values},
    )
    body = text.encode("utf-8", "replace")  # hostile text may hold half a character
    return HTMLResponse(body, status, headers=HEADERS)


def asset(name: str) -> Response:
    """A style, script, font or image of the pages; 404 when there is none."""
    if name not in ASSETS:
        return Response(status_code=404)
    content = resources.files("kontobank.apis.online").joinpath("static", name).read_bytes()
    return Response(content, media_type=ASSETS[name])
