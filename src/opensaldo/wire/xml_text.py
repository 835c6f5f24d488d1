"""Escaping and the smallest building blocks of XML: attributes, elements, containers.

Every element stands on a line of its own, two blanks deeper than its parent; an element without a
value is an empty text, so a reply is made by adding up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from opensaldo.wire.text import allowed, amount_text, clean_text

T = TypeVar("T")


def escape(text: str) -> str:
    """The text as element content; every XML reader gives the same text back."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")


def content(text: str) -> str:
    """The text cleaned and escaped; empty when nothing of it may be sent."""
    text = (text if text.isprintable() else allowed(text)).strip()
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        return escape(text)
    return text


def attribute(name: str, value: str | None) -> str:
    """The attribute with a blank before it, or nothing; blanks of the value are kept."""
    if value is None:
        return ""
    if not value.isalnum():
        value = escape(allowed(value)).replace('"', "&quot;")
        value = value.replace("\t", "&#9;").replace("\n", "&#10;")
    return f' {name}="{value}"'


def line(depth: int, name: str, inner: str, attributes: str = "") -> str:
    """The element with this ready content on one line, even when it is empty."""
    return f"{'  ' * depth}<{name}{attributes}>{inner}</{name}>\n"


def element(depth: int, name: str, text: str | None) -> str:
    """The element with this text, or nothing when there is no text."""
    return line(depth, name, escape(cleaned)) if (cleaned := clean_text(text)) else ""


def amount_element(depth: int, name: str, amount: Decimal | None) -> str:
    """The element with this amount, or nothing."""
    return "" if amount is None else line(depth, name, amount_text(amount))


def day_element(depth: int, name: str, day: date | None) -> str:
    """The element with this date, or nothing."""
    return "" if day is None else line(depth, name, day.isoformat())


def container(depth: int, name: str, body: str, attributes: str = "") -> str:
    """The element around these lines; without lines it opens and closes on one line."""
    pad = "  " * depth
    if not body:
        return f"{pad}<{name}{attributes}></{name}>\n"
    return f"{pad}<{name}{attributes}>\n{body}{pad}</{name}>\n"


def enclosed(
    depth: int, name: str, pieces: Iterable[bytes], attributes: str = ""
) -> Iterator[bytes]:
    """The element around many ready pieces, which are not copied on the way to the reply."""
    pad = "  " * depth
    yield f"{pad}<{name}{attributes}>\n".encode()
    yield from pieces
    yield f"{pad}</{name}>\n".encode()


class Lines(dict[T | None, bytes], Generic[T]):
    """The lines of one element of many rows: each different value is written once.

    It lives as long as one rendering does, so no bank text stays in memory.
    """

    __slots__ = ("_close", "_open", "_write")

    def __init__(self, depth: int, name: str, write: Callable[[T], str]) -> None:
        """Know the element and how its value becomes escaped text; empty text means absent."""
        super().__init__({None: b""})
        self._open, self._close = f"{'  ' * depth}<{name}>", f"</{name}>\n"
        self._write: Callable[[T | None], str] = write  # type: ignore[assignment]  # None is there

    def __missing__(self, value: T | None) -> bytes:
        """Write a value seen for the first time."""
        text = self._write(value)
        written = self[value] = f"{self._open}{text}{self._close}".encode() if text else b""
        return written
