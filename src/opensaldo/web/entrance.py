"""Around the whole application: request ids, single slashes, counters; no query is logged."""

from __future__ import annotations

import uuid
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opensaldo.observe import REQUESTS, described, log

REQUEST_ID = "opensaldo.request"
ROUTE = "opensaldo.route"
REQUEST_ID_HEADER = "X-Request-Id"
HEADERS_OF_ALL = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
LAST_RESORT = b"Something unexpected happened on our side; quote the X-Request-Id to the operator."


class Entrance:
    """Every answer carries a request id, by which the log is found; none is cached by default."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        scope[REQUEST_ID] = answer.request_id
        scope["path"] = single_slashes(scope["path"])
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the web handler's door, for pages
            log.error("request failed", request=answer.request_id, **described(error))
            await answer.fail()
        finally:
            answer.note(scope.get(ROUTE, "other"), scope["method"])


class _Answer:
    """One answer on its way out."""

    def __init__(self, send: Send) -> None:
        self.request_id = uuid.uuid4().hex
        self._send = send
        self._started = perf_counter()
        self._status: int | None = None

    async def send(self, message: Message) -> None:
        """Pass on a message; the first one gets the headers that every answer has."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = message.setdefault("headers", [])
            known = {name for name, _value in headers}
            headers += [pair for pair in HEADERS_OF_ALL if pair[0] not in known]
            headers.append((REQUEST_ID_HEADER.lower().encode(), self.request_id.encode()))
        await self._send(message)

    async def fail(self) -> None:
        """Answer 500, unless an answer is on its way already."""
        if self._status is not None:
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": LAST_RESORT})

    def note(self, route: str, method: str) -> None:
        """Count and, when debugging, log the answer."""
        status = self._status or 500
        REQUESTS.labels(route, str(status)).inc()
        log.debug(
            "request",
            request=self.request_id,
            route=route,
            method=method,
            status=status,
            seconds=round(perf_counter() - self._started, 4),
        )


def single_slashes(path: str) -> str:
    """The path with runs of slashes collapsed (wire contract, section 2.4).

    >>> single_slashes("//v1//data.xml")
    '/v1/data.xml'
    """
    while "//" in path:
        path = path.replace("//", "/")
    return path
