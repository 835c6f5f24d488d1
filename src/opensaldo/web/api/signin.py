"""The redirection: wire contract, sections 4.1 and 4.2."""

from __future__ import annotations

from starlette.responses import Response

from opensaldo.domain.session import Redirection, RedirectionState, Session
from opensaldo.engine.redirections import redirection_status, start_redirection
from opensaldo.engine.sessions import signature_of
from opensaldo.engine.signin import SignInOptions, reusable_access_id
from opensaldo.errors import InvalidParameter, InvalidRedirectionId, InvalidSessionId
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.web.sign_in_options import sign_in_options, with_redirect_uri
from opensaldo.wire import forms, json_v1


async def start(call: Call) -> Response:
    """A link for one sign-in and the session it will open."""
    redirection, session = await start_redirection(call.front.platform, call.caller, _options(call))
    return _started(call, redirection, session)


async def tell_started(call: Call, redirection_id: str) -> Response:
    """The reply that was due when this redirection was made."""
    redirection, session = await redirection_status(
        call.front.platform, call.caller, redirection_id=redirection_id
    )
    return _started(call, redirection, session)


def _started(call: Call, redirection: Redirection, session: Session) -> Response:
    link = f"{call.front.signin_url}/redirection/{redirection.id}"
    signature = signature_of(call.front.platform, session.id)
    return call.json(json_v1.redirection_started(redirection.id, link, session.id, signature))


async def status(call: Call) -> Response:
    """Where a redirection stands, asked by either id; the words go with the id."""
    redirection_id, session_id = _asked(call)
    redirection, session = await _status_by(call, redirection_id, session_id)
    if redirection_id is None:
        return call.json(json_v1.redirection_status_by_session(session.id, redirection.state))
    signed_in = redirection.state is RedirectionState.SUCCESS
    target = call.front.platform.catalog.find(session.target or "", session.environment)
    return call.json(
        json_v1.redirection_status_by_id(
            redirection.state,
            session_id=session.id if signed_in else None,
            signature=signature_of(call.front.platform, session.id) if signed_in else None,
            multiple_access_id=reusable_access_id(call.front.platform, session),
            target=session.target,
            official_name=target.official_name if target else None,
            exception=redirection.exception_name,
        )
    )


def _asked(call: Call) -> tuple[str | None, str | None]:
    redirection_id = call.params.text("redirectionId")
    session_id = call.params.text("sessionId")
    if redirection_id is None and session_id is None:
        raise InvalidParameter("One of the parameters redirectionId and sessionId is required.")
    return (
        forms.redirection_id(redirection_id) if redirection_id is not None else None,
        forms.session_id(session_id) if session_id is not None else None,
    )


async def _status_by(
    call: Call, redirection_id: str | None, session_id: str | None
) -> tuple[Redirection, Session]:
    try:
        return await redirection_status(
            call.front.platform,
            call.caller,
            redirection_id=redirection_id,
            session_id=session_id,
        )
    except InvalidRedirectionId:
        if redirection_id is None:
            raise InvalidSessionId from None
        raise


def _options(call: Call) -> SignInOptions:
    options = sign_in_options(call.params)
    return with_redirect_uri(options, call.params, call.caller.client.environment)


RESOURCES = (
    Resource(
        path="/v1/signin/redirection",
        dialect=Dialect.JSON,
        handlers={"POST": start},
        tell=tell_started,
    ),
    Resource(path="/v1/signin/redirection-status", dialect=Dialect.JSON, handlers={"GET": status}),
)
