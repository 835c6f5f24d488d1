"""The API's own description: OpenAPI for programs, a page for people."""

from __future__ import annotations

import json

from starlette.responses import Response
from starlette.routing import BaseRoute

from opensaldo import __version__
from opensaldo.web.api.openapi import document
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.web.docs.coverage import routes as coverage_routes
from opensaldo.web.docs.page import routes as docs_routes
from opensaldo.web.settings import Front


async def openapi(call: Call) -> Response:
    """The OpenAPI document with this platform's address."""
    return call.json(json.dumps(document(call.front.public_url, __version__)).encode())


def pages(front: Front) -> list[BaseRoute]:
    """The documentation's pages."""
    return [*docs_routes(document(front.public_url, __version__)), *coverage_routes()]


RESOURCES = (
    Resource(
        path="/v1/openapi.json", dialect=Dialect.JSON, handlers={"GET": openapi}, keyless=True
    ),
)
