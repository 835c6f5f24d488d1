"""The funnel: how far sign-ins get, and why they end."""

from __future__ import annotations

from starlette.responses import Response

from opensaldo.domain.funnel import rows
from opensaldo.engine.funnel import DAYS_MAX, funnel_of
from opensaldo.errors import InvalidParameter
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire.funnel import funnel_json

DAYS_DEFAULT = 30


async def read(call: Call) -> Response:
    """The caller's funnel of the last days."""
    days = _days(call.params.text("days"))
    client = call.caller.client
    since, passed = await funnel_of(call.front.platform.store, client, days, call.now)
    return call.json(funnel_json(client, since, call.now.date(), rows(passed)))


def _days(text: str | None) -> int:
    if text is None:
        return DAYS_DEFAULT
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    if not 1 <= days <= DAYS_MAX:
        raise InvalidParameter(f"The parameter days must be a whole number from 1 to {DAYS_MAX}.")
    return days


RESOURCES = (Resource(path="/v1/funnel", dialect=Dialect.JSON, handlers={"GET": read}),)
