"""The reply around everything XML: success, error and 401 (wire contract, sections 2.5, 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opensaldo.errors import OpenSaldoError
from opensaldo.wire.names import STATUS_LINES
from opensaldo.wire.times import whole_seconds
from opensaldo.wire.xml_text import attribute, content

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
SCHEMA_PATH = "/schema/v1"
MASKED_LENGTH_MAX = 128

_XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_SHOWN_AT_EACH_END = 2


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the root element says besides its status; `docs_url` has no slash at its end."""

    docs_url: str
    at: datetime
    user: str | None = None
    owner_external_id: str | None = None


def reply(envelope: Envelope, *, schema: str, status: int, inner: bytes) -> bytes:
    """A success around lines that are rendered already; `schema` is a name like `session`."""
    address = f"{envelope.docs_url}{SCHEMA_PATH}/{schema}.xsd"
    location = attribute("xsi:noNamespaceSchemaLocation", address)
    head = f"{DECLARATION}<reply{_XSI}{location}{_attributes(envelope, status)}>"
    return b"%b%b%b</reply>\n" % (head.encode(), b"\n" if inner else b"", inner)


def empty() -> bytes:
    """The inside of a reply that only says that it was done."""
    return b""


def error_reply(envelope: Envelope, error: OpenSaldoError, *, status: int | None = None) -> bytes:
    """A failure of the request itself; without xsi attributes."""
    attributes = _attributes(envelope, error.http_status if status is None else status)
    return (
        f"{DECLARATION}<reply{attributes}>\n"
        f"  <exception{attribute('name', error.wire_name)}>"
        f"<message>{content(error.message)}</message></exception>\n"
        "</reply>\n"
    ).encode()


def unauthorized_reply(
    at: datetime,
    address_shown: str,
    key_shown: str,
    portal_url: str,
    support_mail: str,
    docs_url: str,
) -> bytes:
    """The 401, which names neither user nor factor; address and key come masked."""
    comment = unauthorized_comment(address_shown, key_shown, portal_url, support_mail, docs_url)
    lines = "".join(f"    {content(text)}\n" for text in comment.split("\n"))
    return (
        f'{DECLARATION}<reply status="{STATUS_LINES[401]}"'
        f' responseTimestamp="{whole_seconds(at)}">\n'
        f"  <comment>\n{lines}  </comment>\n"
        "</reply>\n"
    ).encode()


def unauthorized_comment(
    address_shown: str, key_shown: str, portal_url: str, support_mail: str, docs_url: str
) -> str:
    """The five lines of the 401, for both dialects."""
    return (
        "This request could not be authorised.\n"
        f"Your address: {address_shown}\n"
        f"Your API key: {key_shown}\n"
        f"Check both in the portal ({portal_url}) or write to {support_mail}.\n"
        f"Documentation: {docs_url}"
    )


def mask(text: str | None) -> str:
    """The first two and last two characters with stars between; `none` when nothing was sent.

    Up to four characters are all stars; what is longer than 128 is shown as if it had 128.

    >>> mask("203.0.113.57"), mask("a093"), mask(None)
    ('20********57', '****', 'none')
    """
    if not text:
        return "none"
    length = min(len(text), MASKED_LENGTH_MAX)
    if length <= 2 * _SHOWN_AT_EACH_END:
        return "*" * length
    stars = "*" * (length - 2 * _SHOWN_AT_EACH_END)
    return text[:_SHOWN_AT_EACH_END] + stars + text[-_SHOWN_AT_EACH_END:]


def _attributes(envelope: Envelope, status: int) -> str:
    return (
        f' status="{STATUS_LINES[status]}"'
        f"{attribute('user', envelope.user)}"
        f"{attribute('ownerExternalId', envelope.owner_external_id)}"
        f' responseTimestamp="{whole_seconds(envelope.at)}"'
    )
