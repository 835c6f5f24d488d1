"""Scheduled refreshes: off by default, spread, and never the last import of the day."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import delete as delete_rows

from opensaldo.domain.client import Product
from opensaldo.domain.target import Interface
from opensaldo.engine.planner import plan_refreshes, refresh_due
from opensaldo.errors import InvalidArgument
from opensaldo.store.tables import refreshes
from tests.e2e.checked import CheckedApi, agree
from tests.e2e.fixtures import DATABASES, World
from tests.e2e.road import answer_of, back
from tests.support.consents import delete, ended_as, grant, import_under
from tests.support.scripted import ScriptedBank, a_target, offer
from tests.support.switchboard import unattended_counts

QUARTER_H = 0.25
OWNER = "loan-7781"
PERSON = "bench-5x10"  # five accounts, of which two are selected
SELECTED = 2
LIST_OF_ACCOUNTS = "*"  # where the bank's ledger counts the list itself


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def api(world: World) -> CheckedApi:
    """A client of its own, and no plan of any other's."""
    assert world.house.platform is not None
    with world.house.platform.store.begin() as connection:
        connection.execute(delete_rows(refreshes))
    return world.client(Product.MULTIPLE_ACCESS)


def plan(world: World, api: CheckedApi, per_day: int, owner: str | None = None) -> None:
    platform = world.house.platform
    assert platform is not None
    world.house.run(
        lambda _: plan_refreshes(platform.store, platform.vault, api.client_id, owner, per_day)
    )


def begun(api: CheckedApi) -> list[str]:
    """The commands the client was told of, in order."""
    shown: dict[str, Any] = api.call("GET", "/v1/events").json
    kinds = [one for one in shown["events"] if one["kind"] == "command-accepted"]
    return [one["subject"] for one in kinds]


def a_day(world: World, api: CheckedApi, hours: int = 24) -> int:
    """How many refreshes were started, looking every quarter of an hour; all of them succeeded."""
    started = 0
    for _ in range(hours * 4):
        world.later(hours=QUARTER_H)
        new = world.house.run(refresh_due)
        started += new
        if new:
            assert ended_as(api.poll(begun(api)[-1])) == "successful"
    return started


def test_nothing_is_refreshed_unless_it_was_asked_for(world: World, api: CheckedApi):
    session, _token = grant(api, ownerExternalId=OWNER)
    api.finished(session)
    world.later(hours=24)
    assert world.house.run(refresh_due) == 0


@pytest.mark.parametrize("per_day", [1, 3])
def test_refreshes_are_spread_over_the_day_and_leave_one_import_for_the_person(
    world: World, api: CheckedApi, per_day: int
):
    session, token = grant(api, "test3", ownerExternalId=OWNER)
    assert ended_as(api.finished(session)) == "successful"
    plan(world, api, per_day)
    assert a_day(world, api) in {per_day - 1, per_day}
    assert import_under(api, token) == "successful"
    assert max(row["count"] for row in unattended_counts(world.bank.url)) <= 4
    assert {row["refused"] for row in unattended_counts(world.bank.url)} == {0}


def test_a_bank_that_serves_two_calls_a_day_is_refreshed_once(
    world: World, api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    target = a_target(name="ProbnyBankApi", interface=Interface.PSD2, multiple_access=True)
    offer(monkeypatch, ScriptedBank(calls_per_day_max=2), target)
    _session, token = grant(api, target=target.name, ownerExternalId=OWNER)
    plan(world, api, 3)
    assert a_day(world, api) == 1
    assert import_under(api, token) == "successful"


def test_an_owners_plan_goes_before_the_clients_and_zero_is_never(world: World, api: CheckedApi):
    for owner in (OWNER, "loan-2"):
        api.finished(grant(api, ownerExternalId=owner)[0])
    plan(world, api, 2)
    plan(world, api, 0, OWNER)
    world.later(hours=13)
    assert world.house.run(refresh_due) == 1
    assert ended_as(api.poll(begun(api)[-1])) == "successful"
    plan(world, api, 0)
    world.later(hours=13)
    assert world.house.run(refresh_due) == 0


@pytest.mark.parametrize("target", ["KontoBankApi", "KontoBankApi_cz"])
def test_accounts_the_person_did_not_select_are_never_called(
    world: World, api: CheckedApi, target: str
):
    before = len(world.bank.log())
    made = api.started(target=target, accessMode="MULTIPLE", ownerExternalId=OWNER)
    bank_page = agree(made, target).location or ""
    back(world, answer_of(bank_page, PERSON, accounts_max=SELECTED))
    first = api.finished((made["sessionId"], made["sessionIdSignature"]))
    selected = {(one.text or "")[-4:] for one in first.xml.iter("iban")}
    assert len(selected) == SELECTED
    plan(world, api, 3)
    assert a_day(world, api, hours=9) == 1
    called = Counter(row["account"] for row in world.bank.log()[before:] if row["account"])
    assert set(called) == selected
    assert min(called.values()) > 1
    counted = [row["account"] for row in unattended_counts(world.bank.url)]
    assert counted
    assert {one[-4:] for one in counted if one != LIST_OF_ACCOUNTS} <= selected


def test_a_consent_that_ended_is_refreshed_no_more(world: World, api: CheckedApi):
    session, token = grant(api, ownerExternalId=OWNER)
    api.finished(session)
    plan(world, api, 3)
    assert delete(api, token).status == 200
    world.later(hours=24)
    before = len(world.bank.log())
    assert world.house.run(refresh_due) == 0
    assert len(world.bank.log()) == before


@pytest.mark.parametrize("per_day", [-1, 4])
def test_a_plan_that_leaves_nothing_for_the_person_is_refused(
    world: World, api: CheckedApi, per_day: int
):
    with pytest.raises(InvalidArgument):
        plan(world, api, per_day)
