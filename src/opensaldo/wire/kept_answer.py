"""An answer as bytes to be kept and given again: status, content type and body."""

from __future__ import annotations

import msgspec


class KeptAnswer(msgspec.Struct, frozen=True, array_like=True):
    """What of an answer is repeated."""

    status: int
    content_type: str | None
    body: bytes


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(KeptAnswer)


def pack(answer: KeptAnswer) -> bytes:
    """The answer as bytes."""
    return _ENCODER.encode(answer)


def unpack(packed: bytes) -> KeptAnswer:
    """The answer that these bytes were made from."""
    return _DECODER.decode(packed)
