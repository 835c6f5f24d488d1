"""Every exchange with the bank, as it passed, into the transcript."""

import gzip
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kontobank.transcript import LAST_WORD, REPLY_HEADERS, REQUEST_HEADERS, Transcript

UNRECORDED = ("/switchboard/", "/health", "/keys/")
Headers = list[tuple[bytes, bytes]]


class Recorder:
    """Hands calls on; while the transcript is on, writes them down with their answers."""

    def __init__(self, app: ASGIApp, transcript: Transcript) -> None:
        self._app, self._transcript = app, transcript

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_http = scope["type"] == "http"
        if not (self._transcript.is_on and is_http) or scope["path"].startswith(UNRECORDED):
            await self._app(scope, receive, send)
            return
        exchange, at = _Exchange(receive, send), self._transcript.now()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            self._transcript.add(at, exchange.request(scope), exchange.reply())


class _Exchange:
    """What passed in one exchange."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._asked, self._answered = bytearray(), bytearray()
        self._start: Message | None = None
        self._is_whole = False

    async def receive(self) -> Message:
        """The next part of the request."""
        message = await self._receive()
        self._asked += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        """The next part of the answer is on its way."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._answered += message.get("body", b"")
            self._is_whole = not message.get("more_body", False)
        await self._send(message)

    def request(self, scope: Scope) -> dict[str, Any]:
        """What was asked."""
        query = scope["query_string"].decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        return {
            "line": f"{scope['method']} {target}",
            "headers": _kept(scope["headers"], REQUEST_HEADERS),
            "body": _text(bytes(self._asked)),
        }

    def reply(self) -> dict[str, Any] | None:
        """What was answered; None for nothing."""
        if self._start is None:
            return None
        headers = self._start["headers"]
        body = bytes(self._answered)
        if (b"content-encoding", b"gzip") in headers and self._is_whole:
            body = gzip.decompress(body)
        text = _text(body)
        return {
            "status": self._start["status"],
            "headers": _kept(headers, REPLY_HEADERS),
            "body": text if self._is_whole else LAST_WORD.sub("<cut>", text),
            "is_whole": self._is_whole,
        }


def _kept(headers: Headers, names: tuple[str, ...]) -> dict[str, str]:
    """The headers that count, by name."""
    found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    return {name: found[name] for name in names if name in found}


def _text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")
