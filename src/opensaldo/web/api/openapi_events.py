"""The document's chapter on events."""

from __future__ import annotations

import json
from typing import Any

from opensaldo.domain.client import Environment
from opensaldo.domain.event import Event, EventKind
from opensaldo.errors import CursorExpired, InvalidCursor
from opensaldo.web.api import openapi_examples as examples
from opensaldo.web.api import openapi_schemas as schemas
from opensaldo.web.api.openapi_answers import WITH_KEY, failures, json_success
from opensaldo.web.api.openapi_commands import WAIT
from opensaldo.web.api.openapi_parameters import Parameter, in_query
from opensaldo.web.api.openapi_schemas import Schema, named
from opensaldo.web.common import Dialect
from opensaldo.wire import json_events

_CURSOR = "41-5f0c2a9be8d71364"
_AFTER = Parameter(
    name="after",
    meaning="The id of the last event that was seen, or the `cursor` of the last answer. "
    "Default: from the oldest event kept.",
    schema=schemas.CURSOR,
    example=_CURSOR,
)
_ENDED = Event(
    client_id=examples.CLIENT,
    environment=Environment.TEST,
    kind=EventKind.COMMAND_ENDED,
    subject=examples.COMMAND_ID,
    at=examples.AT,
    state="successful",
)


def paths(public_url: str) -> dict[str, Any]:
    """The paths of this chapter."""
    return {"/v1/events": {"get": _read(public_url)}}


def _read(public_url: str) -> Schema:
    cursor = "42-9d1e6b0377af5c28"
    page = json_events.event_page([(cursor, _ENDED)], cursor, has_more=False)
    answer = json_success(named("EventPage"), "Events in their order.", json.loads(page))
    answer["content"][json_events.STREAM_TYPE] = {
        "schema": {"type": "string", "description": "Each message: id, event (the kind), data."},
        "examples": {"message": {"value": json_events.stream_message(cursor, _ENDED).decode()}},
    }
    return {
        "tags": ["Events"],
        "operationId": "getEvents",
        "summary": "Read events on from a cursor",
        "description": "Everything that happened to the client, in order and without a gap, kept "
        "for 30 days. With `wait` the answer comes when there is an event, or empty at the end of "
        "the wait. `Accept: text/event-stream` gets server-sent events: a comment every 15 seconds "
        "when nothing happens, an end after five minutes. To go on, send the last id seen as "
        "`Last-Event-ID`; it counts before `after`. An event may be seen twice by a client that "
        "asks twice, always with the same id.",
        "parameters": in_query(_AFTER, WAIT),
        "responses": {
            "200": answer,
            **failures(public_url, Dialect.JSON, (*WITH_KEY, InvalidCursor, CursorExpired)),
        },
    }
