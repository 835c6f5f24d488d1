"""Idempotency keys on both databases: one effect, one answer, whatever is asked again and when."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opensaldo.domain.client import Environment, Product
from opensaldo.engine.idempotency import HELD_S, begin, settle
from opensaldo.engine.retention import purge
from opensaldo.store.queries import clients
from opensaldo.store.queries.clients import Caller
from tests.e2e.checked import JSON, CheckedApi
from tests.e2e.fixtures import DATABASES, World
from tests.support.facts import Questions
from tests.support.platform import Reply, command_of

KEY = "Idempotency-Key"
Write = Callable[[CheckedApi], dict[str, Any]]


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def session_form(api: CheckedApi) -> dict[str, str]:
    session = api.mock_session(ownerExternalId="loan-7781")
    return {"sessionId": session[0], "sessionIdSignature": session[1]}


def access(api: CheckedApi) -> dict[str, str]:
    reply = api.call("POST", "/v1/mock-session.xml", {"multipleAccess": "true"})
    token = reply.xml.findtext(".//multipleAccessId")
    assert token
    return {"multipleAccessId": token}


def imported(api: CheckedApi) -> dict[str, str]:
    api.imported(ownerExternalId="loan-7781")
    return {"ownerExternalId": "loan-7781"}


COMMAND = "/v1/command/"
WRITES: dict[str, tuple[str, str, Callable[[CheckedApi], dict[str, str]], str | None]] = {
    "default import": ("POST", COMMAND + "default-import.xml", session_form, None),
    "default import in JSON": ("POST", COMMAND + "default-import.xml", session_form, JSON),
    "import of owners": ("POST", COMMAND + "import-owners.xml", session_form, None),
    "redirection": ("POST", "/v1/signin/redirection", lambda _api: {"country": "pl"}, None),
    "mock session": ("POST", "/v1/mock-session.xml", lambda _api: {"login": "test2"}, None),
    "reuse": ("POST", COMMAND + "reuse-multiple-access.xml", access, None),
    "reuse in JSON": ("POST", COMMAND + "reuse-multiple-access.xml", access, JSON),
    "revocation": ("POST", COMMAND + "delete-multiple-access.xml", access, None),
    "deletion": ("DELETE", "/v1/data.xml", imported, None),
    "deletion by POST": ("POST", "/v1/data/delete", imported, None),
}
CHOSEN = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


def rows(world: World) -> list[int]:
    """How many sessions, commands, redirections and events there are."""
    questions = Questions(world.database_url)
    names = ("sessions", "commands", "redirections")
    counts = [questions.ask(f"SELECT count(*) FROM {name}")[0][0] for name in names]
    kinds = "'command-progressed', 'command-ended'"
    told = questions.ask(f"SELECT count(*) FROM events WHERE kind NOT IN ({kinds})")
    return [*counts, told[0][0]]


@CHOSEN
def test_every_write_is_done_once_and_answered_byte_for_byte(
    world: World, api: CheckedApi, write: Any
):
    method, path, form_of, accept = write
    form = form_of(api)
    first = api.call(method, path, form, accept=accept, headers={KEY: "k-1"})
    assert first.status in {200, 202}, first.body
    before = rows(world)
    world.later(seconds=5)
    for _ in range(2):
        again = api.call(method, path, form, accept=accept, headers={KEY: "k-1"})
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers["content-type"] == first.headers["content-type"]
        assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert rows(world) == before
    for changed in ({**form, "unknown": "1"}, {}):
        other = api.call(method, path, changed, accept=accept, headers={KEY: "k-1"})
        assert (other.status, other.exception) == (422, "IdempotencyKeyReused")


@CHOSEN
def test_a_write_whose_process_died_before_it_answered_is_told_of_and_not_done_again(
    world: World, api: CheckedApi, write: Any
):
    method, path, form_of, accept = write
    form = form_of(api)
    first = api.call(method, path, form, accept=accept, headers={KEY: "k-1"})
    before = rows(world)
    world.house.run(lambda platform: platform.store.change(lose_answers))
    asked = {"accept": accept, "headers": {KEY: "k-1"}}
    held = api.call(method, path, form, **asked)
    assert (held.status, held.exception) == (409, "IdempotencyKeyInUse")
    assert int(held.headers["retry-after"]) > 0
    world.later(seconds=HELD_S + 1)
    told = api.call(method, path, form, **asked)
    assert (told.status, ids_of(told)) == (first.status, ids_of(first))
    assert rows(world) == before
    assert api.call(method, path, form, **asked).body == told.body


def lose_answers(connection: Any) -> None:
    connection.exec_driver_sql(
        "UPDATE idempotency_keys SET sealed_answer = NULL, key_id = NULL, wrapped_key = NULL"
    )


def ids_of(reply: Reply) -> list[tuple[str, str]]:
    """All a reply says but its moment."""
    if reply.headers["content-type"] == JSON:
        return sorted((name, str(value)) for name, value in (reply.json or {}).items())
    return sorted(
        (name, value)
        for element in reply.xml.iter()
        for name, value in element.attrib.items()
        if name != "responseTimestamp"
    )


def test_a_key_whose_request_died_before_it_did_anything_does_the_work_later(
    world: World, api: CheckedApi
):
    form = session_form(api)
    path = COMMAND + "default-import.xml"
    api.call("POST", path, form, headers={KEY: "k-0"})  # so that the table is known to work
    caller = world.house.run(lambda platform: caller_of(platform, api))
    form = session_form(api)
    reply = api.call("POST", path, {**form, "since": "bad"}, headers={KEY: "k-1"})
    assert reply.exception == "InvalidSince"
    said = api.call("POST", path, form, headers={KEY: "k-1"})
    assert said.status == 202, "a refusal leaves the key free"
    turn = world.house.run(lambda platform: begin(platform, caller, "k-2", "request"))
    world.later(seconds=HELD_S + 1)
    second = world.house.run(lambda platform: begin(platform, caller, "k-2", "request"))
    assert (second.answer, second.subject) == (None, None)
    with pytest.raises(Exception, match="under way"):
        world.house.run(lambda p: p.store.change(settle, turn.caller, "made too late"))
    world.house.run(lambda p: p.store.change(settle, second.caller, "made"))


async def caller_of(platform: Any, api: CheckedApi) -> Caller:
    every = await platform.store.fetch(clients.all_clients)
    (client,) = [one for one in every if one.id == api.client_id]
    return Caller(client=client, networks=(), products=frozenset())


def test_at_the_same_time_one_does_the_work_and_the_others_are_told_so(
    world: World, api: CheckedApi
):
    form = session_form(api)
    before = rows(world)[1]

    def submit(_number: int) -> Reply:
        return api.call("POST", COMMAND + "default-import.xml", form, headers={KEY: "k-1"})

    with ThreadPoolExecutor(6) as threads:
        replies = list(threads.map(submit, range(12)))
    assert {one.status for one in replies} <= {202, 409}
    assert {one.exception for one in replies if one.status == 409} <= {"IdempotencyKeyInUse"}
    assert len({command_of(one).attrib["id"] for one in replies if one.status == 202}) == 1
    assert rows(world)[1] == before + 1


def test_a_key_whose_answer_was_erased_with_its_owner_says_so_and_not_that_it_is_in_use(
    api: CheckedApi,
):
    form = session_form(api)
    path = COMMAND + "default-import.xml"
    accepted = api.call("POST", path, form, headers={KEY: "k-1"})
    api.poll(command_of(accepted).attrib["id"])
    query = {"ownerExternalId": "loan-7781"}
    assert api.call("DELETE", "/v1/data.xml", query=query).status == 200
    again = api.call("POST", path, form, headers={KEY: "k-1"})
    assert (again.status, again.exception) == (404, "InvalidCommandId")


def test_keys_are_the_clients_own_and_are_free_after_a_day(world: World, api: CheckedApi):
    other = world.client()
    body = {"country": "pl"}
    made = [
        one.call("POST", "/v1/signin/redirection", json_body=body, headers={KEY: "k-1"}).json
        for one in (api, other, api)
    ]
    assert made[0] == made[2] != made[1]
    world.later(hours=24)
    assert world.house.run(purge) is not None
    asked = Questions(world.database_url).ask("SELECT count(*) FROM idempotency_keys")
    assert asked == [(0,)]
    again = api.call("POST", "/v1/signin/redirection", json_body=body, headers={KEY: "k-1"}).json
    assert again["redirectionId"] != made[0]["redirectionId"]


def test_what_is_kept_is_sealed_and_names_nobody(world: World, api: CheckedApi):
    api.call("POST", COMMAND + "default-import.xml", session_form(api), headers={KEY: "loan-7781"})
    kept = Questions(world.database_url).ask("SELECT * FROM idempotency_keys")
    assert kept
    assert b"loan-7781" not in repr(kept).encode()


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "zażółć".encode().decode("latin-1")])
def test_a_malformed_key_is_refused_and_nothing_is_done(world: World, api: CheckedApi, key: str):
    before = rows(world)
    reply = api.call("POST", "/v1/signin/redirection", json_body={}, headers={KEY: key})
    assert (reply.status, reply.exception) == (400, "InvalidParameter")
    assert rows(world) == before


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(("pl", "cz"))), max_size=8))
def test_any_order_of_replays_makes_one_redirection_a_key(
    world: World, asked: list[tuple[str, str]]
):
    api = world.client()
    first: dict[str, tuple[str, Any]] = {}
    for key, country in asked:
        headers = {KEY: key}
        reply = api.call(
            "POST", "/v1/signin/redirection", json_body={"country": country}, headers=headers
        )
        said, answer = first.setdefault(key, (country, reply.body))
        if said == country:
            assert (reply.status, reply.body) == (200, answer)
        else:
            assert reply.exception == "IdempotencyKeyReused"
    made = Questions(world.database_url).ask(
        f"SELECT count(*) FROM redirections WHERE client_id = '{api.client_id}'"
        f" AND environment = '{Environment.TEST}'"
    )
    assert made == [(len(first),)]
