"""Coming back with a consent and ending one, by every way it can end, on both databases."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from opensaldo.connectors.base import Access, Done
from opensaldo.domain.client import Environment, Product
from opensaldo.domain.event import EventKind
from opensaldo.domain.secret import Secret
from opensaldo.domain.switch import Way
from opensaldo.domain.target import Interface
from opensaldo.engine.clients import switch_product
from opensaldo.engine.retention import purge
from opensaldo.engine.switching import switch_by_hand
from opensaldo.store.queries import events
from tests.e2e.checked import CheckedApi, browse, days_of, owner_of, rows_of, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.support.consents import (
    DELETE,
    JSON,
    REUSE,
    delete,
    ended_as,
    grant,
    import_under,
    reuse,
    reuse_in_json,
    session_in,
)
from tests.support.platform import command_of, state_of
from tests.support.scripted import ScriptedBank, a_target, offer

GONE = "InvalidMultipleAccessId"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def kinds(world: World, api: CheckedApi) -> list[EventKind]:
    assert world.house.platform is not None
    with world.house.platform.store.read() as connection:
        found = events.events_after(connection, api.client_id, Environment.TEST, 0, 200)
    return [event.kind for _cursor, event in found]


def test_a_reused_session_is_signed_in_and_reads_without_the_person(world: World, api: CheckedApi):
    session, token = grant(api, ownerExternalId="loan-7781")
    assert state_of(api.finished(session)) == "successful"
    world.later(hours=2)
    again = reuse(api, token)
    assert (again.status, owner_of(again)) == (200, "loan-7781")
    assert again.xml.find("session/multipleAccessId") is None
    before = len(world.bank.log())
    ended = api.finished(session_in(again))
    assert state_of(ended) == "successful"
    assert command_of(ended).attrib["target"] == "KontoBankApi"
    calls = world.bank.log()[before:]
    assert len(calls) > 3
    assert not any(row["attended"] for row in calls)
    assert all(row["attended"] for row in world.bank.log()[:before] if row["account"])


def test_in_json_a_reuse_starts_the_import(world: World, api: CheckedApi):
    session, token = grant(api)
    api.finished(session)
    accepted = reuse_in_json(api, token, since="2026-02-20")
    assert (accepted.status, accepted.json["status"]) == (200, "QUEUED")
    ended = api.poll(accepted.json["id"])
    assert state_of(ended) == "successful"
    assert min(days_of(ended)) >= "2026-02-20"
    told = api.call("GET", f"/v1/command/{accepted.json['id']}.xml", accept=JSON).json
    assert told["multipleAccessToken"] == token


def test_a_later_session_reaches_180_days_back_and_the_first_no_deeper_than_single(
    world: World, api: CheckedApi
):
    session, token = grant(api, country="cz", target="CsobApi_cz")
    first = api.finished(session, since="2025-01-01")
    assert min(days_of(first)) >= "2025-12-02"  # 90 days
    later = api.finished(session_in(reuse(api, token)), since="2025-01-01")
    assert min(days_of(later), default="9") >= "2025-09-03"  # 180 days, or less by the bank


@pytest.mark.parametrize("name", ["multipleAccessId", "multipleAccessToken"])
@pytest.mark.parametrize("path", [REUSE, DELETE])
@pytest.mark.parametrize("accept", [None, JSON])
@pytest.mark.parametrize("token", ["f" * 64, "F" * 64, "0", "f" * 63, "x' OR '1'='1", "ż" * 64])
def test_what_is_no_access_of_the_client_is_called_so(
    api: CheckedApi, name: str, path: str, accept: str | None, token: str
):
    refused = api.call("POST", path, {name: token}, accept=accept)
    assert (refused.status, refused.exception) == (404, GONE)


def test_both_names_of_an_access_mean_the_same_and_must_agree(api: CheckedApi):
    _session, token = grant(api)
    both = {"multipleAccessId": token, "multipleAccessToken": token}
    for accept in (None, JSON):
        for path in (REUSE, DELETE):
            refused = api.call(
                "POST", path, {**both, "multipleAccessToken": "f" * 64}, accept=accept
            )
            assert (refused.status, refused.exception) == (400, "InvalidParameter")
    assert api.call("POST", REUSE, both).status == 200


def test_another_clients_access_is_unknown_and_untouched(world: World, api: CheckedApi):
    _session, token = grant(api)
    other = world.client(Product.MULTIPLE_ACCESS)
    assert reuse(other, token).exception == GONE
    assert delete(other, token).exception == GONE
    assert reuse(api, token).status == 200


def test_a_revoked_access_is_over_here_and_at_the_bank(world: World, api: CheckedApi):
    session, token = grant(api)
    open_session = session_in(reuse(api, token))
    assert delete(api, token).status == 200
    assert any(row["endpoint"] == "deleteConsent" for row in world.bank.log())
    assert (delete(api, token).status, delete(api, token).exception) == (404, GONE)
    assert reuse(api, token).exception == GONE
    assert reuse_in_json(api, token).exception == GONE
    for left in (session, open_session):
        assert api.submit(left).exception == GONE
    assert kinds(world, api).count(EventKind.CONSENT_ENDED) == 1


def test_a_revocation_the_bank_did_not_hear_is_repeated_until_it_does(
    world: World, api: CheckedApi
):
    _session, token = grant(api)
    world.bank.plan("status", status=503, path="deleteConsent", times=2)
    assert delete(api, token).status == 200
    for minutes in (1, 2, 4, 8):
        world.later(minutes=minutes)
        world.house.run(purge)
    asked = [row for row in world.bank.log() if row["endpoint"] == "deleteConsent"]
    assert len(asked) == 3


def test_an_access_that_the_person_withdrew_at_the_bank_is_closed_when_that_shows(
    world: World, api: CheckedApi
):
    _session, token = grant(api, "test-withdrawn")
    assert import_under(api, token) == "successful"
    assert import_under(api, token) == GONE
    assert reuse(api, token).exception == GONE
    assert delete(api, token).exception == GONE
    assert kinds(world, api).count(EventKind.CONSENT_ENDED) == 1


@pytest.mark.parametrize(
    ("target", "endpoint"),
    [
        ("KontoBankApi", "getTransactionsDone"),
        ("CsobApi_cz", "*"),
        ("UnicreditApi_cz", "*"),
        ("AliorApi", "getTransactionsDone"),
    ],
)
def test_withdrawal_is_noticed_through_every_standard(
    world: World, api: CheckedApi, target: str, endpoint: str
):
    session, token = grant(api, target=target)
    assert ended_as(api.finished(session)) == "successful"
    world.bank.plan("withdrawn", path=endpoint)
    assert import_under(api, token) == GONE
    assert reuse(api, token).exception == GONE


@pytest.mark.parametrize("target", ["KontoBankApi", "CsobApi_cz", "UnicreditApi_cz"])
def test_every_standard_serves_a_reused_session_and_hears_of_a_revocation(
    world: World, api: CheckedApi, target: str
):
    session, token = grant(api, target=target)
    assert ended_as(api.finished(session)) == "successful"
    world.later(hours=1)
    assert import_under(api, token) == "successful"
    before = len(world.bank.log())
    assert delete(api, token).status == 200
    assert [row["status"] for row in world.bank.log()[before:]][-1] in (200, 204)


def test_an_access_is_over_after_180_days_and_not_before(world: World, api: CheckedApi):
    _session, token = grant(api)
    world.later(hours=180 * 24 - 1)
    assert reuse(api, token).status == 200
    world.later(hours=2)
    assert reuse(api, token).exception == GONE
    assert delete(api, token).exception == GONE
    world.house.run(purge)
    world.house.run(purge)
    assert kinds(world, api).count(EventKind.CONSENT_ENDED) == 1


def test_an_access_lives_no_longer_than_the_bank_says(
    world: World, api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    shorter = world.clock() + timedelta(days=90)
    given = Access(
        grant="g", access_token=Secret(""), expires_at=shorter, valid_until=shorter, memory={}
    )
    target = a_target(name="ProbnyBankApi", interface=Interface.PSD2, multiple_access=True)
    offer(monkeypatch, ScriptedBank([Done(access=given)]), target)
    _session, token = grant(api, target=target.name)
    world.later(hours=90 * 24 - 1)
    assert reuse(api, token).status == 200
    world.later(hours=1)
    assert reuse(api, token).exception == GONE


def test_while_the_fallback_is_used_a_reuse_waits_and_spends_nothing(world: World, api: CheckedApi):
    _session, token = grant(api, target="PkoApi")
    assert world.house.platform is not None
    target = world.house.platform.catalog.find("PkoApi", Environment.TEST)
    assert target is not None
    assert target.fallback
    store, before = world.house.platform.store, len(world.bank.log())

    def by_hand(way: Way) -> None:
        world.house.run(lambda _: switch_by_hand(store, world.clock, [target], way))

    by_hand(Way.FALLBACK)
    try:
        for refused in (reuse(api, token), reuse_in_json(api, token)):
            assert (refused.status, refused.exception) == (503, "ServiceTemporarilyUnavailable")
            assert int(refused.headers["retry-after"]) > 0
        assert len(world.bank.log()) == before
    finally:
        by_hand(Way.PSD2)
    assert import_under(api, token) == "successful"


def test_two_reuses_at_once_are_two_sessions_and_one_token_is_asked_for(
    world: World, api: CheckedApi
):
    _session, token = grant(api)
    world.later(minutes=10)
    before = len(world.bank.log())
    ended: list[str] = []
    together = [
        threading.Thread(target=lambda: ended.append(import_under(api, token))) for _ in "ab"
    ]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert ended == ["successful", "successful"]
    asked = [row["endpoint"] for row in world.bank.log()[before:]]
    assert asked.count("token") == 1


def test_two_revocations_at_once_end_it_once(world: World, api: CheckedApi):
    _session, token = grant(api)
    answers: list[int] = []
    together = [
        threading.Thread(target=lambda: answers.append(delete(api, token).status)) for _ in "abc"
    ]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert sorted(answers) == [200, 404, 404]
    assert kinds(world, api).count(EventKind.CONSENT_ENDED) == 1


def test_a_revocation_while_an_import_runs_lets_it_end_and_nothing_after_it(
    world: World, api: CheckedApi
):
    session, token = grant(api)
    world.bank.plan("slow", path="getAccount", delay_ms=1_500)
    running = command_of(api.submit(session)).attrib["id"]
    while state_of(api.call("GET", f"/v1/command/{running}.xml")) == "setup":
        time.sleep(0.02)
    assert delete(api, token).status == 200
    assert ended_as(api.poll(running)) in {"successful", GONE}
    assert reuse(api, token).exception == GONE


def test_data_deleted_while_an_import_under_it_runs_stays_deleted_and_the_access_lives(
    world: World, api: CheckedApi
):
    session, token = grant(api, ownerExternalId="loan-7781")
    api.finished(session)
    again = session_in(reuse(api, token))
    world.bank.plan("slow", path="getHolds", delay_ms=2000)
    running = command_of(api.submit(again)).attrib["id"]
    while state_of(api.call("GET", f"/v1/command/{running}.xml")) == "setup":
        time.sleep(0.02)
    body = {"ownerExternalId": "loan-7781"}
    assert api.call("POST", "/v1/data/delete", json_body=body).status == 200
    assert ended_as(api.poll(running)) == "SessionExpired"
    assert api.data("loan-7781").status == 404
    assert import_under(api, token) == "successful"
    assert api.data("loan-7781").status == 200


def test_the_owner_given_with_the_import_is_that_of_every_later_session(api: CheckedApi):
    session, token = grant(api)
    assert owner_of(api.submit(session, ownerExternalId="loan-7781")) == "loan-7781"
    assert owner_of(reuse(api, token)) == "loan-7781"


def test_reuse_is_for_clients_with_the_product_and_revoking_for_all(world: World, api: CheckedApi):
    _session, token = grant(api)
    assert world.house.platform is not None
    store = world.house.platform.store
    world.house.run(lambda _: switch_product(store, api.client_id, Product.MULTIPLE_ACCESS, False))
    time.sleep(0.01)
    world.clock.advance(seconds=3)
    assert reuse(api, token).exception == "FeatureNotEnabled"
    assert delete(api, token).status == 200


@pytest.mark.parametrize(
    ("mode", "target", "expected"),
    [
        ("MULTIPLE", "KontoBankApi", True),
        ("MIXED", "KontoBankApi", True),
        ("MIXED", "KontoBankApi_es", False),
        ("SINGLE", "KontoBankApi", False),
    ],
)
def test_each_mode_gives_what_the_bank_can_and_the_person_is_told(
    api: CheckedApi, mode: str, target: str, expected: bool
):
    made = api.started(accessMode=mode, target=target, locale="en")
    page = browse(f"{made['redirectionLink']}/consent?target={target}").body
    assert ("gives access only once" in page) == (mode == "MIXED" and not expected)
    sign_in(made["redirectionLink"])
    params: dict[str, Any] = api.status(redirectionId=made["redirectionId"])["params"]
    assert bool(params["multipleAccessId"]) == expected
    pair = (params["sessionId"], params["sessionIdSignature"])
    assert len(rows_of(api.finished(pair))) > 0
