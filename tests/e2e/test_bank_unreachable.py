"""Banks that do not answer at all: nobody listens there, or the answer takes too long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opensaldo.connectors import http
from tests.e2e.checked import CheckedApi, agree
from tests.e2e.fixtures import Houses, World
from tests.support.clock import SettableClock
from tests.support.platform import failure_of, platform_thread, state_of

NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture
def impatient(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A platform that soon gives up on a bank."""
    houses.leave()
    monkeypatch.setattr(http, "CALL_TIMEOUT_S", 1.5)
    yield houses.world("sqlite", lambda: pytest.fail("no PostgreSQL here"))
    houses.leave()


def alone(houses: Houses, folder: Path, clock: SettableClock, bank_url: str):
    houses.leave()
    return platform_thread(folder, bank_url, clock=clock)


@pytest.mark.parametrize("endpoint", ["getAccount", "getTransactionsDone", "getHolds"])
def test_an_answer_that_takes_too_long_is_io_in_the_command(impatient: World, endpoint: str):
    api = impatient.client()
    session = api.mock_session()
    impatient.bank.plan("slow", path=endpoint, delay_ms=5_000)
    ended = api.finished(session)
    assert (state_of(ended), failure_of(ended)) == ("error", "IO")


def test_a_sign_in_that_takes_too_long_is_io(impatient: World):
    api = impatient.client()
    impatient.bank.plan("slow", path="authorize", delay_ms=5_000)
    refused = api.call("POST", "/v1/mock-session.xml", {"target": "KontoBankApi"})
    assert (refused.status, refused.exception) == (503, "IO")


def test_a_bank_where_nobody_listens_is_io(houses: Houses, tmp_path: Path, clock: SettableClock):
    with alone(houses, tmp_path, clock, NOBODY_LISTENS) as house:
        made = house.api()
        api = CheckedApi(made.address, made.key, client_id="acme-test")
        for accept in (None, "application/json"):
            refused = api.call("POST", "/v1/mock-session.xml", accept=accept)
            assert (refused.status, refused.exception) == (503, "IO")
        link = api.started()
        assert agree(link).status == 503
        assert api.status(redirectionId=link["redirectionId"])["status"] == "PENDING"
        assert api.call("GET", "/v1/health").status == 200


def test_without_a_mock_bank_its_targets_are_not_offered(
    houses: Houses, tmp_path: Path, clock: SettableClock
):
    with alone(houses, tmp_path, clock, "") as house:
        made = house.api()
        api = CheckedApi(made.address, made.key, client_id="acme-test")
        assert api.call("GET", "/v1/ais-catalog").json == {"targets": []}
        refused = api.call("POST", "/v1/mock-session.xml")
        assert (refused.status, refused.exception) == (400, "InvalidTarget")
        body = {"target": "KontoBankApi"}
        refused = api.call("POST", "/v1/signin/redirection", json_body=body)
        assert (refused.status, refused.exception) == (400, "InvalidTarget")
