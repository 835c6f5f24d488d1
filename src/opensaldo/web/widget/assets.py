"""The script that clients put into their pages, at the address the contract names."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from opensaldo.web.entrance import ROUTE
from opensaldo.web.widget.files import SCRIPT, packed_file

LOADER = "signin-widget.js"
LOADER_PATH = f"/assets/{LOADER}"
FOR_MINUTES = "public, max-age=300"  # a repair reaches every page within five minutes


def source() -> bytes:
    """The script, from the installed package or, in a checkout, from the folder of its own."""
    installed = resources.files(__package__).joinpath("static", LOADER)
    if installed.is_file():
        return installed.read_bytes()
    return (Path(__file__).parents[4] / "widget" / LOADER).read_bytes()


# Pages that isolate themselves may load it.
_LOADER = packed_file(source(), SCRIPT, **{"Cross-Origin-Resource-Policy": "cross-origin"})


def routes() -> list[Route]:
    """The routes of the scripts."""
    return [Route(LOADER_PATH, _loader, methods=["GET"])]


async def _loader(request: Request) -> Response:
    request.scope[ROUTE] = LOADER_PATH
    return _LOADER.answer(request, FOR_MINUTES)
