"""Retention of the whole platform: due after 24 hours or on request, for each its own."""

from __future__ import annotations

import time

import pytest

from opensaldo.domain.client import Environment
from opensaldo.engine.clients import set_retention
from opensaldo.store.keys import KeyDestroyed
from opensaldo.store.queries import owners
from tests.e2e.checked import CheckedApi, rows_of
from tests.e2e.fixtures import DATABASES, World
from tests.integration.engine.kept import Kept, is_gone, kept, purged
from tests.support.platform import command_of, failure_of, state_of

__all__ = ["kept"]

DAY_KEY = "day-20260302.key"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


# --- when ------------------------------------------------------------------------------------
def test_data_is_kept_for_24_hours_and_gone_with_the_first_purge_after(
    world: World, api: CheckedApi, kept: Kept
):
    world.clock.advance(hours=23, minutes=59, seconds=59)
    purged(world)
    assert state_of(api.call("GET", f"/v1/command/{kept.command_id}.xml")) == "successful"
    assert len(rows_of(api.data(kept.owner))) == 72
    world.clock.advance(seconds=1)
    assert purged(world).documents >= 2
    assert is_gone(api, kept)
    assert purged(world).documents == 0


def test_each_import_is_kept_its_own_24_hours(world: World, api: CheckedApi, kept: Kept):
    world.later(hours=12)
    second = api.imported("test2", ownerExternalId=kept.owner)
    world.clock.advance(hours=12)
    purged(world)
    polled = api.call("GET", f"/v1/command/{kept.command_id}.xml")
    assert polled.exception == "InvalidCommandId"
    (account,) = api.data(kept.owner).xml.findall(".//account")
    assert account.findtext("iban") == second.xml.findtext(".//account/iban")


def test_the_day_key_goes_with_the_last_thing_it_opens(world: World, api: CheckedApi, kept: Kept):
    key_file = world.folder / "keys" / DAY_KEY
    assert key_file.exists()
    world.clock.advance(hours=23)
    purged(world)
    assert key_file.exists()
    world.clock.advance(hours=1)
    purged(world)
    assert not key_file.exists()
    assert world.house.platform is not None
    with pytest.raises(KeyDestroyed):
        world.house.platform.vault.unwrap(kept.wrapped)


def test_the_platform_serves_on_after_its_days_key_is_gone(
    world: World, api: CheckedApi, kept: Kept
):
    world.later(hours=24)
    purged(world)
    assert state_of(api.imported(ownerExternalId=kept.owner)) == "successful"


def test_rows_whose_key_is_gone_are_as_good_as_gone(world: World, api: CheckedApi, kept: Kept):
    """A database restored from a backup that was made before the day's key was destroyed."""
    world.later(hours=12)
    second = api.imported("test2", ownerExternalId=kept.owner)
    assert world.house.platform is not None
    world.house.platform.vault.destroy_day_key(20260302)
    polled = api.call("GET", f"/v1/command/{kept.command_id}.xml")
    assert (polled.status, polled.exception) == (404, "InvalidCommandId")
    (account,) = api.data(kept.owner).xml.findall(".//account")
    assert account.findtext("iban") == second.xml.findtext(".//account/iban")
    gone = api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": kept.owner})
    assert gone.status == 200


def test_a_client_has_its_data_deleted_earlier_and_what_is_kept_already_too(
    world: World, api: CheckedApi, kept: Kept
):
    other = world.client()
    other.imported(ownerExternalId=kept.owner)
    world.house.run(lambda platform: set_retention(platform.store, api.client_id, 6, 24))
    world.clock.advance(hours=1)
    later = api.imported("test2", ownerExternalId=kept.owner)
    world.clock.advance(hours=5)
    purged(world)
    assert api.call("GET", f"/v1/command/{kept.command_id}.xml").exception == "InvalidCommandId"
    assert api.data(kept.owner).xml.findtext(".//account/iban") == later.xml.findtext(
        ".//account/iban"
    )
    world.clock.advance(hours=1)
    purged(world)
    assert api.data(kept.owner).status == 404
    assert other.data(kept.owner).status == 200


# --- deletion while something runs -------------------------------------------------------------
def test_an_import_that_ends_while_its_owner_is_being_erased_says_so_and_keeps_nothing(
    world: World, api: CheckedApi, kept: Kept
):
    session = api.mock_session(ownerExternalId=kept.owner)
    world.bank.plan("slow", path="getHolds", delay_ms=1000)
    running = command_of(api.submit(session)).attrib["id"]
    while state_of(api.call("GET", f"/v1/command/{running}.xml")) == "setup":
        time.sleep(0.02)
    assert world.house.platform is not None
    with world.house.platform.store.begin() as connection:
        owners.erase_owner(connection, api.client_id, Environment.TEST, kept.owner)
        time.sleep(1.5)  # by now the import wants to end
    ended = api.poll(running)
    assert (state_of(ended), failure_of(ended)) == ("error", "SessionExpired")
    assert api.data(kept.owner).status == 404


def test_an_import_that_was_running_keeps_nothing_of_an_owner_erased_meanwhile(
    world: World, api: CheckedApi, kept: Kept
):
    session = api.mock_session(ownerExternalId=kept.owner)
    world.bank.plan("slow", path="getHolds", delay_ms=2000)
    running = command_of(api.submit(session)).attrib["id"]
    while state_of(api.call("GET", f"/v1/command/{running}.xml")) == "setup":
        pass
    assert api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": kept.owner}).status == 200
    ended = api.poll(running)
    assert (state_of(ended), failure_of(ended)) == ("error", "SessionExpired")
    assert api.data(kept.owner).status == 404


def test_the_first_import_of_an_owner_can_be_deleted_while_it_runs(world: World, api: CheckedApi):
    session = api.mock_session(ownerExternalId="loan-of-nobody-yet")
    world.bank.plan("slow", path="getHolds", delay_ms=1500)
    running = command_of(api.submit(session)).attrib["id"]
    while state_of(api.call("GET", f"/v1/command/{running}.xml")) == "setup":
        time.sleep(0.02)
    erase = {"query": {"ownerExternalId": "loan-of-nobody-yet"}}
    assert api.call("DELETE", "/v1/data.xml", **erase).status == 200
    assert failure_of(api.poll(running)) == "SessionExpired"
    assert api.data("loan-of-nobody-yet").status == 404
    assert api.call("DELETE", "/v1/data.xml", **erase).exception == "InvalidOwnerExternalId"


def test_what_one_client_erases_another_keeps(world: World, api: CheckedApi, kept: Kept):
    other = world.client()
    other.imported(ownerExternalId=kept.owner)
    api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": kept.owner})
    assert other.data(kept.owner).status == 200
