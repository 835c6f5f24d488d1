"""What a person's browser sends, read within limits."""

from __future__ import annotations

from starlette.requests import Request

from opensaldo.errors import CallerError, PayloadTooLarge
from opensaldo.wire.params import Params

FORM_BYTES_MAX = 16 * 1024
USER_AGENT_LENGTH_MAX = 200
USER_AGENT_UNKNOWN = "unknown"


class CrossSitePost(CallerError, wire_name="InvalidParameter", http_status=403):
    """The form was sent from another site's page."""


def query_of(request: Request) -> Params:
    """The parameters of the address.

    Raises:
        InvalidParameter: not UTF-8, or too many.
    """
    return Params.read(request.scope["query_string"])


async def form_of(request: Request) -> Params:
    """The fields of a form.

    Raises:
        PayloadTooLarge: more than a form of ours can hold.
        InvalidParameter: not UTF-8, or too many fields.
        UnsupportedMediaType: not a form.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise PayloadTooLarge
    return Params.read(b"", bytes(body), request.headers.get("content-type"))


def user_agent(header: str | None) -> str:
    """The browser's name for the bank: printable ASCII, at most 200 characters, never empty.

    >>> user_agent("Browser/1.0" + chr(10) + "x"), user_agent(None)
    ('Browser/1.0x', 'unknown')
    """
    printable = "".join(sign for sign in header or "" if " " <= sign <= "~")
    return printable[:USER_AGENT_LENGTH_MAX].strip() or USER_AGENT_UNKNOWN
