"""The history as a file: from bytes in some encoding to the rows under known headings."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from opensaldo.connectors.protocols.online.convert import Row
from opensaldo.errors import BankAnsweredNonsense

FILE_BYTES_MAX = 8 * 1024 * 1024
LINES_MAX = 300_000
HEADING_WITHIN_LINES = 60
NEEDED = frozenset({"traded", "amount"})
CHARSETS = frozenset(
    {"utf-8", "windows-1250", "windows-1252", "windows-1257", "iso-8859-1", "iso-8859-2"}
)
SEPARATORS = (";", "\t", ",")


def rows_of(body: bytes, content_type: str, noun_of_heading: Mapping[str, str]) -> list[Row]:
    """The rows under the headings, in the file's order; lines around them are passed over.

    Raises:
        BankAnsweredNonsense: no line of known headings, or a file without end.
    """
    if len(body) > FILE_BYTES_MAX:
        raise BankAnsweredNonsense("file", f"at most {FILE_BYTES_MAX} bytes")
    text = _decoded(body, content_type)
    for separator in SEPARATORS:
        lines = _lines(text, separator)
        for place, line in enumerate(lines[:HEADING_WITHIN_LINES]):
            nouns = [noun_of_heading.get(cell.strip().casefold(), "") for cell in line]
            if set(nouns) >= NEEDED:
                return [row for rest in lines[place + 1 :] if (row := _row(nouns, rest))]
    raise BankAnsweredNonsense("file", "a line of known headings")


def _row(nouns: list[str], line: list[str]) -> Row | None:
    """The line by its nouns; None when it is empty or a closing remark without an amount."""
    row = {noun: cell for noun, cell in zip(nouns, line, strict=False) if noun}
    return row if row.get("amount", "").strip() else None


def _lines(text: str, separator: str) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            found.append(line)
            if len(found) > LINES_MAX:
                raise BankAnsweredNonsense("file", f"at most {LINES_MAX} lines")
    except csv.Error:
        raise BankAnsweredNonsense("file", "lines of fields") from None
    return found


def _decoded(body: bytes, content_type: str) -> str:
    """The text in the encoding the bank names, if it names one we know; else UTF-8 if it is."""
    named = content_type.lower().partition("charset=")[2].strip(' "').partition(";")[0]
    if named in CHARSETS and named != "utf-8":
        return body.decode(named, "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("windows-1250", "replace")
