"""Aggregated data (wire contract, section 7), and the proofs of its deletion."""

from __future__ import annotations

from starlette.responses import Response

from opensaldo.engine.erasure import erase_owner, read_proofs
from opensaldo.engine.owners import read_owner
from opensaldo.errors import InvalidParameter
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire import json_deletions, json_v1, xml_v1


async def read(call: Call) -> Response:
    """Everything kept under the owner's id."""
    owner = _owner(call)
    record = await read_owner(call.front.platform, call.caller, owner)
    return call.xml("get_data", xml_v1.owner_data(record), owner=owner)


async def delete(call: Call) -> Response:
    """Everything kept under the owner's id is gone."""
    await erase_owner(call.front.platform, call.caller, _owner(call))
    return await tell_deleted(call, "")


async def tell_deleted(call: Call, _mark: str) -> Response:
    """The reply to every deletion that was done."""
    owner = _owner(call)
    if call.in_json:
        return call.json(json_v1.deleted(owner))
    return call.xml("delete_data", xml_v1.empty(), owner=owner)


async def delete_by_post(call: Call) -> Response:
    """The same for clients that cannot send DELETE."""
    await erase_owner(call.front.platform, call.caller, _owner(call))
    return await tell_deleted(call, "")


async def list_deletions(call: Call) -> Response:
    """What was deleted of the client's, newest first."""
    page = await read_proofs(
        call.front.platform,
        call.caller.client,
        call.owner_external_id(),
        call.params.text("before"),
    )
    return call.json(json_deletions.deletions(page.proofs, page.has_more))


def _owner(call: Call) -> str:
    owner = call.owner_external_id()
    if owner is None:
        raise InvalidParameter("The parameter ownerExternalId is required.")
    return owner


RESOURCES = (
    Resource(
        path="/v1/data.xml",
        dialect=Dialect.XML,
        handlers={"GET": read, "DELETE": delete},
        tell=tell_deleted,
    ),
    Resource(
        path="/v1/data/delete",
        dialect=Dialect.JSON,
        handlers={"POST": delete_by_post},
        tell=tell_deleted,
    ),
    Resource(path="/v1/deletions", dialect=Dialect.JSON, handlers={"GET": list_deletions}),
)
