"""Bytes on the wire that every standard shares: JSON, and the replies that are cut on purpose."""

import asyncio
import json
from typing import Any, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

MISSING_BYTES = 64  # a truncated reply promises so many more than it sends
TRANSPORT_KEY = "kontobank.transport"


def dumps(value: Any) -> bytes:
    """Compact JSON in UTF-8, non-ASCII letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


async def pause(request: Request, delay_ms: int) -> None:
    """The delay is over; ClientDisconnect when the caller would not wait for it."""
    gone = asyncio.ensure_future(request.receive())
    done, _ = await asyncio.wait({gone}, timeout=delay_ms / 1000)
    gone.cancel()
    if done:
        raise ClientDisconnect


class ResetReply(Response):
    """The connection is cut before a single byte of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Close the socket without an answer; needs the bank's own server."""
        _transport(scope).abort()
        await _gone(receive)


class TruncatedReply(Response):
    """The body ends before the length its header promised."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half of the body, then close."""
        promised = str(len(self.body) + MISSING_BYTES).encode()
        headers = [(key, value) for key, value in self.raw_headers if key != b"content-length"]
        headers.append((b"content-length", promised))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        _transport(scope).close()
        await _gone(receive)


class ShortReply(Response):
    """The header promises half of the body; the rest comes too, and the line ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Write past the server, which would not let such a reply pass."""
        lines = [f"HTTP/1.1 {self.status_code} OK".encode()]
        lines += [
            name + b": " + value
            for name, value in self.raw_headers
            if name not in (b"content-length", b"connection")
        ]
        lines += [b"content-length: %d" % (len(self.body) // 2), b"connection: close", b"", b""]
        _transport(scope).write(b"\r\n".join(lines) + bytes(self.body))
        _transport(scope).close()
        await _gone(receive)


class _Transport:
    """What is used of an asyncio transport."""

    def abort(self) -> None: ...

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


def _transport(scope: Scope) -> _Transport:
    if TRANSPORT_KEY not in scope:
        raise ConnectionResetError("this fault needs the bank's own server (kontobank.app.server)")
    return cast(_Transport, scope[TRANSPORT_KEY])


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
