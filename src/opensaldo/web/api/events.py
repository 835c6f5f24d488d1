"""The event log: a page of it, waited for if asked, or a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from opensaldo.engine.events import Page, read_on
from opensaldo.errors import OpenSaldoError
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire import forms, json_events

HEARTBEAT_S = 15
STREAM_S = 300  # then the client connects again, and its key is looked at again
RECONNECT_S = 1


async def read(call: Call) -> Response:
    """The client's events after a cursor."""
    cursor = call.params.text("after")
    wait_s = forms.wait_s(call.params.text("wait"))
    if _wants_stream(call):
        return await _stream(call, call.request.headers.get("last-event-id") or cursor)
    page = await read_on(call.front.platform, call.caller, cursor, wait_s)
    return call.json(json_events.event_page(page.events, page.cursor, page.has_more))


def _wants_stream(call: Call) -> bool:
    accept = call.request.headers.get("accept", "")
    return call.request.method == "GET" and json_events.STREAM_TYPE in accept


async def _stream(call: Call, cursor: str | None) -> Response:
    """A stream whose first page could be read; a cursor that is not good fails as elsewhere."""
    page = await read_on(call.front.platform, call.caller, cursor, 0)
    unbuffered = {"X-Accel-Buffering": "no"}
    media_type = json_events.STREAM_TYPE
    return StreamingResponse(_messages(call, page), headers=unbuffered, media_type=media_type)


async def _messages(call: Call, page: Page) -> AsyncIterator[bytes]:
    """Events as they come and a sign of life between; ends before long, or with the platform."""
    platform, now = call.front.platform, asyncio.get_running_loop().time
    ends_at = now() + STREAM_S
    yield json_events.stream_opening(RECONNECT_S)
    while True:
        for each, event in page.events:
            yield json_events.stream_message(each, event)
        if not page.events:
            yield json_events.HEARTBEAT
        if now() >= ends_at or platform.bell.is_closed:
            return
        try:
            page = await read_on(platform, call.caller, page.cursor, HEARTBEAT_S)
        except OpenSaldoError:
            return  # the client connects again and is told then


RESOURCES = (Resource(path="/v1/events", dialect=Dialect.JSON, handlers={"GET": read}),)
