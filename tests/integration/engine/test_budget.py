"""Four imports of a consent in any 24 hours, and four unattended calls of each kind."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from opensaldo.domain.client import Product
from opensaldo.domain.target import Interface
from opensaldo.engine.retention import purge
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import DATABASES, World
from tests.support.consents import (
    JSON,
    ended_as,
    grant,
    import_under,
    reuse,
    reuse_in_json,
    session_in,
)
from tests.support.platform import Reply, command_of
from tests.support.scripted import ScriptedBank, a_target, offer
from tests.support.switchboard import unattended_counts

FULL = "MultipleAccessLimitExceeded"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def refused(api: CheckedApi, token: str) -> Reply:
    """The refusal of an import's setup."""
    reply = api.submit(session_in(reuse(api, token)))
    assert (reply.status, reply.exception) == (429, FULL)
    return reply


def used_up(api: CheckedApi, world: World, **more: str) -> str:
    """A consent that had its four imports, two hours apart."""
    session, token = grant(api, **more)
    assert ended_as(api.finished(session)) == "successful"
    for _ in range(3):
        world.later(hours=2)
        assert import_under(api, token) == "successful"
    return token


def test_the_fifth_import_of_day_one_is_refused_and_says_when_the_next_is_possible(
    world: World, api: CheckedApi
):
    first_at = world.clock()
    token = used_up(api, world)
    world.later(hours=2)
    before = len(world.bank.log())
    reply = refused(api, token)
    free_at = first_at + timedelta(hours=24)
    assert int(reply.headers["retry-after"]) == (free_at - world.clock()).total_seconds()
    assert free_at.strftime("%Y-%m-%dT%H:%M:%SZ").encode() in reply.body
    in_json = reuse_in_json(api, token)
    assert (in_json.status, in_json.exception) == (429, FULL)
    assert len(world.bank.log()) == before
    world.later(seconds=int(reply.headers["retry-after"]) - 1)
    refused(api, token)
    world.later(seconds=1)
    assert import_under(api, token) == "successful"
    refused(api, token)


def test_a_refused_setup_spends_nothing_and_leaves_the_session_usable(
    world: World, api: CheckedApi
):
    token = used_up(api, world)
    session = session_in(reuse(api, token))
    for _ in range(5):
        assert api.submit(session).exception == FULL
    world.later(hours=18)
    assert import_under(api, token) == "successful"


def test_every_command_that_began_counts_advanced_ones_too(world: World, api: CheckedApi):
    session, token = grant(api, "test3")
    for command in ("import-owners", "import-accounts"):
        api.done(session, command)
    assert import_under(api, token) == "successful"
    again = session_in(reuse(api, token))
    api.done(again, "import-accounts")
    assert api.ordered(again, "import-owners").exception == FULL


def test_two_imports_at_once_share_the_last_place(world: World, api: CheckedApi):
    session, token = grant(api)
    api.finished(session)
    for _ in range(2):
        assert import_under(api, token) == "successful"
    sessions = [session_in(reuse(api, token)) for _ in range(3)]
    assert sorted(api.submit(one).status for one in sessions) == [202, 429, 429]


def test_attended_calls_do_not_count_at_the_bank_and_unattended_ones_stay_within_four(
    world: World, api: CheckedApi
):
    used_up(api, world, login="test3")
    counted = unattended_counts(world.bank.url)
    assert counted
    assert {row["count"] for row in counted} == {3}
    assert {row["refused"] for row in counted} == {0}
    attended = [row for row in world.bank.log() if row["attended"] and row["account"]]
    assert Counter(row["status"] for row in attended).keys() == {200}


def test_pages_of_one_list_count_once(world: World, api: CheckedApi):
    session, token = grant(api, "bench-2x400")
    api.finished(session)
    for _ in range(3):
        assert import_under(api, token) == "successful"
    pages = [row for row in world.bank.log() if row["page"] != "first"]
    assert pages
    assert max(row["count"] for row in unattended_counts(world.bank.url)) == 3


def test_a_clock_that_is_put_back_gives_no_fifth_import(world: World, api: CheckedApi):
    token = used_up(api, world)
    world.clock.advance(hours=-5)
    refused(api, token)
    world.house.run(purge)
    refused(api, token)
    world.clock.advance(hours=5)


def test_a_clock_that_was_days_ahead_for_a_while_forgets_no_import(world: World, api: CheckedApi):
    token = used_up(api, world)
    world.clock.advance(hours=72)
    world.house.run(purge)
    world.clock.advance(hours=-72)
    refused(api, token)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_days_that_summer_time_begins_and_ends_have_24_hours(
    world: World, api: CheckedApi, day: str
):
    world.clock.set(datetime.fromisoformat(f"{day}T00:30:00+00:00"))
    world.bank.stop_clock(world.clock())
    token = used_up(api, world)
    world.later(hours=17, minutes=59)  # 23 h 59 min after the first
    refused(api, token)
    world.later(minutes=1)
    assert import_under(api, token) == "successful"


@pytest.mark.parametrize("target", ["KontoBankApi", "CsobApi_cz", "UnicreditApi_cz"])
def test_a_bank_whose_day_is_used_up_is_left_alone_until_then(
    world: World, api: CheckedApi, target: str
):
    session, token = grant(api, target=target)
    assert ended_as(api.finished(session)) == "successful"
    world.later(hours=1)
    world.bank.plan("status", status=429, code="ACCESS_EXCEEDED", path="*", after=1)
    assert import_under(api, token) == FULL
    world.bank.clear()
    world.later(hours=1)
    before = len(world.bank.log())
    refused(api, token)
    assert len(world.bank.log()) == before
    world.later(hours=23)
    assert import_under(api, token) == "successful"


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"code": "TOO_MANY_REQUESTS"}, "ServiceTemporarilyUnavailable"),
        ({"code": "X", "retry_after_s": 30}, "ServiceTemporarilyUnavailable"),
        ({"code": "MAINTENANCE"}, "ServiceMaintenance"),
        ({"code": "X", "retry_after_s": 40_000}, FULL),
        ({"code": "X"}, FULL),
    ],
)
def test_what_a_bank_means_by_429_decides_whether_the_next_import_may_try(
    world: World, api: CheckedApi, fault: dict[str, Any], name: str
):
    session, token = grant(api)
    api.finished(session)
    world.bank.plan("status", status=429, path="getTransactionsDone", **fault)
    assert import_under(api, token) == name
    assert import_under(api, token) == (FULL if name == FULL else "successful")


def test_data_that_was_deleted_early_still_counts(world: World, api: CheckedApi):
    token = used_up(api, world, ownerExternalId="loan-1")
    erased = api.call("POST", "/v1/data/delete", json_body={"ownerExternalId": "loan-1"})
    assert erased.status == 200
    refused(api, token)


def test_an_import_that_waits_in_the_queue_has_its_place(world: World, api: CheckedApi):
    session, token = grant(api)
    api.finished(session)
    waiting = [session_in(reuse(api, token)) for _ in range(4)]
    accepted = [api.submit(one) for one in waiting]
    assert [one.status for one in accepted] == [202, 202, 202, 429]
    for one in accepted[:3]:
        assert ended_as(api.poll(command_of(one).attrib["id"])) == "successful"


def test_a_bank_that_serves_fewer_calls_a_day_leaves_fewer_imports_and_the_list_says_so(
    world: World, api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    target = a_target(name="ProbnyBankApi", interface=Interface.PSD2, multiple_access=True)
    offer(monkeypatch, ScriptedBank(calls_per_day_max=2), target)
    first_at = world.clock()
    session, token = grant(api, target=target.name)
    for left, work in enumerate((lambda: api.finished(session), lambda: import_under(api, token))):
        assert listed(api)["importsLeft"] == 2 - left
        work()
        world.later(hours=1)
    free_at = (first_at + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (listed(api)["importsLeft"], listed(api)["nextImportAt"]) == (0, free_at)
    assert free_at.encode() in refused(api, token).body


def listed(api: CheckedApi) -> dict[str, Any]:
    (consent,) = api.call("GET", "/v1/consents").json["consents"]
    return dict(consent)


def told(api: CheckedApi, command_id: str) -> dict[str, Any]:
    """The receipt of a finished import."""
    api.poll(command_id)
    result = api.call("GET", f"/v1/command/{command_id}.xml", accept=JSON)
    found: dict[str, Any] = result.json["receipt"]
    return found


def left_by_the_list(api: CheckedApi) -> int:
    (consent,) = api.call("GET", "/v1/consents").json["consents"]
    return int(consent["importsLeft"])


def test_while_the_bank_refuses_no_import_is_left(world: World, api: CheckedApi):
    session, token = grant(api)
    api.finished(session)
    world.bank.plan("limit", wording="silence", path="getTransactionsDone")
    receipt = told(api, reuse_in_json(api, token).json["id"])
    world.bank.clear()
    assert (receipt["outcome"], receipt["callsLeft"], left_by_the_list(api)) == ("failed", 0, 0)
    assert reuse_in_json(api, token).status == 429


def test_lists_that_were_read_twice_leave_fewer_imports(world: World, api: CheckedApi):
    login = "bench-1x300-read-twice"
    session, token = grant(api, login)
    api.finished(session)
    torn = {"kind": "missing_page", "path": "getTransactionsDone", "login": login, "nth": [1]}
    for left in (2, 0):
        world.bank.follow(seed=1, fault=[torn])
        receipt = told(api, reuse_in_json(api, token, since="2025-09-03").json["id"])
        assert (receipt["rereads"], receipt["callsLeft"], left_by_the_list(api)) == (1, left, left)
    world.bank.follow()
    assert reuse_in_json(api, token).status == 429
