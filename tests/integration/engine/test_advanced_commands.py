"""Advanced imports over time: never mixed, found again by any process, sealed, gone on request."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from opensaldo.domain.client import Product
from tests.e2e.checked import HALF_A_YEAR, CheckedApi, rows_of
from tests.e2e.fixtures import DATABASES, Houses, World
from tests.integration.engine.test_raw_files import every_row, sqlite_files
from tests.support.bank import Bank
from tests.support.clock import SettableClock
from tests.support.platform import Reply, command_of, failure_of, platform_thread, state_of
from tests.support.postgres import Cluster

AT_ONCE = 4


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def lasting(world: World) -> CheckedApi:
    """A client whose sessions outlive the bank's access token."""
    return world.client(Product.MULTIPLE_ACCESS)


def ibans(reply: Reply) -> list[str]:
    return [one.findtext("iban") or "" for one in reply.xml.iter("account")]


def test_of_both_ways_submitted_at_once_one_is_accepted(api: CheckedApi):
    session = api.mock_session("test3")
    default: Callable[[], Reply] = partial(api.submit, session)
    advanced: Callable[[], Reply] = partial(api.ordered, session, "import-owners")
    with ThreadPoolExecutor(2 * AT_ONCE) as threads:
        under_way = [threads.submit(one) for one in (default, advanced) * AT_ONCE]
        replies = [one.result() for one in under_way]
    accepted = [command_of(reply).attrib for reply in replies if reply.status == 202]
    names = {one["name"] for one in accepted}
    assert len(names) == 1
    assert len(accepted) == (1 if names == {"DefaultImportCommand"} else AT_ONCE)
    refused = {reply.exception for reply in replies if reply.status != 202}
    assert refused <= {"DefaultImportAlreadyExecuted", "CommandNotAvailable"}
    assert {state_of(api.poll(one["id"])) for one in accepted} == {"successful"}


def test_a_session_is_not_idle_while_a_command_waits_its_turn(world: World, lasting: CheckedApi):
    api, session = lasting, lasting.mock_session("test3", multipleAccess="true")
    world.bank.plan("slow", path="getAccount", delay_ms=1200)
    waiting = [
        command_of(api.ordered(session, name)).attrib["id"]
        for name in ("import-accounts", "import-owners")
    ]
    world.clock.advance(minutes=6)
    assert api.ordered(session, "import-credit-cards").status == 202
    assert {state_of(api.poll(one)) for one in waiting} == {"successful"}


def test_a_person_who_signed_in_long_ago_is_no_longer_there(world: World, api: CheckedApi):
    session = api.mock_session("test1", country="ro")
    attended: list[bool] = []
    for _ in range(8):
        before = len(world.bank.log())
        assert state_of(api.done(session, "import-owners")) == "successful"
        attended += {row["attended"] for row in world.bank.log()[before:]}
        world.later(minutes=4, seconds=50)
    assert attended == [True] * 7 + [False]


def test_erasing_the_owner_ends_what_waits_and_takes_what_was_found(world: World, api: CheckedApi):
    session = api.mock_session("test3", ownerExternalId="loan-7781")
    (iban, _second) = ibans(api.done(session, "import-accounts"))
    world.bank.plan("slow", path="getHolds", delay_ms=1500)
    ids = [
        command_of(api.ordered(session, "import-account-transactions", iban=iban)).attrib["id"]
        for _ in range(2)
    ]
    while state_of(api.call("GET", f"/v1/command/{ids[0]}.xml")) == "setup":
        pass
    erased = api.call("DELETE", "/v1/data.xml", query={"ownerExternalId": "loan-7781"})
    assert erased.status == 200
    assert {failure_of(api.poll(one)) for one in ids} == {"SessionExpired"}
    assert api.data("loan-7781").status == 404
    refused = api.ordered(session, "import-owners")
    assert (refused.status, refused.exception) == (404, "InvalidSessionId")


def test_no_iban_that_was_asked_for_lies_in_the_database(
    world: World, api: CheckedApi, database: str
):
    session = api.mock_session("bench-2x9-asked")
    found = ibans(api.done(session, "import-accounts"))
    for iban in found:
        api.done(session, "import-account-transactions", iban=iban)
    is_file = database == "sqlite"
    content = sqlite_files(world) if is_file else every_row(world.database_url)
    assert (len(found), session[0].encode() in content) == (2, True)
    assert [iban for iban in found if iban.encode() in content] == []


def test_what_a_session_found_is_found_after_a_restart(
    request: pytest.FixtureRequest,
    houses: Houses,
    bank: Bank,
    clock: SettableClock,
    tmp_path: Path,
    database: str,
):
    houses.leave()
    settings: dict[str, object] = {}
    if database == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        settings["DATABASE_URL"] = cluster.fresh_database()
    place = partial(platform_thread, tmp_path / "place", bank.url, clock=clock, **settings)
    with place() as house:
        made = house.api()
        api = CheckedApi(made.address, made.key, client_id="acme-test")
        session = api.mock_session("test3", ownerExternalId="loan-7781")
        found = ibans(api.done(session, "import-accounts"))
    with place() as house:
        after = CheckedApi(house.address, api.key, client_id="acme-test")
        rows = 0
        for iban in found:
            form = {"iban": iban, "since": HALF_A_YEAR}
            rows += len(rows_of(after.done(session, "import-account-transactions", **form)))
        assert rows == len(rows_of(after.data("loan-7781"))) > 0
