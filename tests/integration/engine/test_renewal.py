"""A new consent of the same person takes the old one's place without a gap, or changes nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from opensaldo.connectors.http import Door
from opensaldo.domain.client import Environment, Product
from opensaldo.domain.event import EventKind
from opensaldo.engine import consent_list
from opensaldo.engine.retention import purge
from opensaldo.store.queries import events
from tests.e2e.checked import SHOP, CheckedApi, agree, browse, sign_in
from tests.e2e.fixtures import DATABASES, World
from tests.support.bank import WrongPage, walk
from tests.support.consents import delete, ended_as, grant, import_under, reuse, session_in
from tests.support.platform import command_of, state_of

KEEPS_BOTH, ENDS_OLD = "KontoBankApi", "UnicreditApi_cz"
KINDS = pytest.mark.parametrize("target", [KEEPS_BOTH, ENDS_OLD])
GONE = "InvalidMultipleAccessId"
OWNER = "loan-7781"
LATER: Callable[[], Any] = object


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def api(world: World, monkeypatch: pytest.MonkeyPatch) -> CheckedApi:
    monkeypatch.setattr(f"{__name__}.LATER", lambda: world.later(seconds=1))
    return world.client(Product.MULTIPLE_ACCESS)


def renewed(api: CheckedApi, target: str, **more: Any) -> tuple[tuple[str, str], str]:
    """One more consent of the same person, a second after whatever was before."""
    LATER()
    return grant(api, target=target, ownerExternalId=OWNER, **more)


def states(api: CheckedApi) -> list[str]:
    """What became of the owner's consents, the newest first."""
    reply = api.call("GET", "/v1/consents", query={"ownerExternalId": OWNER})
    return [one["state"] for one in reply.json["consents"]]


def told(world: World, api: CheckedApi, kind: EventKind) -> int:
    assert world.house.platform is not None
    with world.house.platform.store.read() as connection:
        found = events.events_after(connection, api.client_id, Environment.TEST, 0, 300)
    return sum(event.kind is kind for _number, event in found)


def test_the_old_consent_serves_until_the_new_one_has_proved_itself(world: World, api: CheckedApi):
    first, old = renewed(api, KEEPS_BOTH)
    assert ended_as(api.finished(first)) == "successful"
    second, new = renewed(api, KEEPS_BOTH)
    assert states(api) == ["ACTIVE", "ACTIVE"]
    assert import_under(api, old) == "successful"
    assert ended_as(api.finished(second)) == "successful"
    assert states(api) == ["ACTIVE", "REPLACED"]
    assert reuse(api, old).exception == delete(api, old).exception == GONE
    assert import_under(api, new) == "successful"
    deadline = time.monotonic() + 10
    while not any(row["endpoint"] == "deleteConsent" for row in world.bank.log()):
        assert time.monotonic() < deadline, "the bank was not told"
        time.sleep(0.05)
    assert told(world, api, EventKind.CONSENT_ENDED) == 1


def test_a_new_consent_whose_first_import_fails_leaves_the_old_one_working(
    world: World, api: CheckedApi
):
    _first, old = renewed(api, KEEPS_BOTH)
    second, new = renewed(api, KEEPS_BOTH)
    world.bank.plan("status", status=503, path="getAccount")
    assert ended_as(api.finished(second)) == "ServiceTemporarilyUnavailable"
    assert states(api) == ["ACTIVE", "ACTIVE"]
    assert import_under(api, old) == "successful"
    assert import_under(api, new) == "successful"
    assert states(api) == ["ACTIVE", "REPLACED"]


def test_where_the_bank_ends_the_old_consent_the_new_one_takes_over_at_once(
    world: World, api: CheckedApi
):
    first, old = renewed(api, ENDS_OLD)
    assert ended_as(api.finished(first)) == "successful"
    second, new = renewed(api, ENDS_OLD)
    assert states(api) == ["ACTIVE", "REPLACED"]
    assert reuse(api, old).exception == GONE
    assert ended_as(api.finished(second)) == "successful"
    assert import_under(api, new) == "successful"


def test_imports_of_the_old_consent_wait_for_the_first_success_of_the_new_one(
    world: World, api: CheckedApi
):
    first, old = renewed(api, ENDS_OLD)
    assert ended_as(api.finished(first)) == "successful"
    open_session = session_in(reuse(api, old))
    second, _new = renewed(api, ENDS_OLD)
    waiting = command_of(api.submit(open_session)).attrib["id"]
    time.sleep(1)
    assert state_of(api.call("GET", f"/v1/command/{waiting}.xml")) == "in_progress"
    assert ended_as(api.finished(second)) == "successful"
    assert ended_as(api.poll(waiting)) == "successful"


def test_an_import_that_the_bank_cuts_off_by_the_renewal_goes_on_with_the_new_consent(
    world: World, api: CheckedApi
):
    first, old = renewed(api, ENDS_OLD)
    assert ended_as(api.finished(first)) == "successful"
    session = session_in(reuse(api, old))
    world.bank.plan("slow", path="*", delay_ms=1_500)
    running = command_of(api.submit(session)).attrib["id"]
    time.sleep(0.3)
    second, _new = renewed(api, ENDS_OLD)
    assert ended_as(api.finished(second)) == "successful"
    assert ended_as(api.poll(running)) == "successful"


def test_the_first_reading_is_tried_again_and_then_the_consent_is_lost(
    world: World, api: CheckedApi
):
    _first, _old = renewed(api, ENDS_OLD)
    second, _new = renewed(api, ENDS_OLD)
    world.bank.plan("status", status=401, code="TOKEN_INVALID", path="*", times=1)
    assert ended_as(api.finished(second)) == "successful"
    third, newest = renewed(api, ENDS_OLD)
    world.bank.plan("status", status=401, code="CONSENT_INVALID", path="*", times=60)
    lost = api.finished(third)
    world.bank.clear()
    assert ended_as(lost) == GONE
    assert b"the consent is lost" in lost.body
    assert reuse(api, newest).exception == GONE
    assert set(states(api)) <= {"WITHDRAWN", "REPLACED"}


@KINDS
@pytest.mark.parametrize("step", ["at our consent", "at the bank", "typed wrongly", "left there"])
def test_a_renewal_that_is_given_up_changes_nothing(api: CheckedApi, target: str, step: str):
    first, old = renewed(api, target)
    assert ended_as(api.finished(first)) == "successful"
    made = api.started(
        target=target, accessMode="MULTIPLE", ownerExternalId=OWNER, redirectUri=SHOP
    )
    if step == "at our consent":
        link = made["redirectionLink"]
        browse(f"{link}/consent", {"target": target, "decision": "cancel"})
    else:
        at_bank = agree(made, target).location or ""
        asyncio.run(give_up(at_bank, step))
    assert states(api) == ["ACTIVE"]
    assert import_under(api, old) == "successful"


@pytest.mark.parametrize(("target", "end"), [(KEEPS_BOTH, "successful"), (ENDS_OLD, GONE)])
def test_who_authorises_at_the_bank_and_does_not_come_back_loses_only_what_the_bank_ends(
    world: World, api: CheckedApi, target: str, end: str
):
    first, old = renewed(api, target)
    assert ended_as(api.finished(first)) == "successful"
    LATER()
    made = api.started(target=target, accessMode="MULTIPLE", ownerExternalId=OWNER)
    at_bank = agree(made, target).location or ""

    async def authorise() -> None:
        async with Door() as door:
            await walk(door, at_bank, "test1")

    asyncio.run(authorise())
    assert states(api) == ["ACTIVE"]
    assert import_under(api, old) == end
    assert states(api) == ["ACTIVE" if end == "successful" else "WITHDRAWN"]


async def give_up(address: str, step: str) -> None:
    async with Door() as door:
        if step == "at the bank":
            await walk(door, address, "test1", decision="cancel")
        elif step == "typed wrongly":
            with pytest.raises(WrongPage):
                await walk(door, address, "test1", password="wrong")
        else:
            await door.browse("GET", address, None, {})


@KINDS
def test_accounts_stay_themselves_over_a_renewal(world: World, api: CheckedApi, target: str):
    first, _old = renewed(api, target)
    api.finished(first)
    before = api.data(OWNER).xml
    second, _new = renewed(api, target)
    assert ended_as(api.finished(second)) == "successful"
    after = api.data(OWNER).xml
    ibans = [one.text for one in before.iter("iban")]
    assert [one.text for one in after.iter("iban")] == ibans
    assert len(list(after.iter("moneyTransaction"))) == len(list(before.iter("moneyTransaction")))


def test_consents_of_other_people_and_other_banks_are_left_alone(api: CheckedApi):
    _one, of_other = grant(api, ownerExternalId="loan-2")
    _two, at_other = grant(api, target="AliorApi", ownerExternalId=OWNER)
    first, _old = renewed(api, KEEPS_BOTH)
    second, _new = renewed(api, KEEPS_BOTH)
    assert ended_as(api.finished(second)) == "successful"
    assert import_under(api, of_other) == import_under(api, at_other) == "successful"
    assert first


def test_two_proofs_at_once_replace_once(world: World, api: CheckedApi):
    _first, _old = renewed(api, KEEPS_BOTH)
    _second, new = renewed(api, KEEPS_BOTH)
    ended: list[str] = []
    together = [
        threading.Thread(target=lambda: ended.append(import_under(api, new))) for _ in range(2)
    ]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert ended == ["successful"] * 2
    assert told(world, api, EventKind.CONSENT_ENDED) == 1


def test_a_client_is_warned_once_14_days_before_the_end_and_sees_the_date(
    world: World, api: CheckedApi
):
    _session, token = renewed(api, KEEPS_BOTH)
    world.later(hours=166 * 24 - 1)
    world.house.run(purge)
    assert told(world, api, EventKind.CONSENT_EXPIRING) == 0
    world.later(hours=1)
    for _ in range(3):
        world.house.run(purge)
    assert told(world, api, EventKind.CONSENT_EXPIRING) == 1
    (shown,) = api.call("GET", "/v1/consents").json["consents"]
    assert (shown["multipleAccessId"], shown["state"]) == (token, "ACTIVE")
    assert shown["validUntil"] == "2026-08-29T12:00:01Z"
    assert (shown["importsLeft"], shown["ownerExternalId"]) == (4, OWNER)
    world.later(hours=14 * 24)
    world.house.run(purge)
    (shown,) = api.call("GET", "/v1/consents").json["consents"]
    assert shown["state"] == "EXPIRED"
    assert "importsLeft" not in shown


def test_the_list_shows_a_clients_own_consents_only(world: World, api: CheckedApi):
    renewed(api, KEEPS_BOTH)
    grant(api, ownerExternalId="loan-2")
    other = world.client(Product.MULTIPLE_ACCESS)
    assert len(api.call("GET", "/v1/consents").json["consents"]) == 2
    assert other.call("GET", "/v1/consents").json == {"consents": [], "more": False}
    assert states(other) == []


def test_the_list_comes_in_pages_and_leaves_none_out(
    world: World, api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(consent_list, "CONSENTS_A_PAGE", 2)
    tokens = [grant(api, ownerExternalId=f"loan-{number}")[1] for number in range(3)]
    world.later(seconds=1)
    tokens += [grant(api, ownerExternalId="loan-0")[1] for _ in range(2)]
    seen: list[str] = []
    more = True
    while more:
        query = {"before": seen[-1]} if seen else None
        page = api.call("GET", "/v1/consents", query=query).json
        seen += [one["multipleAccessId"] for one in page["consents"]]
        more = page["more"]
    assert sorted(seen) == sorted(tokens)
    assert set(seen[:2]) == set(tokens[3:])
    other = world.client(Product.MULTIPLE_ACCESS)
    for asking, before in ((other, seen[0]), (api, "f" * 64), (api, "first")):
        refused = asking.call("GET", "/v1/consents", query={"before": before})
        assert (refused.status, refused.exception) == (404, GONE)


def test_the_sign_in_pages_renew_as_the_mock_session_does(api: CheckedApi):
    first, old = renewed(api, KEEPS_BOTH)
    api.finished(first)
    LATER()
    made = api.started(accessMode="MULTIPLE", ownerExternalId=OWNER)
    sign_in(made["redirectionLink"])
    params = api.status(redirectionId=made["redirectionId"])["params"]
    assert params["multipleAccessId"] != old
    pair = (params["sessionId"], params["sessionIdSignature"])
    assert ended_as(api.finished(pair)) == "successful"
    assert states(api) == ["ACTIVE", "REPLACED"]
