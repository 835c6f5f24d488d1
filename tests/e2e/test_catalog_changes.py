"""Targets that offer more or less than the mock bank does today: sign-out, and no import at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opensaldo.connectors.registry import Catalog
from opensaldo.domain.client import Environment
from opensaldo.domain.target import Target
from tests.e2e.checked import CheckedApi, owner_of, sign_in
from tests.e2e.fixtures import World
from tests.support.platform import Reply, command_of, failure_of, state_of

SIGN_OUT = "/v1/command/sign-out.xml"


def offering(monkeypatch: pytest.MonkeyPatch, *commands: str, hidden: bool = False) -> None:
    """From now on every target offers these commands only, or is not offered any more."""
    find = Catalog.find

    def changed(catalog: Catalog, name: str, environment: Environment) -> Target | None:
        target = find(catalog, name, environment)
        return None if target is None or hidden else replace(target, commands=commands)

    monkeypatch.setattr(Catalog, "find", changed)


def signed_out(api: CheckedApi, session: tuple[str, str]) -> Reply:
    form = {"sessionId": session[0], "sessionIdSignature": session[1]}
    return api.call("POST", SIGN_OUT, form)


def test_where_sign_out_is_offered_it_ends_the_session(
    api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    session = api.mock_session(ownerExternalId="loan-7781")
    offering(monkeypatch, "DefaultImportCommand", "SignOutCommand")
    reply = signed_out(api, session)
    assert (reply.status, owner_of(reply)) == (200, "loan-7781")
    command = command_of(reply)
    assert (command.attrib["name"], command.attrib["state"]) == ("SignOutCommand", "successful")
    assert command.findtext("progress/value") == "100"
    assert api.submit(session).exception == "InvalidSessionId"
    assert signed_out(api, session).exception == "InvalidSessionId"


def test_signing_out_does_not_take_the_results_away(
    api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    session = api.mock_session(ownerExternalId="loan-7781")
    ended = api.finished(session)
    offering(monkeypatch, "DefaultImportCommand", "SignOutCommand")
    assert signed_out(api, session).status == 200
    assert state_of(api.call("GET", f"/v1/command/{command_of(ended).attrib['id']}.xml"))
    assert api.data("loan-7781").status == 200


def test_signing_out_while_an_import_waits_or_runs_ends_it_by_name(
    world: World, api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    session = api.mock_session()
    world.bank.plan("slow", path="getHolds", delay_ms=500)
    running = command_of(api.submit(session)).attrib["id"]
    offering(monkeypatch, "DefaultImportCommand", "SignOutCommand")
    assert signed_out(api, session).status == 200
    ended = api.poll(running)
    assert failure_of(ended) in {None, "SessionExpired"}
    assert state_of(ended) == ("error" if failure_of(ended) else "successful")


def test_a_target_without_the_default_import_refuses_it(
    api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    session = api.mock_session()
    offering(monkeypatch, "SignOutCommand")
    refused = api.submit(session)
    assert (refused.status, refused.exception) == (400, "CommandNotAvailable")
    message = refused.xml.findtext("exception/message") or ""
    assert "DefaultImportCommand" in message
    assert "KontoBankApi" in message


def test_a_target_that_left_the_catalogue_takes_no_command(
    api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    session = api.mock_session()
    offering(monkeypatch, hidden=True)
    assert api.submit(session).exception == "CommandNotAvailable"
    assert signed_out(api, session).exception == "CommandNotAvailable"


def test_a_person_whose_bank_left_the_catalogue_meanwhile_is_told(
    api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    made = api.started()
    sign_in(made["redirectionLink"])
    offering(monkeypatch, hidden=True)
    found = api.status(redirectionId=made["redirectionId"])
    assert (found["status"], found["params"]["officialName"]) == ("SUCCESS", None)
