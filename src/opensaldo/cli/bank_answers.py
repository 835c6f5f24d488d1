"""`opensaldo banks convert`: a bank's raw answer becomes our nouns, or a named error."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

from opensaldo.connectors.base import AccountReading
from opensaldo.errors import (
    BankAnsweredNonsense,
    Defect,
    InvalidArgument,
    OpenSaldoError,
    PayloadTooLarge,
)

BYTES_MAX = 64 * 1024 * 1024
STDIN = "-"
EXIT_NAMED_ERROR = 1
SURPRISES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
LISTS_THAT_COUNT = ("booked", "pending")
BESIDE_ROWS = ("account", "currency", "information", "scheduled", "next_page", "next_link")
NOT_JSON = (
    (re.compile(rb"PK\x03\x04"), "a zip archive"),
    (re.compile(rb"\x1f\x8b"), "a gzip archive"),
    (re.compile(rb"%PDF-"), "a PDF file"),
    (re.compile(rb"\s*(<\?xml[^>]*>\s*)?<(\w+:)?Document\b.*?camt\.(?P<kind>05\d)", re.S), "camt"),
    (re.compile(rb"\s*<(!doctype html|html)", re.I), "a page of HTML"),
    (re.compile(rb"\s*<"), "XML"),
    (re.compile(rb"\s*(\{1:F01|:20:)"), "an MT940 file"),
)


def convert(options: argparse.Namespace) -> int:
    """Print what the standard's reader makes of the file; one JSON object, nothing else."""
    shown = answered(options.standard, options.kind, _read(options.file))
    print(json.dumps(shown, indent=None if options.json else 2))
    return EXIT_NAMED_ERROR if "error" in shown else 0


def answered(standard: str, kind: str, body: bytes) -> dict[str, Any]:
    """The answer as our nouns in plain JSON, or the name and message of its error."""
    try:
        return _converted(standard, kind, body)
    except OpenSaldoError as error:
        return {"error": {"name": type(error).__name__, "message": error.message}}


def _read(name: str) -> bytes:
    try:
        if name == STDIN:
            return sys.stdin.buffer.read(BYTES_MAX + 1)
        with Path(name).open("rb") as file:
            return file.read(BYTES_MAX + 1)
    except (OSError, ValueError):
        raise InvalidArgument(f"The file {name!r} cannot be read.") from None


def _converted(standard: str, kind: str, body: bytes) -> dict[str, Any]:
    """The answer as plain JSON.

    Raises:
        OpenSaldoError: it is an error of the bank, no JSON, or none of the standard.
    """
    if len(body) > BYTES_MAX:
        raise PayloadTooLarge(f"An answer has at most {BYTES_MAX} bytes.")
    for shape, name in NOT_JSON:
        if found := shape.match(body):
            number = found.groupdict().get("kind")
            said = f"a camt.{number.decode()} file" if number else name
            raise BankAnsweredNonsense("body", f"JSON, not {said}")
    module = import_module(f"opensaldo.connectors.protocols.{standard}.convert")
    readers: Mapping[str, Callable[[bytes], Any]] = module.CONVERT
    try:
        return {"standard": standard, "kind": kind, **_shown(kind, readers[kind](body))}
    except SURPRISES as surprise:
        raise Defect(f"The reader failed with {type(surprise).__name__}; report it.") from None


def _shown(kind: str, made: Any) -> dict[str, Any]:
    """The nouns under the name of their kind; what is absent is left out."""
    if kind == "accounts":
        return {kind: [_account(one) for one in made]}
    if kind == "balances":
        return {kind: _plain(made)}
    return {kind: _plain(_rows(made)), **_beside_rows(made)}


def _account(listed: Any) -> dict[str, Any]:
    """One account with its owners; `type` says which of our nouns it is."""
    reading: AccountReading = listed.reading
    nouns = {"card": reading.card, "deposit": reading.deposit}
    found = [(name, noun) for name, noun in nouns.items() if noun is not None]
    name, noun = found[0] if found else ("account", reading.account)
    shown = {"type": name, "resource_id": listed.resource_id}
    shown |= {name: _plain(value) for name, value in _stated(noun)}
    return shown | {"owners": _plain(reading.owners)}


def _rows(made: Any) -> list[Any]:
    return [row for name in LISTS_THAT_COUNT for row in getattr(made, name)]


def _beside_rows(made: Any) -> dict[str, Any]:
    """What the page says besides: whose rows, in which currency, what follows."""
    return {name: _plain(value) for name, value in _stated(made) if name in BESIDE_ROWS}


def _stated(record: Any) -> Iterator[tuple[str, Any]]:
    """The fields that say something."""
    for field in fields(record):
        value = getattr(record, field.name)
        if value not in (None, (), ""):
            yield field.name, value


def _plain(value: Any) -> Any:
    """The value as JSON has it: decimals and days as text."""
    if is_dataclass(value):
        return {name: _plain(one) for name, one in _stated(value)}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
