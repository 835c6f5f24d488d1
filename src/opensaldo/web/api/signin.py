"""The redirection: wire contract, sections 4.1 and 4.2."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.responses import Response

from opensaldo.domain.client import Environment
from opensaldo.domain.session import Redirection, RedirectionState, Session
from opensaldo.domain.target import AccessMode
from opensaldo.engine.redirections import redirection_status, start_redirection
from opensaldo.engine.sessions import signature_of
from opensaldo.engine.signin import SignInOptions, reusable_access_id
from opensaldo.errors import InvalidParameter, InvalidRedirectionId, InvalidSessionId
from opensaldo.web.api.catalogs import ALL, COUNTRIES
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire import forms, json_v1

URI_LENGTH_MAX = 2000
TEXT_LENGTH_MAX = 200
LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?")


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
    params = call.params
    return SignInOptions(
        access_mode=_access_mode(params.text("accessMode")),
        owner_external_id=call.owner_external_id(),
        redirect_uri=_redirect_uri(call, params.text("redirectUri")),
        country=_country(params.text("country")),
        locale=_locale(params.text("locale")),
        target=params.text("target"),
        max_import_date=params.day("maxImportDate"),
        force_sca=params.flag("forceSca"),
        client_identity=_short(params.text("clientIdentity"), "clientIdentity"),
    )


def _access_mode(text: str | None) -> AccessMode:
    try:
        return AccessMode(text) if text is not None else AccessMode.SINGLE
    except ValueError:
        raise InvalidParameter(
            "The parameter accessMode must be SINGLE, MULTIPLE or MIXED."
        ) from None


def _redirect_uri(call: Call, text: str | None) -> str | None:
    if text is None:
        return None
    wrong = InvalidParameter(
        "The parameter redirectUri must be an absolute http or https address, https on production."
    )
    if len(text) > URI_LENGTH_MAX or not text.isprintable() or " " in text or "\\" in text:
        raise wrong
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise wrong from None
    schemes = {"https"}
    if call.caller.client.environment is Environment.TEST:
        schemes.add("http")
    if not is_whole or parts.scheme not in schemes or parts.username is not None:
        raise wrong
    return text


def _country(text: str | None) -> str | None:
    if text is not None and text != ALL and text not in COUNTRIES:
        raise InvalidParameter("The parameter country must be all, " + ", ".join(COUNTRIES) + ".")
    return None if text == ALL else text


def _locale(text: str | None) -> str | None:
    if text is not None and not LOCALE.fullmatch(text):
        raise InvalidParameter("The parameter locale must be a language code such as pl or en.")
    return text


def _short(text: str | None, name: str) -> str | None:
    if text is not None and (len(text) > TEXT_LENGTH_MAX or not text.isprintable()):
        raise InvalidParameter(f"The parameter {name} must be one line of up to 200 characters.")
    return text


RESOURCES = (
    Resource(
        path="/v1/signin/redirection",
        dialect=Dialect.JSON,
        handlers={"POST": start},
        tell=tell_started,
    ),
    Resource(path="/v1/signin/redirection-status", dialect=Dialect.JSON, handlers={"GET": status}),
)
