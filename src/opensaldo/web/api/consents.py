"""Multiple access: wire contract, section 6."""

from __future__ import annotations

from starlette.responses import Response

from opensaldo.domain.session import Session
from opensaldo.engine.commands import reuse_and_import
from opensaldo.engine.consent_list import list_consents
from opensaldo.engine.consents import reuse, revoke
from opensaldo.engine.sessions import session_by_id, signature_of
from opensaldo.web.api.commands import tell_accepted
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire import forms, json_v1, xml_v1
from opensaldo.wire.json_consents import consents


async def reuse_access(call: Call) -> Response:
    """A new session without the person; in JSON its default import is started too."""
    platform, token = call.front.platform, _token(call)
    if call.in_json:
        since = call.params.day("since")
        return call.json(
            json_v1.accepted(await reuse_and_import(platform, call.caller, token, since))
        )
    return _session(call, await reuse(platform, call.caller, token))


async def tell_reused(call: Call, made: str) -> Response:
    """The reply that was due when this session (in JSON: this command) was made."""
    if call.in_json:
        return await tell_accepted(call, made)
    return _session(call, await session_by_id(call.front.platform, call.caller, made))


def _session(call: Call, session: Session) -> Response:
    inner = xml_v1.session(session.id, signature_of(call.front.platform, session.id))
    return call.xml("session", inner, owner=session.owner_external_id)


async def delete_access(call: Call) -> Response:
    """The access has ended, here and at the bank."""
    await revoke(call.front.platform, call.caller, _token(call))
    return await tell_deleted(call, "")


async def tell_deleted(call: Call, _consent_id: str) -> Response:
    """The reply to every revocation that was done."""
    if call.in_json:
        return call.json(b"")
    return call.xml("delete_multiple_access", xml_v1.empty())


async def list_accesses(call: Call) -> Response:
    """The client's consents: what is left of each, and until when."""
    before = call.params.text("before")
    if before is not None:
        before = forms.multiple_access_id(before)
    owner = call.owner_external_id()
    page = await list_consents(call.front.platform, call.caller, owner, before)
    return call.json(consents(page.consents, call.now, has_more=page.has_more))


def _token(call: Call) -> str:
    return forms.multiple_access_id(call.params.required("multipleAccessId"))


RESOURCES = (
    Resource(
        path="/v1/command/reuse-multiple-access.xml",
        dialect=Dialect.BOTH,
        handlers={"POST": reuse_access},
        tell=tell_reused,
    ),
    Resource(
        path="/v1/command/delete-multiple-access.xml",
        dialect=Dialect.BOTH,
        handlers={"POST": delete_access},
        tell=tell_deleted,
    ),
    Resource(path="/v1/consents", dialect=Dialect.JSON, handlers={"GET": list_accesses}),
)
