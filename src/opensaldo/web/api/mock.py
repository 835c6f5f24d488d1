"""The mock session: wire contract, section 4.4; test environment only."""

from __future__ import annotations

from starlette.responses import Response

from opensaldo.data import COUNTRIES
from opensaldo.domain.client import Environment
from opensaldo.domain.session import Session
from opensaldo.engine.mock import open_mock_session
from opensaldo.engine.sessions import session_by_id, signature_of
from opensaldo.engine.signin import reusable_access_id
from opensaldo.errors import InvalidParameter, NotFound
from opensaldo.web.common import Call, Dialect, Resource
from opensaldo.wire import json_v1, xml_v1

LOGIN_LENGTH_MAX = 100


async def mock_session(call: Call) -> Response:
    """A session of a synthetic person, signed in to the mock bank."""
    if call.caller.client.environment is not Environment.TEST:
        raise NotFound
    session, multiple_access_id = await open_mock_session(
        call.front.platform,
        call.caller,
        login=_login(call),
        country=_country(call),
        owner_external_id=call.owner_external_id(),
        multiple=call.params.flag("multipleAccess"),
        target=call.params.text("target"),
    )
    return _opened(call, session, multiple_access_id)


async def tell_opened(call: Call, session_id: str) -> Response:
    """The reply that was due when this mock session was made."""
    session = await session_by_id(call.front.platform, call.caller, session_id)
    return _opened(call, session, reusable_access_id(call.front.platform, session))


def _opened(call: Call, session: Session, multiple_access_id: str | None) -> Response:
    signature = signature_of(call.front.platform, session.id)
    if call.in_json:
        return call.json(json_v1.session(session.id, signature))
    inner = xml_v1.session(session.id, signature, multiple_access_id)
    return call.xml("session", inner, owner=session.owner_external_id)


def _login(call: Call) -> str:
    login = call.params.text("login") or "test1"
    if len(login) > LOGIN_LENGTH_MAX or not login.isprintable():
        raise InvalidParameter("The parameter login must be one of the mock bank's logins.")
    return login


def _country(call: Call) -> str:
    country = call.params.text("country") or "pl"
    if country not in COUNTRIES:
        raise InvalidParameter("The parameter country must be one of " + ", ".join(COUNTRIES) + ".")
    return country


RESOURCES = (
    Resource(
        path="/v1/mock-session.xml",
        dialect=Dialect.BOTH,
        handlers={"POST": mock_session},
        tell=tell_opened,
    ),
)
