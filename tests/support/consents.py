"""What tests of repeated access ask of a client: grant, reuse, revoke, import."""

from __future__ import annotations

from typing import Any

from tests.e2e.checked import CheckedApi
from tests.support.platform import Reply, command_of, failure_of, state_of

REUSE = "/v1/command/reuse-multiple-access.xml"
DELETE = "/v1/command/delete-multiple-access.xml"
JSON = "application/json"


def grant(api: CheckedApi, login: str = "test1", **more: Any) -> tuple[tuple[str, str], str]:
    """The first session of a new consent, and its multipleAccessId."""
    form = {"login": login, "multipleAccess": "true", **more}
    reply = api.call("POST", "/v1/mock-session.xml", form)
    assert reply.status == 200, reply.body
    return session_in(reply), reply.xml.findtext("session/multipleAccessId") or ""


def session_in(reply: Reply) -> tuple[str, str]:
    """The session's id and signature."""
    session = reply.xml.find("session")
    assert session is not None, reply.body
    return session.attrib["id"], session.attrib["signature"]


def reuse(api: CheckedApi, token: str) -> Reply:
    """The reply to a reuse in XML."""
    return api.call("POST", REUSE, {"multipleAccessId": token})


def reuse_in_json(api: CheckedApi, token: str, **more: str) -> Reply:
    """The reply to a reuse in JSON."""
    return api.call("POST", REUSE, {"multipleAccessToken": token, **more}, accept=JSON)


def delete(api: CheckedApi, token: str) -> Reply:
    """The reply to a revocation."""
    return api.call("POST", DELETE, {"multipleAccessId": token})


def ended_as(reply: Reply) -> str:
    """How a finished import ended: `successful`, or its exception's name."""
    return failure_of(reply) or state_of(reply)


def import_under(api: CheckedApi, token: str, **more: str) -> str:
    """How an import in a reused session ended; the refusal's name when there was none."""
    again = reuse(api, token)
    if again.status != 200:
        return again.exception or ""
    accepted = api.submit(session_in(again), **more)
    if accepted.status != 202:
        return accepted.exception or ""
    return ended_as(api.poll(command_of(accepted).attrib["id"]))
