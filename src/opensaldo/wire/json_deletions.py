"""Proofs of deletion in JSON: our own endpoint, the vendor has none."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from opensaldo.domain.deletion import Deletion
from opensaldo.wire.times import whole_seconds

_ENCODER = msgspec.json.Encoder()


def deletions(proofs: Iterable[tuple[str, Deletion]], has_more: bool) -> bytes:
    """The proofs in the order given, each with its cursor, and whether there are older ones."""
    told = [_one(cursor, deletion) for cursor, deletion in proofs]
    return _ENCODER.encode({"deletions": told, "more": has_more})


def _one(cursor: str, deletion: Deletion) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": cursor,
        "at": whole_seconds(deletion.at),
        "cause": deletion.cause.value,
    }
    if deletion.subject is not None:
        shown["subject"] = deletion.subject
    return shown | {"counts": dict(deletion.counts), "commands": deletion.commands}
