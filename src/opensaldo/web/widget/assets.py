"""The script that clients put into their pages, at the address the contract names."""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from opensaldo.web.entrance import ROUTE

LOADER = "signin-widget.js"
LOADER_PATH = f"/assets/{LOADER}"
NOT_MODIFIED = 304
HEADERS = {
    "Content-Type": "text/javascript; charset=utf-8",
    "Cache-Control": "public, max-age=300",  # a repair reaches every page within five minutes
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",  # pages that isolate themselves may load it
}


def source() -> bytes:
    """The script, from the installed package or, in a checkout, from the folder of its own."""
    installed = resources.files(__package__).joinpath("static", LOADER)
    if installed.is_file():
        return installed.read_bytes()
    return (Path(__file__).parents[4] / "widget" / LOADER).read_bytes()


_PLAIN = source()
_PACKED = gzip.compress(_PLAIN, mtime=0)
_TAG = f'W/"{hashlib.sha256(_PLAIN).hexdigest()[:32]}"'


def routes() -> list[Route]:
    """The routes of the scripts."""
    return [Route(LOADER_PATH, _loader, methods=["GET"])]


async def _loader(request: Request) -> Response:
    """The script, packed where the browser unpacks; nothing again that the browser has."""
    request.scope[ROUTE] = LOADER_PATH
    headers = HEADERS | {"ETag": _TAG}
    if _TAG in request.headers.get("if-none-match", ""):
        return Response(status_code=NOT_MODIFIED, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_PACKED, headers=headers | {"Content-Encoding": "gzip"})
    return Response(_PLAIN, headers=headers)
