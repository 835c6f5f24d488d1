"""The document's chapter on bills."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from opensaldo.domain.bill import MONTH, PRICE, Bill, Line, Month, Prices, Service
from opensaldo.web.api import openapi_examples as examples
from opensaldo.web.api.openapi_answers import WITH_KEY, failures, json_success
from opensaldo.web.api.openapi_parameters import Parameter, in_query
from opensaldo.web.api.openapi_schemas import Schema, named
from opensaldo.web.common import Dialect
from opensaldo.wire import price_list
from opensaldo.wire.bills import bill_json

_MONTH = Parameter(
    name="month",
    meaning="A calendar month in Poland.",
    schema={"type": "string", "pattern": f"^{MONTH.pattern}$"},
    example="2026-03",
    required=True,
)
_MEANINGS = {
    "name": "What the list is called on the bill.",
    "currency": "Its currency; the operator's unless said.",
    "pdfAgreedFiles": "Below this number of PDF files a month costs the base fee.",
    "onPremises.since": "The first day of a licence on premises.",
}


def _price(name: str) -> Parameter:
    form = price_list.FORMS.get(name, PRICE)
    schema: Schema = {"type": "string", "pattern": f"^{form.pattern}$"}
    if name == "name":
        schema = {"type": "string", "maxLength": price_list.NAME_LENGTH_MAX}
    meaning = _MEANINGS.get(name, "What if: the net price of one.")
    return Parameter(name=f"{price_list.GROUP}.{name}", meaning=meaning, schema=schema)


_PRICES = [_price(one) for one in (*price_list.FIELDS, *price_list.FIELDS_ON_PREMISES)]
_EXAMPLE = Bill(
    client_id=examples.CLIENT,
    month=Month(2026, 3),
    prices=Prices(name="Example", currency="PLN"),
    lines=(
        Line(
            service=Service.SINGLE_SESSION,
            on=date(2026, 3, 2),
            quantity=1,
            price=Decimal("1.50"),
            why="charged: all of its imports succeeded",
            evidence=(
                f"session {examples.SESSION_ID}",
                f"import-succeeded {examples.COMMAND_ID}",
            ),
        ),
    ),
    is_final=True,
)


def paths(public_url: str) -> dict[str, Any]:
    """The paths of this chapter."""
    return {"/v1/bill": {"get": _read(public_url)}}


def _read(public_url: str) -> Schema:
    shown = json.loads(bill_json(_EXAMPLE))
    return {
        "tags": ["Usage"],
        "operationId": "getBill",
        "summary": "Read the bill of a month",
        "description": "Every use of the month with its price, why it is charged or free, and the "
        "ids that prove it, a consent's is its multipleAccessId; net, at the operator's prices. A "
        "month is final a day after its end. "
        "With any `prices.…` the same month at that price list instead; in it, what has no price "
        "costs nothing.",
        "parameters": in_query(_MONTH, *_PRICES),
        "responses": {
            "200": json_success(named("Bill"), "The bill.", shown),
            **failures(public_url, Dialect.JSON, WITH_KEY),
        },
    }
