"""The documents that are sealed: nouns as JSON, read back without loss."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec

from opensaldo.domain.account import Holdings
from opensaldo.wire.text import allowed

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(Holdings)


def encode(noun: object) -> bytes:
    """The noun as JSON; amounts are finite and keep every digit they have.

    Lone surrogates cannot be written in UTF-8; where there are any, all texts of the document lose
    what XML does not allow either.
    """
    try:
        return _ENCODER.encode(noun)
    except UnicodeEncodeError:
        return _ENCODER.encode(_cleaned(msgspec.to_builtins(noun, builtin_types=(Decimal,))))


def decode(data: bytes, kind: type[T]) -> T:
    """The noun of this kind that was encoded.

    Raises:
        ValueError: the bytes are not such a document.
    """
    return msgspec.json.decode(data, type=kind)


def encode_holdings(holdings: Holdings) -> bytes:
    """The holdings as JSON, as `encode` writes it."""
    return encode(holdings)


def decode_holdings(data: bytes) -> Holdings:
    """The holdings that were encoded.

    Raises:
        ValueError: the bytes are not such a document.
    """
    return _DECODER.decode(data)


def _cleaned(value: object) -> object:
    if isinstance(value, dict):
        return {name: _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    return allowed(value) if isinstance(value, str) else value
