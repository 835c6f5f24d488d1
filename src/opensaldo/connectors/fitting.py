"""Bringing a bank's JSON into the form a message expects, where the form alone is wrong.

Nothing in place of an object or a list is absent or empty; one object stands for a list of one, and
a list of one for its object; a bare value stands for an object that has one member only. All else
stays as it is, for the decoder to refuse by its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

TYPES_KEPT_MAX = 256
_NOTHING: tuple[object, ...] = ([], {}, "")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def fitted(written: Any, message: type) -> bytes:
    """The JSON again, the members of its object in the form the message expects."""
    if isinstance(written, dict):
        written = _fit(written, _kind_of(message))
    return _ENCODER.encode(written)


@lru_cache(TYPES_KEPT_MAX)
def _kind_of(message: type) -> inspect.Type:
    return inspect.type_info(message)


def _fit(value: Any, kind: inspect.Type) -> Any:
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    may_lack = any(isinstance(one, inspect.NoneType) for one in kinds)
    for one in kinds:
        if isinstance(one, inspect.ListType):
            return _list(value, one)
        if isinstance(one, inspect.StructType):
            return None if may_lack and value in _NOTHING else _object(value, one.fields)
    return value


def _list(value: Any, kind: inspect.ListType) -> Any:
    if value is None:
        return None
    if value in _NOTHING:
        return []
    listed = value if isinstance(value, list) else [value]
    return [_fit(one, kind.item_type) for one in listed]


def _object(value: Any, fields: Iterable[inspect.Field]) -> Any:
    known = {one.encode_name: one.type for one in fields}
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str | int) and len(known) == 1:
        value = {next(iter(known)): value}
    if not isinstance(value, dict):
        return value
    return {name: _fit(one, known[name]) for name, one in value.items() if name in known}
