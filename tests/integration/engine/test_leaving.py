"""At the end of a session the person is signed out at the bank, whatever the bank says to that."""

from __future__ import annotations

from typing import Any

import pytest

from opensaldo import errors
from opensaldo.domain.target import Interface
from opensaldo.engine.retention import purge
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import DATABASES, World
from tests.support.platform import Reply
from tests.support.scripted import ScriptedBank, a_target, offer

COMMANDS = ("DefaultImportCommand", "SignOutCommand")


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> ScriptedBank:
    return offered(monkeypatch)


def offered(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> ScriptedBank:
    bank = ScriptedBank()
    offer(monkeypatch, bank, a_target(commands=COMMANDS, **changes))
    return bank


def signed_out(api: CheckedApi, session: tuple[str, str]) -> Reply:
    form = {"sessionId": session[0], "sessionIdSignature": session[1]}
    return api.call("POST", "/v1/command/sign-out.xml", form)


def handles(bank: ScriptedBank) -> list[str]:
    return [access.memory["handle"] for access in bank.revoked]


def test_sign_out_ends_the_login_at_the_bank(api: CheckedApi, online: ScriptedBank):
    session = api.mock_session(target="ProbnyBank")
    assert signed_out(api, session).status == 200
    assert handles(online) == ["6c80"]
    assert signed_out(api, session).exception == "InvalidSessionId"
    assert len(online.revoked) == 1


@pytest.mark.parametrize(
    "error", [errors.BankUnreachable(), errors.BankAccessEnded(), TimeoutError()]
)
def test_a_bank_that_fails_at_sign_out_does_not_fail_it(
    api: CheckedApi, online: ScriptedBank, error: Exception
):
    online.revoke_error = error
    session = api.mock_session(target="ProbnyBank")
    assert signed_out(api, session).status == 200
    assert api.submit(session).exception == "InvalidSessionId"


def test_an_idle_session_is_signed_out_at_the_online_service(
    world: World, api: CheckedApi, online: ScriptedBank
):
    api.mock_session(target="ProbnyBank")
    world.clock.advance(minutes=4)
    world.house.run(purge)
    assert online.revoked == []
    world.clock.advance(minutes=2)
    world.house.run(purge)
    world.house.run(purge)
    assert handles(online) == ["6c80"]


def test_an_idle_session_of_an_interface_ends_here_only(
    world: World, api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    bank = offered(monkeypatch, interface=Interface.PSD2)
    api.mock_session(target="ProbnyBank")
    world.clock.advance(minutes=6)
    world.house.run(purge)
    assert bank.revoked == []
