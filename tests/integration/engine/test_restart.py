"""A platform that was stopped and started again: everything it had promised still holds."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.e2e.checked import HALF_A_YEAR, CheckedApi, rows_of, sign_in
from tests.e2e.fixtures import DATABASES, Houses
from tests.support.bank import Bank
from tests.support.clock import SettableClock
from tests.support.platform import command_of, platform_thread, state_of
from tests.support.postgres import Cluster


@pytest.fixture(params=DATABASES)
def settings_of_place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    if request.param == "sqlite":
        return {}
    cluster: Cluster = request.getfixturevalue("cluster")
    return {"DATABASE_URL": cluster.fresh_database()}


@pytest.fixture
def place(houses: Houses, tmp_path: Path, settings_of_place: dict[str, object]):
    """Starts a platform on one and the same folder and database, again and again."""
    houses.leave()
    return lambda bank, clock: platform_thread(
        tmp_path / "place", bank.url, clock=clock, **settings_of_place
    )


def moved(api: CheckedApi, address: str) -> CheckedApi:
    return CheckedApi(address, api.key, client_id="acme-test")


def test_sessions_results_keys_and_links_survive_a_restart(place, bank: Bank, clock: SettableClock):
    with place(bank, clock) as house:
        made = house.api()
        before = CheckedApi(made.address, made.key, client_id="acme-test")
        ended = before.imported(since=HALF_A_YEAR, ownerExternalId="loan-7781")
        session = before.mock_session()
        link = before.started()
    with place(bank, clock) as house:
        after = moved(before, house.address)
        polled = after.call("GET", f"/v1/command/{command_of(ended).attrib['id']}.xml")
        assert polled.body.partition(b"<result>")[2] == ended.body.partition(b"<result>")[2]
        assert len(rows_of(after.data("loan-7781"))) == 72
        assert state_of(after.finished(session)) == "successful"
        path = link["redirectionLink"].removeprefix(before.address)
        sign_in(house.address + path)
        assert after.status(redirectionId=link["redirectionId"])["status"] == "SUCCESS"


def test_an_import_under_way_when_the_platform_stops_ends_after_the_next_start(
    place, bank: Bank, clock: SettableClock
):
    with place(bank, clock) as house:
        made = house.api()
        before = CheckedApi(made.address, made.key, client_id="acme-test")
        session = before.mock_session(ownerExternalId="loan-7781")
        bank.plan("slow", path="getHolds", delay_ms=5_000)
        command_id = command_of(before.submit(session, since=HALF_A_YEAR)).attrib["id"]
        while state_of(before.call("GET", f"/v1/command/{command_id}.xml")) == "setup":
            time.sleep(0.01)
    bank.clear()
    with place(bank, clock) as house:
        ended = moved(before, house.address).poll(command_id)
        assert state_of(ended) == "successful"
        assert len(rows_of(ended)) == 72
        assert len(rows_of(moved(before, house.address).data("loan-7781"))) == 72


def test_stopping_leaves_no_thread_behind(place, bank: Bank, clock: SettableClock):
    before = set(threading.enumerate())
    with place(bank, clock) as house:
        made = house.api()
        CheckedApi(made.address, made.key, client_id="acme-test").imported()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and set(threading.enumerate()) - before:
        time.sleep(0.05)
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert left == set()
