"""KontoBank is out of order: people are warned of it, then kept from it, and led back to it."""

from __future__ import annotations

from typing import Any

import pytest

from kontobank.drill import Switchboard
from opensaldo.domain.client import Environment
from opensaldo.domain.health import Health
from opensaldo.engine.health import health_of
from opensaldo.store.tables import trials
from tests.e2e.checked import CheckedApi, agree, sign_in
from tests.e2e.fixtures import World
from tests.e2e.road import answer_of, at_bank, back, exception, states

TARGET = "KontoBankApi"


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    """A bank whose interface stays in use whatever fails."""
    return {"SWITCH_FAILURES": 1000}


@pytest.fixture(autouse=True)
def untried(world: World) -> None:
    assert world.house.platform is not None
    with world.house.platform.store.begin() as connection:
        connection.execute(trials.delete())


def of_bank(world: World) -> Health:
    found: dict[str, Health] = dict(
        world.house.run(lambda platform: health_of(platform, Environment.TEST))
    )
    assert found["KontoBankApi_cz"] is Health.WELL
    return found[TARGET]


def turned_away(world: World, api: CheckedApi, times: int) -> None:
    for _ in range(times):
        made = api.started(target=TARGET)
        assert agree(made).status == 503


def test_an_outage_warns_then_blocks_and_three_people_who_come_through_end_it(
    world: World, api: CheckedApi
):
    board = Switchboard(world.bank.url)
    board.send("PUT", "outage", {"kind": "503", "for_s": 3600})
    turned_away(world, api, 5)
    assert of_bank(world) is Health.WARNED
    turned_away(world, api, 5)
    assert of_bank(world) is Health.BLOCKED
    asked = len(world.bank.log())
    turned_away(world, world.client(), 2)
    assert len(world.bank.log()) == asked  # nobody troubles the bank any more
    board.send("DELETE", "outage")
    world.later(minutes=5)
    for _ in range(3):
        assert of_bank(world) is Health.WARNED
        made = api.started(target=TARGET)
        sign_in(made["redirectionLink"])
        assert states(api, made) == ("SUCCESS", "COMPLETED")
    assert of_bank(world) is Health.WELL


def test_people_who_give_up_at_the_bank_never_count(world: World, api: CheckedApi):
    for _ in range(6):
        made = api.started(target=TARGET)
        back(world, answer_of(at_bank(made), decision="cancel"))
        assert exception(api, made) == "SignInCancelled"
    assert of_bank(world) is Health.WELL


def test_a_bank_that_breaks_down_after_the_person_agreed_there_counts(
    world: World, api: CheckedApi
):
    world.bank.plan("status", status=503, path="token", times=5)
    for _ in range(5):
        made = api.started(target=TARGET)
        back(world, answer_of(at_bank(made)))
        assert states(api, made) == ("ERROR", "FAILED")
    assert of_bank(world) is Health.WARNED
