"""Writers of one consent stand in line and never in a circle: consents first, events last."""

from __future__ import annotations

import time

import pytest

from opensaldo.domain.client import Environment, Product
from opensaldo.domain.event import Event, EventKind
from opensaldo.store.conflicts import hold
from opensaldo.store.queries import events
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.support.consents import ended_as, grant
from tests.support.facts import Questions
from tests.support.platform import command_of, state_of

OWNER = "loan-7781"
PATIENCE_S = 20


@pytest.fixture(scope="module", params=[pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """SQLite has one writer at a time."""
    return request.param


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


@pytest.mark.parametrize("held", ["its own consent", "the one it replaces"])
def test_an_import_that_ends_waits_for_a_consent_before_it_keeps_others_from_their_events(
    world: World, api: CheckedApi, held: str
):
    """A revocation or the set-up of an import holds a consent first and tells of it last."""
    grant(api, ownerExternalId=OWNER)
    world.later(seconds=1)
    session, _token = grant(api, ownerExternalId=OWNER)
    consents = ids_of_consents(world, api)
    world.bank.plan("slow", path="getHolds", delay_ms=1_000)
    running = command_of(api.submit(session)).attrib["id"]
    while state_of(api.call("GET", f"/v1/command/{running}.xml")) == "setup":
        time.sleep(0.02)
    assert world.house.platform is not None
    with world.house.platform.store.begin() as connection:
        connection.exec_driver_sql("SET LOCAL deadlock_timeout = '20ms'")
        hold(connection, "consent", consents[-1 if held == "its own consent" else 0])
        wait_until_somebody_waits(world)
        told = Event(
            client_id=api.client_id,
            environment=Environment.TEST,
            kind=EventKind.CONSENT_EXPIRING,
            subject="any",
            at=world.clock(),
        )
        events.append(connection, told)
    assert ended_as(api.poll(running)) == "successful"


def ids_of_consents(world: World, api: CheckedApi) -> list[str]:
    """The client's consents, the oldest first."""
    asked = f"SELECT id FROM consents WHERE client_id = '{api.client_id}' ORDER BY granted_at"
    return [row[0] for row in Questions(world.database_url).ask(asked)]


def wait_until_somebody_waits(world: World) -> None:
    """A transaction waits for another one's lock."""
    questions, deadline = Questions(world.database_url), time.monotonic() + PATIENCE_S
    while questions.ask("SELECT count(*) FROM pg_locks WHERE NOT granted") == [(0,)]:
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.02)
