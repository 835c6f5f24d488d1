"""Proofs of deletion over HTTP, on both databases: a client's own, page by page, naming nobody."""

from __future__ import annotations

from typing import Any

import pytest

from opensaldo.domain.client import Product
from opensaldo.engine import erasure
from opensaldo.engine.retention import purge
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import DATABASES, World
from tests.support.platform import command_of

OWNER = "loan-of-a-very-recognisable-person"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def imported(api: CheckedApi, owner: str = OWNER) -> str:
    """The id of a finished import."""
    done = api.finished(api.mock_session(ownerExternalId=owner))
    return command_of(done).attrib["id"]


def erased(api: CheckedApi, owner: str = OWNER) -> None:
    body = {"ownerExternalId": owner}
    assert api.call("POST", "/v1/data/delete", json_body=body).status == 200


def read(api: CheckedApi, **query: str) -> dict[str, Any]:
    reply = api.call("GET", "/v1/deletions", query=query)
    assert reply.status == 200, reply.body
    assert OWNER.encode() not in reply.body
    found: dict[str, Any] = reply.json
    return found


def of_client(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Cause and commands, without the days whose keys were destroyed: those are everybody's."""
    return [
        (one["cause"], one["commands"])
        for one in found["deletions"]
        if one["cause"] != "key-destroyed"
    ]


def test_an_erased_owner_has_a_proof_and_its_event_has_the_same_subject(api: CheckedApi):
    command = imported(api)
    assert of_client(read(api, ownerExternalId=OWNER)) == []
    erased(api)
    (proof,) = read(api, ownerExternalId=OWNER)["deletions"]
    assert (proof["cause"], proof["commands"]) == ("client", [command])
    assert proof["at"] == "2026-03-02T12:00:00Z"
    assert min(proof["counts"]["documents"], proof["counts"]["owners"]) >= 1
    events = api.call("GET", "/v1/events").json["events"]
    assert proof["subject"] in {one["subject"] for one in events if one["kind"] == "data-deleted"}


def test_retention_proves_itself_and_tells_of_the_key_of_the_day(world: World, api: CheckedApi):
    command = imported(api)
    world.later(hours=60)
    world.house.run(purge)
    found = read(api)
    assert ("retention", [command]) in of_client(found)
    keys = [one for one in found["deletions"] if one["cause"] == "key-destroyed"]
    assert "20260302" in {one["subject"] for one in keys}


def test_another_client_sees_none_of_it_even_under_the_same_owner(world: World, api: CheckedApi):
    imported(api)
    erased(api)
    stranger = world.client()
    assert of_client(read(stranger)) == []
    assert read(stranger, ownerExternalId=OWNER)["deletions"] == []
    cursor = read(api)["deletions"][0]["id"]
    reply = stranger.call("GET", "/v1/deletions", query={"before": cursor})
    assert (reply.status, reply.exception) == (400, "InvalidCursor")


def test_pages_lead_to_the_oldest_proof(api: CheckedApi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(erasure, "PROOFS_A_PAGE", 2)
    commands = []
    for number in range(3):
        commands.insert(0, imported(api, f"loan-{number}"))
        erased(api, f"loan-{number}")
    seen: list[tuple[str, list[str]]] = []
    page = read(api)
    while True:
        seen += of_client(page)
        if not page["more"]:
            break
        assert len(page["deletions"]) == 2
        page = read(api, before=page["deletions"][-1]["id"])
    assert seen == [("client", [command]) for command in commands]


def test_a_cursor_of_events_is_none_of_proofs_and_the_reverse(api: CheckedApi):
    imported(api)
    erased(api)
    event = api.call("GET", "/v1/events").json["events"][0]["id"]
    proof = read(api)["deletions"][0]["id"]
    for path, query in (("/v1/deletions", {"before": event}), ("/v1/events", {"after": proof})):
        reply = api.call("GET", path, query=query)
        assert (reply.status, reply.exception) == (400, "InvalidCursor")


@pytest.mark.parametrize("cursor", ["soon", "1", "1-0123456789abcdef", "9" * 30])
def test_a_cursor_that_is_none_is_refused(api: CheckedApi, cursor: str):
    reply = api.call("GET", "/v1/deletions", query={"before": cursor})
    assert (reply.status, reply.exception) == (400, "InvalidCursor")


def test_an_owner_nobody_has_heard_of_has_no_proof_and_a_malformed_one_is_refused(
    api: CheckedApi,
):
    assert read(api, ownerExternalId="loan-unheard-of") == {"deletions": [], "more": False}
    reply = api.call("GET", "/v1/deletions", query={"ownerExternalId": "x" * 1000})
    assert reply.status == 400
