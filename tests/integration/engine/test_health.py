"""Failed sign-ins warn, a row of them blocks, and a blocked bank comes back by itself."""

from __future__ import annotations

from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Redirect
from opensaldo.domain.client import Environment
from opensaldo.domain.health import Health
from opensaldo.domain.target import Interface
from opensaldo.engine.health import health_of
from opensaldo.engine.retention import purge
from opensaldo.store.db import Connection
from opensaldo.store.tables import trials
from tests.e2e.checked import CheckedApi, agree, browse
from tests.e2e.fixtures import DATABASES, World
from tests.support.scripted import ScriptedBank, a_target, an_ask, offer

NAME = "ProbnyBank"
DOWN = errors.BankUnavailable()


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, world: World) -> ScriptedBank:
    """A bank nobody has tried yet."""
    assert world.house.platform is not None
    with world.house.platform.store.begin() as connection:
        connection.execute(trials.delete())
    scripted = ScriptedBank()
    offer(monkeypatch, scripted, a_target())
    return scripted


def tried(api: CheckedApi, scripted: ScriptedBank, *steps: Any) -> tuple[dict[str, str], int]:
    """A new link on which the bank goes this way, and the status of the page after agreeing."""
    made = api.started(target=NAME, redirectUri="https://shop.example.com/")
    return made, again(made, scripted, *steps)


def again(made: dict[str, str], scripted: ScriptedBank, *steps: Any) -> int:
    scripted.script = list(steps)
    return agree(made, NAME).status


def of_bank(world: World, environment: Environment = Environment.TEST) -> Health:
    found: dict[str, Health] = dict(
        world.house.run(lambda platform: health_of(platform, environment))
    )
    assert set(found.values()) <= set(Health)
    return found.get(NAME, Health.WELL)


def kept(world: World) -> int:
    assert world.house.platform is not None

    def count(connection: Connection) -> int:
        return len(connection.execute(trials.select()).all())

    with world.house.platform.store.read() as connection:
        return count(connection)


def test_five_failures_warn_ten_block_and_three_successes_clear(
    world: World, api: CheckedApi, scripted: ScriptedBank
):
    for _ in range(4):
        assert tried(api, scripted, DOWN)[1] == 503
    assert of_bank(world) is Health.WELL
    tried(world.client(), scripted, DOWN)
    assert of_bank(world) is Health.WARNED
    for _ in range(5):
        tried(api, scripted, DOWN)
    assert of_bank(world) is Health.BLOCKED
    asked = len(scripted.requests)
    made, status = tried(api, scripted)
    assert (status, len(scripted.requests)) == (503, asked)
    assert api.status(redirectionId=made["redirectionId"])["status"] == "PENDING"
    world.clock.advance(minutes=5)
    assert of_bank(world) is Health.WARNED
    assert again(made, scripted, DOWN) == 503
    assert (of_bank(world), len(scripted.requests)) == (Health.BLOCKED, asked + 1)
    world.clock.advance(minutes=5)
    for _ in range(3):
        assert of_bank(world) is Health.WARNED
        assert tried(api, scripted)[1] == 303
    assert of_bank(world) is Health.WELL


def test_one_person_who_tries_again_and_again_counts_once(
    world: World, api: CheckedApi, scripted: ScriptedBank
):
    made, _ = tried(api, scripted, DOWN)
    for _ in range(12):
        again(made, scripted, DOWN)
    assert (of_bank(world), kept(world)) == (Health.WELL, 1)


@pytest.mark.parametrize(
    "error",
    [
        errors.AccessBlocked(),
        errors.ManualActionRequired(),
        errors.SignInCancelled(),
        errors.TriesUsedUp(),
        errors.BankAccessEnded(),
    ],
)
def test_what_the_person_did_never_counts(
    world: World, api: CheckedApi, scripted: ScriptedBank, error: errors.OpenSaldoError
):
    for _ in range(12):
        tried(api, scripted, error)
    assert (of_bank(world), kept(world)) == (Health.WELL, 0)


def test_wrong_passwords_never_count_and_a_bank_that_fails_after_them_does(
    world: World, api: CheckedApi, scripted: ScriptedBank
):
    for last in (errors.InvalidCredentials(), DOWN):
        made, _ = tried(api, scripted, an_ask(), errors.InvalidCredentials(), last)
        for _ in range(2):
            page = browse(made["redirectionLink"] + "/step").body
            token = page.partition('name="token" value="')[2].partition('"')[0]
            form = {"token": token, "answer.login": "test1", "answer.password": "x"}
            browse(made["redirectionLink"] + "/step", form)
    assert kept(world) == 1


def test_an_address_the_person_came_back_with_is_hearsay(
    world: World, api: CheckedApi, scripted: ScriptedBank
):
    """Who makes up the bank's return address cannot close the bank to others."""
    for made_up in ("error=server_error", "code=&x=1"):
        for error in (DOWN, errors.BankAnsweredNonsense("code", "a code or an error")):
            step = Redirect(url="https://probny.example.org/sca", memory={})
            _, status = tried(api, scripted, step, error)
            assert status == 303
            state = scripted.requests[-1].state
            browse(f"{world.address}/redirection/return?state={state}&{made_up}")
    assert kept(world) == 1  # DOWN after a return that names no error is the bank's own answer


def test_trials_are_kept_for_two_hours_and_twenty_a_bank(
    world: World, api: CheckedApi, scripted: ScriptedBank
):
    for _ in range(25):
        tried(api, scripted)
    assert kept(world) == 20
    world.clock.advance(hours=2)
    world.house.run(purge)
    assert kept(world) == 20
    world.clock.advance(seconds=1)
    world.house.run(purge)
    assert kept(world) == 0


def test_the_fallback_of_a_blocked_target_is_offered_on_production(
    world: World, scripted: ScriptedBank, monkeypatch: pytest.MonkeyPatch
):
    api = world.client(production=True)
    made_for = {"environment": Environment.PRODUCTION, "simulated": False}
    stand_in = a_target(name="ProbnyBankOnline", **made_for)
    interface = a_target(interface=Interface.PSD2, fallback=stand_in.name, **made_for)
    offer(monkeypatch, scripted, interface)
    offer(monkeypatch, ScriptedBank(), stand_in)

    def is_offered() -> bool:
        made = api.started(target=None, country="pl", redirectUri="https://shop.example.com/")
        return f'value="{stand_in.name}"' in browse(made["redirectionLink"]).body

    for _ in range(10):
        assert not is_offered()
        tried(api, scripted, errors.BankAnsweredNonsense("consent", "an address"))
    assert is_offered()
    world.clock.advance(minutes=5)
    assert not is_offered()


def test_the_environments_never_see_each_other(
    world: World, api: CheckedApi, scripted: ScriptedBank
):
    for _ in range(10):
        tried(api, scripted, DOWN)
    assert of_bank(world) is Health.BLOCKED
    assert of_bank(world, Environment.PRODUCTION) is Health.WELL
