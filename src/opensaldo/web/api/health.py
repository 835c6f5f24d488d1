"""Health: wire contract, section 9.3."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire import json_v1


async def health(call: Call) -> Response:
    """200 while the platform can serve, 503 otherwise."""
    ok = await asyncio.to_thread(call.front.platform.store.is_serving)
    return call.json(json_v1.health(ok, call.now), status=200 if ok else 503)


RESOURCES = (
    Resource(path="/v1/health", dialect=Dialect.JSON, handlers={"GET": health}, keyless=True),
)
