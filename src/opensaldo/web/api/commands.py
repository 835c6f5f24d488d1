"""Commands: wire contract, section 5."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from opensaldo.domain.command import Command, CommandName, CommandState
from opensaldo.domain.secret import Secret
from opensaldo.domain.session import Session
from opensaldo.engine.commands import Wish, submit_import
from opensaldo.engine.events import wait_for_end
from opensaldo.engine.ids import new_number
from opensaldo.engine.kept import HOLDINGS, RESULT_XML
from opensaldo.engine.polling import known_command, polled_command
from opensaldo.engine.sessions import (
    known_session,
    open_session,
    session_by_id,
    session_of_command,
    sign_out,
)
from opensaldo.engine.signin import reusable_access_id
from opensaldo.errors import InvalidSessionId
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire import forms, json_v1, xml_v1
from opensaldo.wire.json_result import command_result


async def default_import(call: Call) -> Response:
    """The import is accepted and queued."""
    session = await _open_session(call)
    wish = Wish(
        name=CommandName.DEFAULT_IMPORT,
        since=call.params.day("since"),
        owner_external_id=call.owner_external_id(),
    )
    return await _accepted(call, session, wish)


async def import_owners(call: Call) -> Response:
    """The import of owners is accepted and queued."""
    session = await _open_session(call)
    return await _accepted(call, session, Wish(name=CommandName.IMPORT_OWNERS))


async def import_accounts(call: Call) -> Response:
    """The import of accounts without transactions is accepted and queued."""
    session = await _open_session(call)
    fast = call.params.flag("fast", default=True)
    return await _accepted(call, session, Wish(name=CommandName.IMPORT_ACCOUNTS, fast=fast))


async def import_account_transactions(call: Call) -> Response:
    """The import of one account's transactions is accepted and queued."""
    session = await _open_session(call)
    wish = Wish(
        name=CommandName.IMPORT_ACCOUNT_TRANSACTIONS,
        fast=call.params.flag("fast", default=False),
        since=call.params.day("since"),
        place=Secret(call.params.required("iban")),
    )
    return await _accepted(call, session, wish)


async def import_cards(call: Call) -> Response:
    """The import of credit cards without transactions is accepted and queued."""
    session = await _open_session(call)
    return await _accepted(call, session, Wish(name=CommandName.IMPORT_CARDS))


async def import_card_transactions(call: Call) -> Response:
    """The import of one credit card's transactions is accepted and queued."""
    session = await _open_session(call)
    wish = Wish(
        name=CommandName.IMPORT_CARD_TRANSACTIONS,
        since=call.params.day("since"),
        place=Secret(call.params.required("cardNumber")),
    )
    return await _accepted(call, session, wish)


async def poll(call: Call) -> Response:
    """The command as it stands, with its result when it was successful."""
    command_id = forms.command_id(call.request.path_params["id"])
    await _check_session_if_sent(call, command_id)
    await _wait_if_asked(call, command_id)
    kind = HOLDINGS if call.in_json else RESULT_XML
    command, result = await polled_command(call.front.platform, call.caller, command_id, kind)
    if not call.in_json:
        inner = xml_v1.command(command, result=result)
        return call.xml(xml_v1.schema_of(command), inner)
    return call.json(await _json_result(call, command, result))


async def end_session(call: Call) -> Response:
    """The session is signed out, where its target offers that."""
    session = await _open_session(call)
    target = await sign_out(call.front.platform, call.caller, session)
    inner = xml_v1.sign_out(new_number(), target.name, target.institution)
    return call.xml("sign_out", inner, owner=session.owner_external_id)


async def tell_accepted(call: Call, command_id: str) -> Response:
    """The reply that was due when this command was set up."""
    platform = call.front.platform
    command = await known_command(platform, call.caller, command_id)
    session = await session_of_command(platform, command)
    at_first = replace(command, state=CommandState.SETUP, progress=0)
    return _reply(call, at_first, session.owner_external_id if session else None)


async def tell_signed_out(call: Call, session_id: str) -> Response:
    """The reply that was due when this session was signed out."""
    session = await session_by_id(call.front.platform, call.caller, session_id)
    target = call.front.platform.catalog.find(session.target or "", session.environment)
    names = (target.name, target.institution) if target else (session.target or "", "")
    inner = xml_v1.sign_out(new_number(), *names)
    return call.xml("sign_out", inner, owner=session.owner_external_id)


async def _accepted(call: Call, session: Session, wish: Wish) -> Response:
    """The reply to a command that was set up."""
    command, owner = await submit_import(call.front.platform, call.caller, session, wish)
    return _reply(call, command, owner)


def _reply(call: Call, command: Command, owner: str | None) -> Response:
    if call.in_json:
        return call.json(json_v1.accepted(command))
    return call.xml("command_setup", xml_v1.command(command), status=202, owner=owner)


async def _open_session(call: Call) -> Session:
    session_id = forms.session_id(call.params.required("sessionId"))
    signature = call.params.required("sessionIdSignature")
    return await open_session(call.front.platform, call.caller, session_id, signature)


async def _check_session_if_sent(call: Call, command_id: str) -> None:
    """Session id and signature must be the command's, if sent or if the client asks for them."""
    is_required = call.caller.client.poll_requires_session
    sent = [call.params.text(name) for name in ("sessionId", "sessionIdSignature")]
    if not is_required and sent == [None, None]:
        return
    session_id = forms.session_id(call.params.required("sessionId"))
    signature = call.params.required("sessionIdSignature")
    session = await known_session(call.front.platform, call.caller, session_id, signature)
    command = await known_command(call.front.platform, call.caller, command_id)
    if command.session_id != session.id:
        raise InvalidSessionId


async def _wait_if_asked(call: Call, command_id: str) -> None:
    """The command has ended or the time asked for is over; the answer is of that moment."""
    wait_s = forms.wait_s(call.params.text("wait"))
    if wait_s:
        await wait_for_end(call.front.platform, call.caller, command_id, wait_s)
        call.now = call.front.platform.clock()


async def _json_result(call: Call, command: Command, holdings: bytes | None) -> bytes:
    platform = call.front.platform
    session = await session_of_command(platform, command)
    return command_result(
        command,
        holdings,
        owner_external_id=session.owner_external_id if session else None,
        multiple_access_token=reusable_access_id(platform, session) if session else None,
    )


ADVANCED = {
    "import-owners": import_owners,
    "import-accounts": import_accounts,
    "import-account-transactions": import_account_transactions,
    "import-credit-cards": import_cards,
    "import-credit-card-transactions": import_card_transactions,
}
RESOURCES = (
    Resource(
        path="/v1/command/default-import.xml",
        dialect=Dialect.BOTH,
        handlers={"POST": default_import},
        tell=tell_accepted,
    ),
    *(
        Resource(
            path=f"/v1/command/{name}.xml",
            dialect=Dialect.XML,
            handlers={"POST": handler},
            tell=tell_accepted,
        )
        for name, handler in ADVANCED.items()
    ),
    Resource(
        path="/v1/command/sign-out.xml",
        dialect=Dialect.XML,
        handlers={"POST": end_session},
        tell=tell_signed_out,
    ),
    Resource(path="/v1/command/{id}.xml", dialect=Dialect.BOTH, handlers={"GET": poll}),
)
