"""The schemas of every XML reply, published under /schema/v1 for anybody."""

from __future__ import annotations

from starlette.responses import Response

from opensaldo.errors import NotFound
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire.schema import schema_file


async def schema(call: Call) -> Response:
    """One schema file."""
    content = schema_file(call.request.path_params["name"])
    if content is None:
        raise NotFound
    return Response(content, media_type="application/xml")


RESOURCES = (
    Resource(
        path="/schema/v1/{name}.xsd",
        dialect=Dialect.XML,
        handlers={"GET": schema},
        keyless=True,
    ),
)
