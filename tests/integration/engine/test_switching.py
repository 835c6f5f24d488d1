"""A failing interface gives way to its fallback and comes back; by itself and by hand."""

from __future__ import annotations

from typing import Any

import pytest

from opensaldo import errors
from opensaldo.domain.client import Environment, Product
from opensaldo.domain.event import EventKind
from opensaldo.domain.switch import Switch, Way
from opensaldo.domain.target import Interface
from opensaldo.engine.retention import purge
from opensaldo.engine.switching import switch_by_hand
from opensaldo.store.queries import events, switches
from tests.e2e.checked import CheckedApi, agree, browse
from tests.e2e.fixtures import DATABASES, World
from tests.support.scripted import ScriptedBank, a_target, an_ask, offer

PSD2 = a_target(
    name="ProbnyBankApi",
    interface=Interface.PSD2,
    credentials=("API_SETUP",),
    fallback="ProbnyBank",
    multiple_access=True,
)
FALLBACK = a_target()
FAILURES = 3


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return {"SWITCH_FAILURES": FAILURES, "SWITCH_WINDOW_S": 600, "SWITCH_QUIET_S": 900}


@pytest.fixture
def interface(monkeypatch: pytest.MonkeyPatch, world: World) -> ScriptedBank:
    """The bank's interface, nothing counted against it; its online service asks for a login."""
    assert world.house.platform is not None
    clean = Switch(environment=Environment.TEST, target=PSD2.name)
    with world.house.platform.store.begin() as connection:
        switches.keep_switch(connection, clean)
    bank = ScriptedBank()
    offer(monkeypatch, bank, PSD2)
    offer(monkeypatch, ScriptedBank([an_ask() for _ in range(9)]), FALLBACK)
    return bank


def agreed(api: CheckedApi, target: str = "ProbnyBankApi", **body: Any) -> str:
    """Where a link for the interface leads: to the target whose agreement is shown."""
    made = api.started(target=target, **body)
    shown = browse(made["redirectionLink"])
    assert shown.location
    chosen = shown.location.partition("target=")[2]
    agree(made, chosen)
    return chosen


def fail(interface: ScriptedBank, api: CheckedApi, times: int = 1) -> None:
    for _ in range(times):
        interface.script = [errors.BankUnavailable()]
        agreed(api)
    interface.script = []


def kinds(world: World, api: CheckedApi) -> list[EventKind]:
    """The switches and returns the client was told of, in order."""
    assert world.house.platform is not None
    with world.house.platform.store.read() as connection:
        found = events.events_after(connection, api.client_id, Environment.TEST, 0, 100)
    wanted = {EventKind.TARGET_SWITCHED, EventKind.TARGET_RETURNED}
    told = [event for _cursor, event in found if event.kind in wanted]
    assert {event.subject for event in told} <= {"ProbnyBankApi"}
    return [event.kind for event in told]


def by_hand(world: World, way: Way, client_id: str = "") -> None:
    assert world.house.platform is not None
    store = world.house.platform.store
    world.house.run(lambda _: switch_by_hand(store, world.clock, [PSD2], way, client_id))


def test_failures_within_the_window_switch_and_quiet_time_switches_back(
    world: World, api: CheckedApi, interface: ScriptedBank
):
    fail(interface, api, FAILURES - 1)
    assert agreed(api, accessMode="SINGLE") == "ProbnyBankApi"
    fail(interface, api, FAILURES)
    assert agreed(api) == "ProbnyBank"
    assert kinds(world, api) == [EventKind.TARGET_SWITCHED]
    world.clock.advance(minutes=14)
    world.house.run(purge)
    assert agreed(api) == "ProbnyBank"
    world.clock.advance(minutes=1)
    world.house.run(purge)
    world.house.run(purge)
    assert agreed(api) == "ProbnyBankApi"
    assert kinds(world, api) == [EventKind.TARGET_SWITCHED, EventKind.TARGET_RETURNED]


def test_failures_far_apart_do_not_switch(world: World, api: CheckedApi, interface: ScriptedBank):
    for _ in range(FAILURES * 2):
        fail(interface, api)
        world.clock.advance(minutes=6)
    assert agreed(api) == "ProbnyBankApi"


@pytest.mark.parametrize(
    "error", [errors.BankMaintenance(), errors.BankRateLimited(), errors.AccessBlocked()]
)
def test_other_errors_do_not_switch(
    api: CheckedApi, interface: ScriptedBank, error: errors.OpenSaldoError
):
    for _ in range(FAILURES * 2):
        interface.script = [error]
        agreed(api)
    interface.script = []
    assert agreed(api) == "ProbnyBankApi"


def test_failing_imports_switch_too(world: World, api: CheckedApi, interface: ScriptedBank):
    for _ in range(FAILURES):
        interface.numbers_error = errors.BankUnreachable()
        session = api.mock_session(target="ProbnyBankApi")
        api.finished(session)
    assert agreed(api) == "ProbnyBank"


def test_a_switched_bank_is_hidden_from_multiple_and_gives_mixed_a_single_access(
    world: World, interface: ScriptedBank
):
    api = world.client(Product.MULTIPLE_ACCESS)
    by_hand(world, Way.FALLBACK)
    page = browse(api.started(target=None, country="pl", accessMode="MULTIPLE")["redirectionLink"])
    assert "ProbnyBank" not in page.body
    assert "KontoBankApi" in page.body
    assert agreed(api, accessMode="MIXED") == "ProbnyBank"
    by_hand(world, Way.PSD2)
    assert agreed(api, accessMode="MULTIPLE") == "ProbnyBankApi"


def test_the_list_shows_a_switched_bank_once(api: CheckedApi, world: World, interface: Any):
    by_hand(world, Way.FALLBACK)
    made = api.started(target=None, country="pl")
    page = browse(made["redirectionLink"]).body
    assert page.count('value="ProbnyBank"') == 1
    assert 'value="ProbnyBankApi"' not in page


def test_the_client_learns_the_name_of_the_fallback(
    world: World, api: CheckedApi, interface: ScriptedBank, monkeypatch: pytest.MonkeyPatch
):
    offer(monkeypatch, ScriptedBank(), FALLBACK)
    by_hand(world, Way.FALLBACK)
    made = api.started(target="ProbnyBankApi")
    agree(made, "ProbnyBank")
    status = api.status(redirectionId=made["redirectionId"])
    assert (status["status"], status["params"]["target"]) == ("SUCCESS", "ProbnyBank")


def test_an_operators_word_goes_before_failures_and_one_clients_before_all(
    world: World, api: CheckedApi, interface: ScriptedBank
):
    other = world.client()
    by_hand(world, Way.FALLBACK, api.client_id)
    assert (agreed(api), agreed(other)) == ("ProbnyBank", "ProbnyBankApi")
    assert (kinds(world, api), kinds(world, other)) == ([EventKind.TARGET_SWITCHED], [])
    by_hand(world, Way.PSD2, api.client_id)
    by_hand(world, Way.FALLBACK)
    assert (agreed(api), agreed(other)) == ("ProbnyBankApi", "ProbnyBank")
    by_hand(world, Way.PSD2)
    fail(interface, other, FAILURES)
    assert agreed(other) == "ProbnyBankApi"
    by_hand(world, Way.AUTOMATIC)
    assert agreed(other) == "ProbnyBank"


def test_a_target_without_a_fallback_cannot_be_switched(world: World, interface: ScriptedBank):
    assert world.house.platform is not None
    store = world.house.platform.store
    for targets in ([FALLBACK], []):
        with pytest.raises(errors.InvalidTarget):
            world.house.run(
                lambda _, wrong=targets: switch_by_hand(store, world.clock, wrong, Way.FALLBACK)  # type: ignore[misc]
            )
