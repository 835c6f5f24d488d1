"""What a drill tells the operator to expect is what the platform does."""

from __future__ import annotations

import pytest

from kontobank.drill import EXPECTED, Switchboard
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.support.platform import failure_of


@pytest.mark.parametrize("target", ["KontoBankApi", "KontoBankApi_ro", "KontoBankApi_cz"])
@pytest.mark.parametrize("kind", ["503", "maintenance", "reset", "limit"])
def test_an_outage_ends_imports_in_the_words_of_the_drill(
    world: World, api: CheckedApi, kind: str, target: str
):
    session = api.mock_session(target=target)
    board = Switchboard(world.bank.url)
    board.send("PUT", "outage", {"kind": kind, "for_s": 60})
    name = failure_of(api.finished(session))
    assert name
    assert name in EXPECTED[kind][0]
    board.send("DELETE", "outage")
    assert failure_of(api.finished(api.mock_session(target=target))) is None


@pytest.mark.parametrize("target", ["KontoBankApi", "KontoBankApi_ro", "KontoBankApi_cz"])
def test_expired_consents_end_imports_in_the_words_of_the_drill(
    world: World, api: CheckedApi, target: str
):
    session = api.mock_session(target=target)
    found = Switchboard(world.bank.url).send("POST", "expire", {"login": "test1"})
    assert found["ended"] >= 1
    assert failure_of(api.finished(session)) == "SessionExpired"
