"""Limits of one client (wire contract, 17): requests a minute, open sessions, queued commands."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import DATABASES, World
from tests.support.platform import command_of, state_of

HEALTH = "/v1/health"
CATALOG = "/v1/ais-catalog"


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return {"IMPORTS_AT_ONCE": 1, "OPEN_SESSIONS": 4, "WAITING_COMMANDS": 2}


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


# --- requests a minute -----------------------------------------------------------------------
def test_six_hundred_requests_a_minute_are_served_and_no_more(world: World, api: CheckedApi):
    world.clock.advance(seconds=17)
    assert {api.call("GET", CATALOG).status for _ in range(600)} == {200}
    for _ in range(3):
        refused = api.call("GET", CATALOG)
        assert (refused.status, refused.json["exception"]["name"]) == (429, "TooManyRequests")
        assert refused.headers["retry-after"] == "43"
        assert refused.json["user"] == api.client_id
    world.clock.advance(seconds=43)
    assert api.call("GET", CATALOG).status == 200


def test_the_minute_is_counted_over_all_keys_and_refusals_too(world: World, api: CheckedApi):
    other = world.another_key(api)
    seen = Counter(
        caller.call("GET", "/v1/command/701000123.xml").status
        for _ in range(301)
        for caller in (api, other)
    )
    assert seen == {404: 600, 429: 2}


def test_one_clients_minute_is_no_other_clients(world: World, api: CheckedApi):
    other = world.client()
    while api.call("GET", CATALOG).status != 429:
        pass
    assert other.call("GET", CATALOG).status == 200
    assert api.call("GET", HEALTH).status == 200


# --- open sessions ---------------------------------------------------------------------------
def test_open_sessions_are_limited_and_idle_ones_make_room(world: World, api: CheckedApi):
    for _ in range(4):
        api.mock_session()
    for method, path in (("POST", "/v1/mock-session.xml"), ("POST", "/v1/signin/redirection")):
        refused = api.call(method, path)
        assert (refused.status, refused.exception) == (429, "ConcurrentSessionsLimitExceed")
        assert int(refused.headers["retry-after"]) > 0
    assert world.client().mock_session()
    world.clock.advance(minutes=5, seconds=1)
    assert api.mock_session()


def test_a_refused_sign_in_at_the_bank_leaves_no_open_session(api: CheckedApi):
    for _ in range(6):
        assert api.call("POST", "/v1/mock-session.xml", {"login": "nobody"}).status == 400
    assert api.mock_session()


# --- queued commands -------------------------------------------------------------------------
def test_queued_commands_are_limited_and_nothing_is_lost(world: World, api: CheckedApi):
    world.bank.plan("slow", path="getHolds", delay_ms=3000)
    running = api.submit(api.mock_session())
    running_id = command_of(running).attrib["id"]
    while state_of(api.call("GET", f"/v1/command/{running_id}.xml")) == "setup":
        pass
    waiting = [api.submit(api.mock_session()) for _ in range(2)]
    assert {one.status for one in waiting} == {202}
    last = api.mock_session()
    refused = api.submit(last)
    assert (refused.status, refused.exception) == (429, "JobsQuotaExceeded")
    assert int(refused.headers["retry-after"]) > 0
    stranger = world.client()
    assert stranger.submit(stranger.mock_session()).status == 202
    for one in (running, *waiting):
        assert state_of(api.poll(command_of(one).attrib["id"])) == "successful"
    assert state_of(api.finished(last)) == "successful"
