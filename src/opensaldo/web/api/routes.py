"""All paths of the API in one table."""

from __future__ import annotations

from starlette.routing import BaseRoute

from opensaldo.web.api import (
    bills,
    catalogs,
    commands,
    consents,
    data,
    description,
    events,
    funnel,
    health,
    mock,
    schemas,
    signin,
)
from opensaldo.web.settings import Front

RESOURCES = (
    *health.RESOURCES,
    *consents.RESOURCES,
    *commands.RESOURCES,
    *events.RESOURCES,
    *signin.RESOURCES,
    *mock.RESOURCES,
    *data.RESOURCES,
    *catalogs.RESOURCES,
    *bills.RESOURCES,
    *funnel.RESOURCES,
    *schemas.RESOURCES,
    *description.RESOURCES,
)


def routes(front: Front) -> list[BaseRoute]:
    """A route for each path, the most polled ones first, and the documentation's pages."""
    return [*(resource.route(front) for resource in RESOURCES), *description.pages(front)]
