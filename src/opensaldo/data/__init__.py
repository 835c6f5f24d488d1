"""The world as text files: banks, labels and layouts by country, checked while they are read.

The dataclass a file is read into is its schema (`fill`). Formats: README.md beside this file.
"""

from __future__ import annotations

import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from datetime import date
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from opensaldo.errors import Defect

COUNTRIES = ("pl", "cz", "es", "pt", "ro", "lt", "lv", "ee")
FILE_BYTES_MAX = 4 * 1024 * 1024

_Record = TypeVar("_Record")


class BadDataFile(Defect, wire_name="InternalError"):
    """A data file cannot be used."""

    def __init__(self, file: str, key: str, expected: str, received: str) -> None:
        """Say where the fault is, what the schema wants there and what stands there."""
        super().__init__(f"{file}: {key}: expected {expected}, received {received}")
        self.file = file
        self.key = key


def read_text(path: str) -> str:
    """The text of one file of this package; `path` is relative to it, with slashes.

    Raises:
        BadDataFile: there is no such file, it is too large, or it is not UTF-8.
    """
    try:
        content = resources.files(__name__).joinpath(*path.split("/")).read_bytes()
    except OSError:
        raise BadDataFile(path, "file", "a readable file", "nothing") from None
    if len(content) > FILE_BYTES_MAX:
        raise BadDataFile(path, "file", f"at most {FILE_BYTES_MAX} bytes", f"{len(content)} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise BadDataFile(path, "file", "UTF-8 text", "other bytes") from None


def load_toml(path: str) -> dict[str, Any]:
    """The table one TOML file of this package holds.

    Raises:
        BadDataFile: it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as fault:
        raise BadDataFile(path, "file", "TOML", str(fault)) from None


def bank_files() -> Iterator[str]:
    """The paths of all bank files, by country in the order of `COUNTRIES`, then by name."""
    for country in COUNTRIES:
        folder = resources.files(__name__).joinpath(country, "banks")
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
        yield from (f"{country}/banks/{name}" for name in names)


def fill(record: type[_Record], table: object, *, file: str, key: str) -> _Record:
    """The frozen record that `table` describes; every key is checked against the record's types.

    Served types: text, whole numbers, truth values, dates, enums of text, tuples of these, and
    other records; an optional member is a field with a default.

    Raises:
        BadDataFile: a key is unknown, missing or of another type.
    """
    if not isinstance(table, Mapping):
        raise BadDataFile(file, key, "a table", _kind(table))
    hints = _hints(record)  # type: ignore[arg-type]
    known: tuple[Field[Any], ...] = fields(record)  # type: ignore[arg-type]
    for unknown in table.keys() - {field.name for field in known}:
        raise BadDataFile(file, f"{key}.{unknown}", "a key of the schema", "an unknown key")
    values = {}
    for field in known:
        place = f"{key}.{field.name}"
        if field.name in table:
            values[field.name] = _value(hints[field.name], table[field.name], file, place)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise BadDataFile(file, place, _wanted(hints[field.name]), "nothing")
    try:
        return record(**values)
    except ValueError as fault:
        raise BadDataFile(file, key, str(fault), "something else") from None


@cache
def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def _value(wanted: Any, value: object, file: str, key: str) -> Any:
    """One value as the type its field has."""
    if get_origin(wanted) is tuple:
        if not isinstance(value, list):
            raise BadDataFile(file, key, _wanted(wanted), _kind(value))
        member = get_args(wanted)[0]
        return tuple(
            _value(member, item, file, f"{key}[{place}]") for place, item in enumerate(value)
        )
    if get_origin(wanted) in (Union, types.UnionType):
        return _value(get_args(wanted)[0], value, file, key)
    if hasattr(wanted, "__dataclass_fields__"):
        return fill(wanted, value, file=file, key=key)
    if issubclass(wanted, Enum):
        words = [member.value for member in wanted]
        if value not in words:
            raise BadDataFile(file, key, _wanted(wanted), repr(value))
        return wanted(value)
    if type(value) is not wanted:
        raise BadDataFile(file, key, _wanted(wanted), _kind(value))
    return value


def _wanted(kind: Any) -> str:
    """The type in the words of a contributor."""
    if get_origin(kind) is tuple:
        return f"a list, each {_wanted(get_args(kind)[0])}"
    if get_origin(kind) in (Union, types.UnionType):
        return _wanted(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(member.value) for member in kind)
    words = {str: "text", int: "a whole number", bool: "true or false", date: "a day"}
    return words.get(kind, "a table")


def _kind(value: object) -> str:
    """What stands there, in the words of TOML."""
    words = {
        dict: "a table",
        list: "a list",
        str: "text",
        int: "a whole number",
        bool: "true or false",
    }
    return f"{words.get(type(value), type(value).__name__)}: {value!r}"[:120]
