"""A consent's imports know their rows again; nothing readable is kept for it, or outlives it."""

from __future__ import annotations

from typing import Any

import pytest

from opensaldo.domain.client import Product
from opensaldo.engine.retention import purge
from opensaldo.store.queries.remembered import MemoriesMoved, remember, remembered_of
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import DATABASES, World
from tests.support.consents import JSON, delete, grant, reuse_in_json
from tests.support.platform import command_of, state_of

LOGIN = "alive-1x120-remembered"
SINCE = "2026-01-10"
BANKS_OWN = {"KontoBank"}  # the name of the target, which is no secret


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def told(api: CheckedApi, command_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.call("GET", f"/v1/command/{command_id}.xml", accept=JSON).json
    return found


def first(api: CheckedApi, **more: str) -> tuple[str, dict[str, Any]]:
    session, token = grant(api, LOGIN, **more)
    ended = api.finished(session, since=SINCE)
    assert state_of(ended) == "successful"
    return token, told(api, command_of(ended).attrib["id"])


def again(api: CheckedApi, token: str) -> dict[str, Any]:
    accepted = reuse_in_json(api, token, since=SINCE)
    assert accepted.status == 200, accepted.body
    assert state_of(api.poll(accepted.json["id"])) == "successful"
    return told(api, accepted.json["id"])


def ids(result: dict[str, Any]) -> set[str]:
    return {row["id"] for account in result["accounts"] for row in account["transactions"]}


def memories(world: World) -> int:
    assert world.house.platform is not None
    with world.house.platform.store.read() as connection:
        consents = connection.exec_driver_sql("SELECT id FROM consents").scalars().all()
        return sum(len(remembered_of(connection, one)) for one in consents)


def test_an_import_tells_what_is_new_since_the_last(world: World, api: CheckedApi):
    token, before = first(api)
    same = again(api, token)
    assert ids(same) == ids(before)
    assert [same["receipt"][name] for name in ("new", "changed", "retired")] == [0, 0, 0]
    assert same["receipt"]["callsLeft"] == before["receipt"]["callsLeft"] - 1
    world.later(hours=96)
    after = again(api, token)
    receipt = after["receipt"]
    assert receipt["outcome"] in {"complete", "explained"}
    assert receipt["new"] == len(ids(after) - ids(before))
    assert 0 < receipt["new"] < receipt["rows"]
    assert receipt["changed"] > 0, "some booked meanwhile and kept their ids"
    assert after["accounts"][0]["id"] == before["accounts"][0]["id"]


def test_of_imports_at_once_none_forgets_what_another_remembers(world: World, api: CheckedApi):
    token, _ = first(api)
    world.later(hours=25)
    under_way = [reuse_in_json(api, token, since=SINCE) for _ in range(3)]
    for one in under_way:
        assert state_of(api.poll(one.json["id"])) == "successful"
    results = [told(api, one.json["id"]) for one in under_way]
    assert len({frozenset(ids(result)) for result in results}) == 1
    after = again(api, token)["receipt"]
    assert [after[name] for name in ("new", "changed", "retired")] == [0, 0, 0]


def test_a_memory_made_from_an_older_one_is_refused(world: World, api: CheckedApi):
    first(api, ownerExternalId="one-of-two")
    assert world.house.platform is not None
    store, now = world.house.platform.store, world.house.platform.clock()
    with store.read() as connection:
        found = connection.exec_driver_sql("SELECT id FROM consents").scalars().all()
        every = {one: remembered_of(connection, one) for one in found}
    consent, kept = next((one, sealed) for one, sealed in every.items() if sealed)
    newer = {account: sealed + b"1" for account, sealed in kept.items()}
    with store.begin() as connection:
        remember(connection, consent, newer, kept, now)
    for made_from in (kept, {}):
        with pytest.raises(MemoriesMoved), store.begin() as connection:
            remember(connection, consent, kept, made_from, now)
    with store.begin() as connection:
        assert remembered_of(connection, consent) == newer
        remember(connection, consent, kept, newer, now)


def test_the_same_account_through_two_consents_is_one(api: CheckedApi):
    _, one = first(api, ownerExternalId="first")
    _, other = first(api, ownerExternalId="second")
    assert one["accounts"][0]["id"] == other["accounts"][0]["id"]
    assert ids(one) == ids(other)


@pytest.mark.parametrize("target", ["KontoBankApi", "UnicreditApi_cz"])
def test_rows_keep_their_ids_over_a_renewal(api: CheckedApi, world: World, target: str):
    person = {"ownerExternalId": "loan-7781", "target": target}
    _old, before = first(api, **person)
    world.later(hours=96)
    new, after = first(api, **person)
    assert after["receipt"]["changed"] > 0, "some booked meanwhile and kept their ids"
    assert after["receipt"]["new"] == len(ids(after) - ids(before))
    assert ids(again(api, new)) == ids(after)


def test_a_new_consent_of_another_person_remembers_nothing(api: CheckedApi, world: World):
    first(api, ownerExternalId="loan-7781")
    world.later(hours=96)
    _token, other = first(api, ownerExternalId="loan-7782")
    assert other["receipt"]["changed"] == 0


def test_what_is_remembered_goes_with_the_consent_and_with_its_owner(world: World, api: CheckedApi):
    before = memories(world)
    token, _ = first(api)
    first(api, ownerExternalId="loan-of-one-who-leaves")
    assert memories(world) == before + 2
    assert delete(api, token).status == 200
    assert memories(world) == before + 1
    query = {"ownerExternalId": "loan-of-one-who-leaves"}
    assert api.call("DELETE", "/v1/data.xml", query=query).status == 200
    assert memories(world) == before


def test_what_is_remembered_is_erased_with_its_owner_after_the_data_is_gone_too(
    world: World, api: CheckedApi
):
    before = memories(world)
    first(api, ownerExternalId="loan-of-one-who-leaves")
    world.later(hours=25)
    world.house.run(purge)
    query = {"ownerExternalId": "loan-of-one-who-leaves"}
    assert api.data(query["ownerExternalId"]).status == 404
    assert api.call("DELETE", "/v1/data.xml", query=query).status == 200
    assert memories(world) == before
    assert api.call("DELETE", "/v1/data.xml", query=query).status == 404


def test_after_its_hours_the_database_holds_nothing_readable(world: World, api: CheckedApi):
    token, result = first(api)
    (account,) = result["accounts"]
    traces = {account["number"], *(owner["name"] for owner in result["owners"])}
    for row in account["transactions"]:
        traces |= {row.get(name, "") for name in ("description", "counterpartyName")}
        traces |= {row.get("counterpartyAccount", ""), f"{row['amount']:.2f}"}
    world.later(hours=25)
    world.house.run(purge)
    content = whole(world)
    assert [
        one for one in traces if len(one) > 6 and one not in BANKS_OWN and one.casefold() in content
    ] == []
    assert memories(world) >= 1
    assert again(api, token)["receipt"]["new"] < result["receipt"]["rows"]


def whole(world: World) -> str:
    """Everything that any table or file of the database holds, as text."""
    assert world.house.platform is not None
    store, found = world.house.platform.store, ""
    names = ("remembered", "commands", "documents", "sessions", "consents", "owners", "events")
    with store.read() as connection:
        for name in names:
            rows = connection.exec_driver_sql(f"SELECT * FROM {name}").all()
            for value in (value for row in rows for value in row):
                is_bytes = isinstance(value, bytes | memoryview)
                found += bytes(value).decode("latin-1") if is_bytes else f"{value}\n"
    if store.is_embedded:
        for path in (world.folder / "data").glob("opensaldo.db*"):
            found += path.read_bytes().decode("utf-8", "replace")
    return found.casefold()
