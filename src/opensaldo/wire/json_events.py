"""Events in JSON, as a page of the log and as messages of a stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from opensaldo.domain.event import Event
from opensaldo.wire.times import whole_seconds

STREAM_TYPE = "text/event-stream"
HEARTBEAT = b": still here\n\n"

_ENCODER = msgspec.json.Encoder()


def event_page(events: Iterable[tuple[str, Event]], cursor: str, has_more: bool) -> bytes:
    """Events in their order, the cursor to read on from, and whether more can be read at once."""
    told = [{"id": each, **_told(event)} for each, event in events]
    return _ENCODER.encode({"events": told, "cursor": cursor, "more": has_more})


def stream_opening(pause_s: int) -> bytes:
    """What a stream begins with: how long to wait before connecting again."""
    return f"retry: {pause_s * 1000}\n\n".encode()


def stream_message(cursor: str, event: Event) -> bytes:
    """One event of a stream; its id is the cursor."""
    data = _ENCODER.encode({"id": cursor, **_told(event)})
    return f"id: {cursor}\nevent: {event.kind}\ndata: ".encode() + data + b"\n\n"


def _told(event: Event) -> dict[str, Any]:
    members = {
        "kind": event.kind.value,
        "at": whole_seconds(event.at),
        "subject": event.subject,
        "state": event.state,
        "progress": event.progress,
    }
    return {name: value for name, value in members.items() if value is not None}
