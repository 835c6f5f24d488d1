"""Keys, addresses and sessions: who is let in, and that nobody learns why not."""

from __future__ import annotations

import re
import socket
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from opensaldo.engine import clients
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.support import xsd
from tests.support.platform import command_of

CATALOG = "/v1/ais-catalog"
DATA = "/v1/data.xml"
COMMENT = re.compile(
    r"\s+This request could not be authorised\.\n"
    r"\s+Your address: (?P<address>\S+)\n"
    r"\s+Your API key: (?P<key>\S+)\n"
    r"\s+Check both in the portal \(\S+\) or write to \S+\.\n"
    r"\s+Documentation: \S+\s+"
)
SHOWN_ADDRESS = "12*****.1"


def stranger(world: World, key: str | None) -> CheckedApi:
    return CheckedApi(world.address, key)


def refused(api: CheckedApi, path: str = DATA, **more: Any) -> dict[str, str]:
    """What the 401 shows of the caller."""
    reply = api.call("GET", path, **more)
    assert reply.status == 401
    found = COMMENT.fullmatch(reply.xml.findtext("comment") or "")
    assert found is not None, reply.body
    return found.groupdict()


# --- keys ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (None, "none"),
        ("0" * 64, "00" + "*" * 60 + "00"),
        ("abc", "***"),
        ("abcde", "ab*de"),
        ("<script>", "<s****t>"),
        ("k" * 5000, "kk" + "*" * 124 + "kk"),
    ],
)
def test_a_wrong_key_is_refused_and_shown_masked(world: World, key: str | None, shown: str):
    assert refused(stranger(world, key)) == {"address": SHOWN_ADDRESS, "key": shown}


@pytest.mark.parametrize(
    "key", ["\x01\x02abc", "ab\x7fcd\x80", "😀😀😀😀😀", "ą" * 64, "]]>&<", " "]
)
def test_a_hostile_key_breaks_no_reply(world: World, key: str):
    for path in (DATA, CATALOG):
        reply = stranger(world, None).call("GET", path, query={"apiKey": key})
        assert reply.status == 401


@pytest.mark.parametrize("key", [b"\xff" * 64, "ąę".encode(), b"\t", b"a,b"])
def test_a_hostile_header_breaks_no_reply(world: World, key: bytes):
    parts = urlsplit(world.address)
    with closing(socket.create_connection((parts.hostname, parts.port), 5)) as connection:
        connection.sendall(
            b"GET /v1/data.xml HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Api-Key: "
            + key
            + b"\r\n\r\n"
        )
        reply = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert reply.startswith(b"HTTP/1.1 401 ")
    assert xsd.faults(reply.partition(b"\r\n\r\n")[2]) == []


def test_a_key_works_in_lower_case_only(api: CheckedApi, world: World):
    assert stranger(world, (api.key or "").upper()).call("GET", CATALOG).status == 401


def test_the_json_form_of_a_refusal_holds_the_same_comment(world: World):
    body = stranger(world, "0" * 64).call("GET", CATALOG).json
    assert body["status"] == "401 Unauthorized"
    assert f"Your API key: 00{'*' * 60}00" in body["comment"]
    assert f"Your address: {SHOWN_ADDRESS}" in body["comment"]


@pytest.mark.parametrize("where", ["query", "form"])
def test_older_clients_may_send_the_key_as_a_parameter(api: CheckedApi, world: World, where: str):
    caller = stranger(world, None)
    more = {"query" if where == "query" else "form": {"apiKey": api.key}}
    assert caller.call("GET", CATALOG, **more).status == 200
    assert refused(caller, **{name: {"apiKey": "0" * 64} for name in more})["key"][:2] == "00"


def test_the_header_wins_over_the_parameter(api: CheckedApi, world: World):
    wrong, right = {"apiKey": "0" * 64}, {"apiKey": api.key}
    assert api.call("GET", CATALOG, query=wrong).status == 200
    assert stranger(world, "1" * 64).call("GET", CATALOG, query=right).status == 401


def test_several_keys_live_side_by_side_until_revoked(api: CheckedApi, world: World):
    other = world.another_key(api)
    assert {one.call("GET", CATALOG).status for one in (api, other)} == {200}
    store = world.house.platform.store  # type: ignore[union-attr]
    view = world.house.run(lambda _: clients.describe(store, api.client_id))
    newest = max(key.id for key in view.keys)
    world.house.run(lambda _: clients.revoke_key(store, world.clock, api.client_id, newest))
    world.clock.advance(seconds=3)
    assert (api.call("GET", CATALOG).status, other.call("GET", CATALOG).status) == (200, 401)


# --- addresses -------------------------------------------------------------------------------
@pytest.mark.parametrize("network", ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "::ffff:127.0.0.1"])
def test_an_address_on_the_list_is_let_in(world: World, network: str):
    assert world.client(network=network).call("GET", CATALOG).status == 200


@pytest.mark.parametrize("network", ["192.0.2.7", "127.0.0.2", "10.0.0.0/8", "::1", "::/0"])
def test_an_address_off_the_list_is_refused_like_a_wrong_key(world: World, network: str):
    api = world.client(network=network)
    assert refused(api) == {
        "address": SHOWN_ADDRESS,
        "key": (api.key or "")[:2] + "*" * 60 + (api.key or "")[-2:],
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "192.0.2.7"},
        {"X-Forwarded-For": "192.0.2.7, 192.0.2.7"},
        {"Forwarded": "for=192.0.2.7"},
        {"X-Real-IP": "192.0.2.7"},
        {"X-Client-IP": "192.0.2.7"},
    ],
)
def test_nobody_is_believed_who_says_where_he_comes_from(world: World, headers: dict[str, str]):
    api = world.client(network="192.0.2.7")
    assert refused(api, headers=headers)["address"] == SHOWN_ADDRESS


def test_an_address_taken_off_the_list_is_refused_within_seconds(api: CheckedApi, world: World):
    assert api.call("GET", CATALOG).status == 200
    store = world.house.platform.store  # type: ignore[union-attr]
    world.house.run(lambda _: clients.disallow_address(store, api.client_id, "127.0.0.1"))
    world.clock.advance(seconds=3)
    assert api.call("GET", CATALOG).status == 401


# --- without a key ---------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/v1/health", "/schema/v1/session.xsd", "/schema/v1/reply.xsd"])
def test_what_needs_no_key_is_open_to_anybody(world: World, path: str):
    assert stranger(world, None).call("GET", path).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/mock-session.xml"),
        ("POST", "/v1/command/default-import.xml"),
        ("GET", "/v1/command/701000123.xml"),
        ("POST", "/v1/command/sign-out.xml"),
        ("GET", "/v1/data.xml"),
        ("DELETE", "/v1/data.xml"),
        ("POST", "/v1/data/delete"),
        ("GET", "/v1/command-catalog.xml"),
        ("GET", "/v1/ais-catalog"),
        ("POST", "/v1/signin/redirection"),
        ("GET", "/v1/signin/redirection-status"),
    ],
)
def test_everything_else_asks_for_one_before_it_looks_at_anything(
    world: World, method: str, path: str
):
    for body in (b"", b"a=%ff", b"{"):
        headers = {"Content-Type": "application/json"} if body == b"{" else {}
        assert stranger(world, None).call(method, path, body=body, headers=headers).status == 401


# --- sessions --------------------------------------------------------------------------------
def test_a_session_ends_after_five_idle_minutes(api: CheckedApi, world: World):
    early, late = api.mock_session(), api.mock_session()
    world.clock.advance(minutes=4, seconds=50)
    assert api.submit(early).status == 202
    world.clock.advance(seconds=11)
    ended = api.submit(late)
    assert (ended.status, ended.exception) == (404, "InvalidSessionId")


def test_polling_is_no_activity(api: CheckedApi, world: World):
    command = command_of(api.finished(api.mock_session()))
    session = api.sessions[0]
    for _ in range(4):
        world.clock.advance(minutes=1, seconds=20)
        api.call("GET", f"/v1/command/{command.attrib['id']}.xml")
    assert api.submit(session).exception == "InvalidSessionId"


def test_a_command_is_activity(api: CheckedApi, world: World):
    session = api.mock_session()
    world.clock.advance(minutes=4)
    api.submit(session)
    world.clock.advance(minutes=4)
    assert api.submit(session).exception == "DefaultImportAlreadyExecuted"


def test_a_client_may_ask_for_the_session_on_every_poll(api: CheckedApi, world: World):
    session = api.mock_session()
    path = f"/v1/command/{command_of(api.finished(session)).attrib['id']}.xml"
    store = world.house.platform.store  # type: ignore[union-attr]
    world.house.run(lambda _: clients.require_session_on_poll(store, api.client_id, True))
    world.clock.advance(seconds=3)
    pair = {"sessionId": session[0], "sessionIdSignature": session[1]}
    assert api.call("GET", path).exception == "InvalidParameter"
    assert api.call("GET", path, query=pair).status == 200
    assert api.call("GET", path, pair).status == 200
    assert api.call("GET", path, query={"sessionId": session[0]}).exception == "InvalidParameter"
    world.house.run(lambda _: clients.require_session_on_poll(store, api.client_id, False))
    world.clock.advance(seconds=3)
    assert api.call("GET", path).status == 200
