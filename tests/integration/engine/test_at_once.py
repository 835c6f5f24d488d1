"""What happens at the same time: one import a session, one end a redirection, nothing twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import urlencode

import pytest

from opensaldo.connectors.http import Door
from opensaldo.engine.retention import purge
from tests.e2e.checked import CheckedApi, agree, agreement, browse, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.support.bank import walk
from tests.support.platform import Reply, command_of, failure_of, state_of

T = TypeVar("T")
AT_ONCE = 8


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def at_once(work: Callable[[], T], times: int = AT_ONCE) -> list[T]:
    with ThreadPoolExecutor(times) as threads:
        return [one.result() for one in [threads.submit(work) for _ in range(times)]]


def test_of_many_imports_submitted_at_once_one_is_accepted(world: World, api: CheckedApi):
    session = api.mock_session()
    replies = at_once(lambda: api.submit(session))
    assert Counter(reply.status for reply in replies) == {202: 1, 400: AT_ONCE - 1}
    refused = {reply.exception for reply in replies if reply.status == 400}
    assert refused == {"DefaultImportAlreadyExecuted"}
    (accepted,) = [reply for reply in replies if reply.status == 202]
    api.poll(command_of(accepted).attrib["id"])
    calls = Counter(row["endpoint"] for row in world.bank.log())
    assert (calls["getAccount"], calls["getTransactionsDone"]) == (1, 1)


def test_of_many_returns_at_once_one_exchanges_the_code(world: World, api: CheckedApi):
    made = api.started()
    agreed = agree(made)

    async def at_bank() -> dict[str, str]:
        async with Door() as door:
            return await walk(door, agreed.location or "", "test1")

    address = f"{world.address}/redirection/return?{urlencode(asyncio.run(at_bank()))}"
    pages = at_once(lambda: browse(address))
    assert {page.status for page in pages} <= {303, 404}
    assert Counter(page.status for page in pages)[303] >= 1
    assert api.status(redirectionId=made["redirectionId"])["status"] == "SUCCESS"
    assert [row["endpoint"] for row in world.bank.log()].count("token") == 1
    pair = made["sessionId"], made["sessionIdSignature"]
    assert state_of(api.finished(pair)) == "successful"


def test_of_many_agreements_at_once_the_person_still_gets_through(api: CheckedApi):
    made = api.started()
    form = agreement(made["redirectionLink"], "KontoBankApi")
    pages = at_once(lambda: browse(made["redirectionLink"] + "/consent", form))
    assert {page.status for page in pages} == {303}
    sign_in(made["redirectionLink"])
    assert api.status(redirectionId=made["redirectionId"])["status"] == "SUCCESS"


def test_of_many_deletions_at_once_one_finds_something(api: CheckedApi):
    api.imported(ownerExternalId="loan-7781")

    def delete() -> Reply:
        return api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": "loan-7781"})

    assert Counter(reply.status for reply in at_once(delete)) == {200: 1, 404: AT_ONCE - 1}


def test_of_many_purges_at_once_none_fails(world: World, api: CheckedApi):
    api.imported(ownerExternalId="loan-7781")
    world.clock.advance(hours=24)
    at_once(lambda: world.house.run(purge))
    assert api.data("loan-7781").status == 404


def test_many_clients_at_once_each_get_their_own(world: World):
    clients = [world.client() for _ in range(AT_ONCE)]

    def whole_job(api: CheckedApi) -> tuple[str, int]:
        ended = api.imported("test1", ownerExternalId=api.client_id)
        return state_of(ended), api.data(api.client_id).status

    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert set(threads.map(whole_job, clients)) == {("successful", 200)}


# --- sessions and running commands -----------------------------------------------------------
def test_a_running_import_keeps_its_session_however_long_it_takes(world: World, api: CheckedApi):
    session = api.mock_session(ownerExternalId="loan-7781")
    world.bank.plan("slow", path="getHolds", delay_ms=1200)
    running = command_of(api.submit(session)).attrib["id"]
    while "getTransactionsDone" not in {row["endpoint"] for row in world.bank.log()}:
        pass
    world.clock.advance(minutes=6)
    world.house.run(purge)
    assert api.submit(session).exception == "DefaultImportAlreadyExecuted"
    assert state_of(api.poll(running)) == "successful"
    world.clock.advance(minutes=4)
    assert api.submit(session).exception == "DefaultImportAlreadyExecuted"
    world.clock.advance(minutes=2)
    assert api.submit(session).exception == "InvalidSessionId"


def test_a_session_that_ended_takes_no_command(world: World, api: CheckedApi):
    session = api.mock_session()
    world.clock.advance(minutes=6)
    world.house.run(purge)
    assert api.submit(session).exception == "InvalidSessionId"


def test_a_sign_in_finished_after_the_owner_was_erased_is_a_new_beginning(api: CheckedApi):
    api.imported(ownerExternalId="loan-7781")
    made = api.started(ownerExternalId="loan-7781")
    api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": "loan-7781"})
    back = browse(made["redirectionLink"])
    assert back.status == 410
    pair = made["sessionId"], made["sessionIdSignature"]
    assert api.submit(pair).exception in {"NotSignedIn", "InvalidSessionId"}
    assert failure_of(api.imported("test-io", ownerExternalId="loan-7781")) == "IO"
    assert state_of(api.imported(ownerExternalId="loan-7781")) == "successful"
