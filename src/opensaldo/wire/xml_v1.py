"""The XML dialect: every reply of version 1, from domain nouns to bytes.

What goes inside a reply is rendered to ready lines (`command`, `session`, `catalog`, ...), and
`reply` puts the envelope around them. The inside of an import's result is rendered once, by
`result`, and kept; the envelope carries each reply's own time.
"""

from __future__ import annotations

from opensaldo.wire.text import clean_text
from opensaldo.wire.xml_catalog import FaviconUrl, catalog
from opensaldo.wire.xml_command import command, schema_of, session, sign_out
from opensaldo.wire.xml_data import owner_data
from opensaldo.wire.xml_envelope import (
    Envelope,
    empty,
    error_reply,
    mask,
    reply,
    unauthorized_comment,
    unauthorized_reply,
)
from opensaldo.wire.xml_result import result

CONTENT_TYPE = "application/xml; charset=utf-8"

__all__ = [
    "CONTENT_TYPE",
    "Envelope",
    "FaviconUrl",
    "catalog",
    "clean_text",
    "command",
    "empty",
    "error_reply",
    "mask",
    "owner_data",
    "reply",
    "result",
    "schema_of",
    "session",
    "sign_out",
    "unauthorized_comment",
    "unauthorized_reply",
]
