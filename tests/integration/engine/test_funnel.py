"""The funnel over real sign-ins: every stage once, every ending counted, nobody named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from opensaldo.engine.retention import purge
from opensaldo.store.tables import funnel
from tests.e2e.checked import CheckedApi, agree, agreement, browse, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.e2e.road import answer_of, at_bank, back

STAGES = ("started", "bankChosen", "atBank", "back", "success", "pending")
TARGET = "KontoBankApi"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def told(api: CheckedApi) -> dict[str | None, tuple[tuple[int, ...], dict[str, int]]]:
    """By target: what reached each stage, and the exits."""
    reply = api.call("GET", "/v1/funnel")
    assert reply.status == 200, reply.body
    rows: list[dict[str, Any]] = reply.json["rows"]
    return {row["target"]: (tuple(row[one] for one in STAGES), row["exits"]) for row in rows}


def test_each_stage_is_counted_once_however_often_its_page_is_loaded(world: World, api: CheckedApi):
    made = api.started(target=None, country="pl")
    assert told(api) == {None: ((1, 0, 0, 0, 0, 1), {})}
    link = made["redirectionLink"]
    for _ in range(3):
        browse(link)
        browse(f"{link}/consent?target=KontoBank")
        browse(f"{link}/consent?target={TARGET}")
    assert told(api) == {TARGET: ((1, 1, 0, 0, 0, 1), {})}
    at_the_bank = agree(made).location or ""
    assert told(api) == {TARGET: ((1, 1, 1, 0, 0, 1), {})}
    browse(f"{link}/consent?target={TARGET}")
    assert told(api) == {TARGET: ((1, 1, 1, 0, 0, 1), {})}
    answer = answer_of(at_the_bank)
    for _ in range(2):
        back(world, answer)
    assert told(api) == {TARGET: ((1, 1, 1, 1, 1, 0), {})}


def test_a_sign_in_that_failed_exits_with_its_reason_at_its_furthest(world: World, api: CheckedApi):
    refused = api.started()
    link = refused["redirectionLink"]
    browse(link + "/consent", agreement(link, TARGET) | {"decision": "cancel"})
    assert told(api) == {TARGET: ((1, 1, 0, 0, 0, 0), {"SignInCancelled": 1})}
    denied = api.started()
    back(world, answer_of(at_bank(denied), decision="cancel"))
    found = {TARGET: ((2, 2, 1, 1, 0, 0), {"SignInCancelled": 2})}
    assert told(api) == found


def test_a_link_nobody_finished_is_abandoned_once_its_time_is_over(world: World, api: CheckedApi):
    made = api.started(target=None)
    later = api.started()
    agree(later)
    world.clock.advance(minutes=69)
    world.house.run(purge)
    assert told(api)[None] == ((1, 0, 0, 0, 0, 1), {})
    world.clock.advance(minutes=2)
    for _ in range(2):
        world.house.run(purge)
    assert told(api) == {
        None: ((1, 0, 0, 0, 0, 0), {"abandoned": 1}),
        TARGET: ((1, 1, 1, 0, 0, 0), {"abandoned": 1}),
    }
    for one in (made, later):
        assert api.status(redirectionId=one["redirectionId"])["status"] == "EXPIRED"
        assert browse(one["redirectionLink"]).status == 410


def test_what_is_counted_stays_when_the_redirection_is_deleted(world: World, api: CheckedApi):
    api.started()
    world.clock.advance(hours=48)
    world.house.run(purge)
    reply = api.call("GET", "/v1/funnel", query={"days": "3"})
    assert reply.json["rows"][0]["exits"] == {"abandoned": 1}


def test_returns_at_once_are_one_success(world: World, api: CheckedApi):
    made = api.started()
    answer = answer_of(at_bank(made))
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: back(world, answer), range(6)))
    assert told(api) == {TARGET: ((1, 1, 1, 1, 1, 0), {})}


def test_a_client_sees_its_own_only_and_counts_name_nobody(world: World, api: CheckedApi):
    sign_in(api.started(ownerExternalId="loan-of-a-very-recognisable-person")["redirectionLink"])
    assert told(world.client()) == {}
    platform = world.house.platform
    assert platform is not None
    with platform.store.read() as connection:
        kept = connection.execute(select(funnel).where(funnel.c.client_id == api.client_id)).all()
    assert [row.sign_ins for row in kept] == [1]
    assert set(kept[0]._fields) == {column.name for column in funnel.c}
    assert "recognisable" not in str(kept)


@pytest.mark.parametrize("days", ["0", "367", "-1", "x", "1.5"])
def test_days_out_of_bounds_are_refused(api: CheckedApi, days: str):
    refused = api.call("GET", "/v1/funnel", query={"days": days})
    assert (refused.status, refused.exception) == (400, "InvalidParameter")
