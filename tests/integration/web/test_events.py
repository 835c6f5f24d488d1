"""Events over HTTP on both databases: in order, waited for, streamed; bad cursors say why."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from opensaldo.domain.client import Client, Environment, Product
from opensaldo.engine.events import EVENTS_KEPT, PAGE_MAX, cursor_of
from opensaldo.engine.retention import purge
from opensaldo.store.queries import clients, events
from tests.e2e.checked import CheckedApi, agreement, browse
from tests.e2e.fixtures import DATABASES, World
from tests.support import switchboard
from tests.support.platform import FINAL_STATES, Reply, command_of, state_of

LONG_S = 20


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def pool() -> Any:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def read(api: CheckedApi, after: str | None = None, **more: Any) -> dict[str, Any]:
    query = {**({"after": after} if after else {}), **more}
    reply = api.call("GET", "/v1/events", query=query)
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.json
    return found


def signature_in(reply: Reply) -> str:
    session = reply.xml.find("session")
    assert session is not None
    return session.attrib["signature"]


def kinds(page: dict[str, Any], subject: str | None = None) -> list[str]:
    return [one["kind"] for one in page["events"] if subject in {None, one["subject"]}]


def test_an_import_is_told_from_sign_in_to_end_with_ids_and_states_only(api: CheckedApi):
    assert read(api)["events"] == []
    session = api.mock_session(ownerExternalId="loan-7781")
    ended = api.finished(session)
    command_id = command_of(ended).attrib["id"]
    page = read(api)
    assert kinds(page, session[0]) == ["sign-in-finished"]
    told = [one for one in page["events"] if one["subject"] == command_id]
    assert kinds(page, command_id)[:2] == ["command-accepted", "command-progressed"]
    assert (told[0]["state"], told[-1]["kind"], told[-1]["state"]) == (
        "setup",
        "command-ended",
        "successful",
    )
    assert page["cursor"] == page["events"][-1]["id"]
    assert set().union(*page["events"]) <= {"id", "kind", "at", "subject", "state", "progress"}
    assert "loan-7781" not in json.dumps(page)
    assert (read(api, page["cursor"])["events"], page["more"]) == ([], False)


def test_every_cursor_reads_on_where_it_stands_and_gives_the_same_ids(api: CheckedApi):
    api.finished(api.mock_session())
    every = read(api)["events"]
    for place, one in enumerate(every):
        assert read(api, one["id"])["events"] == every[place + 1 :]


def test_a_failed_command_and_a_deletion_are_told(world: World, api: CheckedApi):
    failed = api.imported("test-down")
    last = read(api)["events"][-1]
    assert (last["kind"], last["subject"]) == ("command-ended", command_of(failed).attrib["id"])
    assert last["state"] == "error"
    kept = api.imported(ownerExternalId="o-1")
    erased = api.imported(ownerExternalId="o-2")
    cursor = read(api)["cursor"]
    assert api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": "o-2"}).status == 200
    world.later(hours=24)
    world.house.run(purge)
    gone = read(api, cursor)["events"]
    assert [one["kind"] for one in gone] == ["data-deleted"] * 2
    assert gone[1]["subject"] == command_of(kept).attrib["id"]
    assert command_of(erased).attrib["id"] not in {one["subject"] for one in gone}


def test_a_sign_in_that_came_to_nothing_is_told_also_when_the_person_just_left(
    world: World, api: CheckedApi
):
    given_up, left = api.started(), api.started()
    link = given_up["redirectionLink"]
    browse(link + "/consent", agreement(link, "KontoBankApi") | {"decision": "cancel"})
    told = [(one["kind"], one["subject"], one["state"]) for one in read(api)["events"]]
    assert told == [("sign-in-failed", given_up["sessionId"], "ERROR")]
    world.later(hours=2)
    world.house.run(purge)
    world.house.run(purge)
    told = [(one["kind"], one["subject"], one["state"]) for one in read(api)["events"][1:]]
    assert told == [("sign-in-failed", left["sessionId"], "EXPIRED")]


def test_a_consent_is_told_under_the_id_the_client_knows(world: World):
    api = world.client(Product.MULTIPLE_ACCESS)
    reply = api.call("POST", "/v1/mock-session.xml", {"multipleAccess": "true"})
    (known,) = set(re.findall(r"[0-9a-f]{64}", reply.body.decode())) - {signature_in(reply)}
    granted = next(one for one in read(api)["events"] if one["kind"] == "consent-granted")
    assert (granted["subject"], granted["state"]) == (known, "valid")


# --- waiting -------------------------------------------------------------------------------------
def test_a_reader_who_waits_is_answered_when_something_happens(
    api: CheckedApi, pool: ThreadPoolExecutor
):
    cursor = read(api)["cursor"]
    began = time.monotonic()
    assert read(api, cursor, wait=1)["events"] == []
    assert 0.9 < time.monotonic() - began < 5
    waiting = pool.submit(read, api, cursor, wait=LONG_S)
    time.sleep(0.3)
    assert not waiting.done()
    api.mock_session()
    assert kinds(waiting.result(10)) == ["sign-in-finished"]
    began = time.monotonic()
    assert read(api, cursor, wait=LONG_S)["events"]
    assert time.monotonic() - began < 5


def test_a_poll_that_waits_is_answered_at_the_end_in_both_dialects(
    api: CheckedApi, pool: ThreadPoolExecutor
):
    accepted = command_of(api.submit(api.mock_session())).attrib["id"]
    path = f"/v1/command/{accepted}.xml"
    asked = [
        pool.submit(api.call, "GET", path, query={"wait": LONG_S}, accept=accept)
        for accept in (None, "application/json")
    ]
    in_xml, in_json = (one.result(LONG_S) for one in asked)
    assert state_of(in_xml) in FINAL_STATES
    assert in_json.json["status"] == "COMPLETED"
    plain = api.call("GET", path)
    assert command_of(plain).attrib == command_of(in_xml).attrib
    again = api.call("GET", path, query={"wait": LONG_S})
    assert len(again.body) == len(plain.body)


def test_a_poll_whose_wait_ends_first_says_how_the_command_stands(world: World, api: CheckedApi):
    session = api.mock_session()
    switchboard.set_latency(world.bank.url, 2500)
    try:
        accepted = command_of(api.submit(session)).attrib["id"]
        reply = api.call("GET", f"/v1/command/{accepted}.xml", query={"wait": 1})
        assert state_of(reply) in {"setup", "in_progress"}
    finally:
        switchboard.set_latency(world.bank.url, 0)
    assert state_of(api.poll(accepted)) == "successful"


def test_many_wait_for_one_event_and_for_many_ends(
    world: World, api: CheckedApi, pool: ThreadPoolExecutor
):
    cursor = read(api)["cursor"]
    other = world.client()
    readers: list[Future[Any]] = [pool.submit(read, api, cursor, wait=LONG_S) for _ in range(4)]
    elsewhere = pool.submit(read, other, wait=2)
    time.sleep(0.2)
    api.mock_session()
    assert {one.result(10)["events"][0]["id"] for one in readers} == {read(api)["events"][0]["id"]}
    assert elsewhere.result(10)["events"] == []
    sessions = [api.mock_session(f"test{number}") for number in (1, 2, 3)]
    ids = [command_of(api.submit(one)).attrib["id"] for one in sessions]
    polls = [
        pool.submit(api.call, "GET", f"/v1/command/{one}.xml", query={"wait": LONG_S})
        for one in ids
    ]
    assert {state_of(one.result(LONG_S)) for one in polls} <= FINAL_STATES
    assert threading.active_count() < 100
    assert world.house.platform is not None


# --- streams -------------------------------------------------------------------------------------
def stream(
    api: CheckedApi, count: int, after: str | None = None, **headers: str
) -> list[dict[str, str]]:
    """So many messages of a stream, by field."""
    parts = urlsplit(api.address)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=LONG_S)) as connection:
        sent = {"X-Api-Key": api.key or "", "Accept": "text/event-stream", **headers}
        connection.request("GET", f"/v1/events{f'?after={after}' if after else ''}", headers=sent)
        reply = connection.getresponse()
        assert reply.status == 200
        assert reply.getheader("content-type", "").startswith("text/event-stream")
        found: list[dict[str, str]] = []
        fields: dict[str, str] = {}
        while len(found) < count:
            name, _, value = reply.readline().decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                found.append(fields)
                fields = {}
    return found


def test_a_stream_brings_events_as_they_come_and_goes_on_after_the_last_one_seen(
    api: CheckedApi, pool: ThreadPoolExecutor
):
    first = pool.submit(stream, api, 1)
    time.sleep(0.3)
    session = api.mock_session()
    (seen,) = first.result(10)
    assert (seen["event"], json.loads(seen["data"])["subject"]) == ("sign-in-finished", session[0])
    assert seen["id"] == json.loads(seen["data"])["id"] == read(api)["events"][0]["id"]
    again = pool.submit(stream, api, 1, **{"Last-Event-ID": seen["id"]})
    time.sleep(0.3)
    later = api.mock_session("test2")
    assert json.loads(again.result(10)[0]["data"])["subject"] == later[0]


def test_a_stream_that_is_taken_up_again_goes_on_after_the_last_one_seen_not_where_it_began(
    api: CheckedApi,
):
    for login in ("test1", "test2", "test3"):
        api.mock_session(login)
    first, second, third = read(api)["events"]
    assert [one["id"] for one in stream(api, 2, first["id"])] == [second["id"], third["id"]]
    (seen,) = stream(api, 1, first["id"], **{"Last-Event-ID": second["id"]})
    assert seen["id"] == third["id"]


def test_a_stream_with_a_bad_cursor_is_refused_as_any_request(api: CheckedApi):
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "nonsense"}
    reply = api.call("GET", "/v1/events", headers=headers)
    assert (reply.status, reply.exception) == (400, "InvalidCursor")


# --- bad cursors ---------------------------------------------------------------------------------
def refused(api: CheckedApi, **query: Any) -> tuple[int, str | None]:
    reply = api.call("GET", "/v1/events", query=query)
    return reply.status, reply.exception


@pytest.mark.parametrize("cursor", ["x", "1", "-1-00", "1-zzzzzzzzzzzzzzzz", "01-" + "0" * 16])
def test_a_malformed_cursor_is_refused(api: CheckedApi, cursor: str):
    assert refused(api, after=cursor) == (400, "InvalidCursor")


@pytest.mark.parametrize("wait", ["-1", "61", "1.5", "soon", "999"])
def test_a_malformed_wait_is_refused(api: CheckedApi, wait: str):
    assert refused(api, wait=wait) == (400, "InvalidParameter")
    reply = api.call("GET", "/v1/command/701000123.xml", query={"wait": wait})
    assert reply.exception == "InvalidParameter"


def test_a_cursor_of_another_client_or_from_the_future_is_refused(world: World, api: CheckedApi):
    api.mock_session()
    cursor = read(api)["cursor"]
    other = world.client()
    other.mock_session()
    assert refused(other, after=cursor) == (400, "InvalidCursor")
    client = world.house.run(lambda platform: platform.store.fetch(_client, api.client_id))
    ahead = cursor_of(world.house.platform, client, 999)  # type: ignore[arg-type]
    assert refused(api, after=ahead) == (400, "InvalidCursor")


def _client(connection: Any, client_id: str) -> Client:
    return next(one for one in clients.all_clients(connection) if one.id == client_id)


def test_an_expired_cursor_says_so_and_a_reader_at_the_end_loses_nothing(
    world: World, api: CheckedApi
):
    start = read(api)["cursor"]
    api.mock_session()
    api.mock_session("test2")
    page = read(api)
    world.later(hours=EVENTS_KEPT.total_seconds() / 3600 + 1)
    world.house.run(purge)
    assert refused(api, after=start) == (410, "CursorExpired")
    assert refused(api, after=page["events"][0]["id"]) == (410, "CursorExpired")
    assert read(api, page["cursor"])["events"] == []
    assert read(api)["events"] == []
    assert read(api)["cursor"] == page["cursor"]
    api.mock_session("test3")
    assert len(read(api, page["cursor"])["events"]) == 1


def test_a_long_log_is_read_in_pages(world: World, api: CheckedApi):
    api.mock_session()
    first = read(api)
    kept = world.house.platform
    assert kept is not None
    with kept.store.begin() as connection:
        ((_, event),) = events.events_after(connection, api.client_id, Environment.TEST, 0, 1)
        for _ in range(PAGE_MAX + 5):
            events.append(connection, event)
    page = read(api, first["cursor"])
    assert (len(page["events"]), page["more"]) == (PAGE_MAX, True)
    rest = read(api, page["cursor"])
    assert (len(rest["events"]), rest["more"]) == (5, False)
