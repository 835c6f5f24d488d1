"""Bytes on the wire: headers, errors, signatures."""

import gzip
from datetime import datetime
from typing import Any

from starlette.responses import Response

from kontobank.apis.cut import dumps
from kontobank.apis.polish_api.parts import Call
from kontobank.signing import SIGNATURE_HEADER, Signer

GZIP_BYTES_MIN = 1_024
GZIP_LEVEL = 1
JSON_TYPE = "application/json"


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
