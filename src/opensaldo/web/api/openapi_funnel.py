"""The document's chapter on the funnel."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from opensaldo.domain.client import Client, Environment
from opensaldo.domain.funnel import FunnelRow
from opensaldo.engine.funnel import DAYS_MAX
from opensaldo.web.api import openapi_examples as examples
from opensaldo.web.api.openapi_answers import WITH_KEY, failures, json_success
from opensaldo.web.api.openapi_parameters import Parameter, in_query
from opensaldo.web.api.openapi_schemas import Schema, named
from opensaldo.web.common import Dialect
from opensaldo.wire.funnel import funnel_json

_DAYS = Parameter(
    name="days",
    meaning="How many days, today (UTC) included; 30 unless said.",
    schema={"type": "integer", "minimum": 1, "maximum": DAYS_MAX},
    example=30,
)
_EXAMPLE = funnel_json(
    Client(id=examples.CLIENT, environment=Environment.TEST, legal_name=""),
    date(2026, 2, 1),
    date(2026, 3, 2),
    [
        FunnelRow(
            started_on=date(2026, 3, 2),
            target="KontoBankApi",
            channel="redirection",
            started=10,
            bank_chosen=9,
            at_bank=8,
            back=7,
            success=6,
            pending=1,
            exits={"SignInCancelled": 2, "abandoned": 1},
        )
    ],
)


def paths(public_url: str) -> dict[str, Any]:
    """The paths of this chapter."""
    return {"/v1/funnel": {"get": _read(public_url)}}


def _read(public_url: str) -> Schema:
    return {
        "tags": ["Usage"],
        "operationId": "getFunnel",
        "summary": "Read how far sign-ins get",
        "description": "Counts of sign-ins by the day they began, the bank chosen last and the "
        "channel: each once, at the furthest it got. `exits` has why the others ended: the name "
        "of an exception, or `abandoned` where the link ran out. Counts name nobody.",
        "parameters": in_query(_DAYS),
        "responses": {
            "200": json_success(named("Funnel"), "The funnel.", json.loads(_EXAMPLE)),
            **failures(public_url, Dialect.JSON, WITH_KEY),
        },
    }
