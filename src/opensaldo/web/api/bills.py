"""The bill of a month: what it is made of, and why."""

from __future__ import annotations

from starlette.responses import Response

from opensaldo.domain.bill import Month
from opensaldo.engine.usage import bill_for_client
from opensaldo.errors import InvalidParameter
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire.bills import bill_json
from opensaldo.wire.price_list import GROUP, price_list


async def read(call: Call) -> Response:
    """The caller's bill of a month, at the operator's prices or at those of the request."""
    try:
        month = Month.parse(call.params.required("month"))
    except ValueError:
        raise InvalidParameter("The parameter month must be a month (YYYY-MM).") from None
    client, platform = call.caller.client, call.front.platform
    agreed = call.front.price_lists.of(client.id)
    prices = price_list(call.params.within(GROUP), agreed.currency) or agreed
    made = await bill_for_client(platform, client, month, prices, call.now)
    return call.json(bill_json(made))


RESOURCES = (Resource(path="/v1/bill", dialect=Dialect.JSON, handlers={"GET": read}),)
