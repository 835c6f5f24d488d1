"""KontoBank's interface breaks down, and people are led through its online service instead."""

from __future__ import annotations

from typing import Any

import pytest

from opensaldo.engine.retention import purge
from opensaldo.errors import InvalidCredentials
from tests.e2e.checked import CheckedApi, agree, browse, sign_in
from tests.e2e.fixtures import World
from tests.e2e.road import states
from tests.support.platform import command_of, state_of

FAILURES = 2


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return {"SWITCH_FAILURES": FAILURES}


def signed_in(api: CheckedApi) -> tuple[str, tuple[str, str]]:
    """The target a person was led to who was sent to the interface, and the session."""
    made = api.started(target="KontoBankApi")
    sign_in(made["redirectionLink"])
    assert states(api, made) == ("SUCCESS", "COMPLETED")
    params = api.status(redirectionId=made["redirectionId"])["params"]
    return params["target"], (made["sessionId"], made["sessionIdSignature"])


def test_a_broken_interface_is_gone_around_until_it_has_been_quiet(world: World, api: CheckedApi):
    assert signed_in(api)[0] == "KontoBankApi"
    world.bank.plan("status", status=503, path="authorize", times=FAILURES)
    for _ in range(FAILURES):
        made = api.started(target="KontoBankApi")
        assert agree(made).status == 503
    target, session = signed_in(api)
    assert target == "KontoBank"
    ended = api.finished(session)
    assert state_of(ended) == "successful"
    assert command_of(ended).attrib["target"] == "KontoBank"
    world.clock.advance(minutes=15)
    world.house.run(purge)
    assert signed_in(api)[0] == "KontoBankApi"


def test_the_pages_of_the_fallback_show_what_they_are(api: CheckedApi):
    made = api.started(target="KontoBank", locale="en")
    consent = browse(made["redirectionLink"] + "/consent?target=KontoBank").body
    assert "memory only" in consent
    assert "Simulated: <bdi>KontoBank</bdi> is a test bank" in consent
    agree(made, "KontoBank")
    form = browse(made["redirectionLink"] + "/step").body
    assert 'type="password" autocomplete="off"' in form
    assert "Simulated: <bdi>KontoBank</bdi> is a test bank" in form


def test_a_wrong_password_is_said_on_our_page_and_can_be_corrected(api: CheckedApi):
    made = api.started(target="KontoBank")
    with pytest.raises(InvalidCredentials):
        sign_in(made["redirectionLink"], password="wrong")
    sign_in(made["redirectionLink"])
    assert states(api, made) == ("SUCCESS", "COMPLETED")
