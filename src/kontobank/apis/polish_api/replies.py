"""Bytes on the wire: headers, errors, signatures, and the replies that are broken on purpose."""

import gzip
import json
from datetime import datetime
from typing import Any, cast

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kontobank.apis.polish_api.parts import Call
from kontobank.signing import SIGNATURE_HEADER, Signer

GZIP_BYTES_MIN = 1_024
GZIP_LEVEL = 1
MISSING_BYTES = 64  # a truncated reply promises so many more than it sends
JSON_TYPE = "application/json"
TRANSPORT_KEY = "kontobank.transport"


def dumps(value: Any) -> bytes:
    """Compact JSON in UTF-8, non-ASCII letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def body_with_header(call: Call, now: datetime, members: bytes) -> bytes:
    """A whole reply body: the responseHeader and the members given (b'"name":value')."""
    header: dict[str, Any] = {"sendDate": instant(now), "isCallback": False}
    if call.request_id:
        header = {"requestId": call.request_id, **header}
    return b'{"responseHeader":' + dumps(header) + b"," + members + b"}"


def error_members(code: str, message: str) -> bytes:
    """The members of an Error body."""
    return b'"code":' + dumps(code) + b',"message":' + dumps(message)


def instant(moment: datetime) -> str:
    """An aware instant as the standard writes it, in UTC with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def signed(call: Call, signer: Signer, body: bytes, status: int, extra: dict[str, str]) -> Response:
    """The reply, its signature over the uncompressed bytes; gzip when asked for and worth it."""
    headers = {SIGNATURE_HEADER: signer.sign(body), **extra}
    if call.takes_gzip and len(body) > GZIP_BYTES_MIN:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
    return Response(body, status, headers, media_type=JSON_TYPE)


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


class _Transport:
    """What is used of an asyncio transport."""

    def abort(self) -> None: ...

    def close(self) -> None: ...


def _transport(scope: Scope) -> _Transport:
    if TRANSPORT_KEY not in scope:
        raise ConnectionResetError("this fault needs the bank's own server (kontobank.app.server)")
    return cast(_Transport, scope[TRANSPORT_KEY])


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
