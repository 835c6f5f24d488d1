"""Catalogues: wire contract, section 9. They list only targets and commands that work."""

from __future__ import annotations

from starlette.responses import Response

from opensaldo.data import COUNTRIES
from opensaldo.domain.target import Target
from opensaldo.errors import InvalidParameter
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.web.sign_in_options import ALL
from opensaldo.wire import json_v1, xml_v1


async def command_catalog(call: Call) -> Response:
    """Every target with its commands and credentials."""
    favicons = call.params.flag("favicons", default=True)
    inner = xml_v1.catalog(_targets(call), favicons=favicons)
    return call.xml("get_command_catalog", inner)


async def ais_catalog(call: Call) -> Response:
    """Every target with its access modes."""
    return call.json(json_v1.ais_catalog(_targets(call)))


def _targets(call: Call) -> tuple[Target, ...]:
    country = call.params.text("country") or ALL
    if country != ALL and country not in COUNTRIES:
        raise InvalidParameter("The parameter country must be all, " + ", ".join(COUNTRIES) + ".")
    targets = call.front.platform.catalog.targets(call.caller.client.environment)
    return tuple(one for one in targets if country in {ALL, one.country})


RESOURCES = (
    Resource(
        path="/v1/command-catalog.xml",
        dialect=Dialect.XML,
        handlers={"GET": command_catalog},
    ),
    Resource(path="/v1/ais-catalog", dialect=Dialect.JSON, handlers={"GET": ais_catalog}),
)
