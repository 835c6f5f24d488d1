"""The door that stands before everything the bank offers and fails while an outage lasts."""

import asyncio

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kontobank.apis.cut import ResetReply
from kontobank.app.doors import STANDARDS
from kontobank.outages import Outage, Outages

RETRY_AFTER_S = 60
SLOW_S = 60
PAGE = "<!doctype html><html lang=en><title>503</title><h1>Scheduled maintenance</h1></html>"
_PREFIXES = tuple(f"{prefix}/" for prefix in STANDARDS.values())


class OutageDoor:
    """Lets every call through, but those to a bank that has an outage."""

    def __init__(self, app: ASGIApp, outages: Outages) -> None:
        self._app, self._outages = app, outages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail it."""
        outage = self._outages.at(_country(scope)) if scope["type"] == "http" else None
        if outage is None or not scope["path"].startswith(_PREFIXES):
            await self._app(scope, receive, send)
        elif outage.kind == "slow":
            await asyncio.sleep(SLOW_S)
            await self._app(scope, receive, send)
        else:
            await _failure(outage)(scope, receive, send)


def _country(scope: Scope) -> str:
    """The country of the bank an address belongs to: its second segment, without the mask."""
    segments = scope["path"].split("/")
    return segments[2].partition(".")[0] if len(segments) > 2 else ""


def _failure(outage: Outage) -> Response:
    if outage.kind == "reset":
        return ResetReply()
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    if outage.kind == "maintenance":
        return Response(PAGE, 503, headers, "text/html")
    status, code = (429, "ACCESS_EXCEEDED") if outage.kind == "limit" else (503, "UNAVAILABLE")
    body = {
        "code": code,
        "message": code,
        "tppMessages": [{"category": "ERROR", "code": code}],
        "errors": [{"error": code}],
    }
    return JSONResponse(body, status, headers if outage.kind == "limit" else None)
