"""What a bank does wrong, and the exception each fault ends in (issue 2, "Bank faults")."""

from __future__ import annotations

from typing import Any

import pytest

from opensaldo.domain.client import Product
from tests.e2e.checked import CheckedApi, agree, rows_of, sign_in
from tests.e2e.fixtures import World
from tests.support.platform import command_of, failure_of, state_of

DOWN = "ServiceTemporarilyUnavailable"
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "reset": ({"kind": "reset"}, "IO"),
    "truncated": ({"kind": "truncate"}, "IO"),
    "500": ({"kind": "status", "status": 500}, DOWN),
    "502": ({"kind": "status", "status": 502}, DOWN),
    "503": ({"kind": "status", "status": 503}, DOWN),
    "503 announced": (
        {"kind": "status", "status": 503, "code": "MAINTENANCE"},
        "ServiceMaintenance",
    ),
    "400": ({"kind": "status", "status": 400}, DOWN),
    "404": ({"kind": "status", "status": 404}, DOWN),
    "429": ({"kind": "status", "status": 429, "retry_after_s": 60}, DOWN),
    "HTML instead of JSON": ({"kind": "html"}, DOWN),
    "nonsense": ({"kind": "nonsense"}, DOWN),
    "wrong signature": ({"kind": "bad_signature"}, DOWN),
    "no signature": ({"kind": "missing_signature"}, DOWN),
    "expired token": ({"kind": "expired_token"}, "SessionExpired"),
    "withdrawn": ({"kind": "withdrawn"}, "SessionExpired"),
}
ENDPOINTS = ("getAccount", "getTransactionsDone", "getTransactionsPending", "getHolds")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(("fault", "name"), FAULTS.values(), ids=FAULTS)
def test_a_fault_ends_the_command_in_its_name(
    world: World, api: CheckedApi, fault: dict[str, Any], name: str, endpoint: str
):
    session = api.mock_session(ownerExternalId="loan-7781")
    world.bank.plan(**fault, path=endpoint)
    ended = api.finished(session)
    assert (state_of(ended), failure_of(ended)) == ("error", name)
    assert command_of(ended).findtext("exception/message")
    assert command_of(ended).find("result") is None
    assert int(command_of(ended).findtext("progress/value") or "-1") < 100
    assert api.data("loan-7781").status == 404


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"kind": "status", "status": 429}, "MultipleAccessLimitExceeded"),
        ({"kind": "withdrawn"}, "InvalidMultipleAccessId"),
        ({"kind": "expired_token"}, "SessionExpired"),
    ],
)
def test_a_consents_client_hears_of_limits_and_withdrawal_by_their_own_names(
    world: World, fault: dict[str, Any], name: str
):
    api = world.client(Product.MULTIPLE_ACCESS)
    session = api.mock_session(multipleAccess="true")
    world.bank.plan(**fault, path="getTransactionsDone")
    ended = api.finished(session)
    assert (state_of(ended), failure_of(ended)) == ("error", name)


def test_a_bank_that_leads_in_a_circle_is_out_of_order(world: World, api: CheckedApi):
    session = api.mock_session("test2")
    world.bank.plan("loop_pages", path="getTransactionsDone", times=50)
    assert failure_of(api.finished(session)) == DOWN


def test_a_bank_that_is_only_slow_is_waited_for(world: World, api: CheckedApi):
    session = api.mock_session()
    for endpoint in ENDPOINTS:
        world.bank.plan("slow", path=endpoint, delay_ms=300)
    assert state_of(api.finished(session)) == "successful"


def test_a_bank_that_forgets_the_next_page_of_a_short_list_does_no_harm(
    world: World, api: CheckedApi
):
    session = api.mock_session()
    world.bank.plan("no_next_page", path="getTransactionsDone")
    assert state_of(api.finished(session)) == "successful"


def test_a_fault_of_one_account_fails_the_whole_import(world: World, api: CheckedApi):
    session = api.mock_session("test3")
    world.bank.plan("status", status=500, path="getTransactionsDone", after=1)
    assert failure_of(api.finished(session)) == DOWN


def test_nothing_is_tried_a_second_time(world: World, api: CheckedApi):
    session = api.mock_session()
    world.bank.plan("status", status=500, path="getTransactionsDone")
    api.finished(session)
    calls = [row for row in world.bank.log() if row["endpoint"] == "getTransactionsDone"]
    assert len(calls) == 1


@pytest.mark.parametrize("endpoint", ["authorize", "token"])
@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"kind": "reset"}, "IO"),
        ({"kind": "status", "status": 500}, DOWN),
        ({"kind": "status", "status": 429}, DOWN),
        ({"kind": "status", "status": 503, "code": "MAINTENANCE"}, "ServiceMaintenance"),
        ({"kind": "html"}, DOWN),
        ({"kind": "nonsense"}, DOWN),
        ({"kind": "bad_signature"}, DOWN),
    ],
)
def test_a_fault_while_the_mock_session_signs_in_is_503_with_its_name(
    world: World, api: CheckedApi, fault: dict[str, Any], name: str, endpoint: str
):
    world.bank.plan(**fault, path=endpoint)
    refused = api.call("POST", "/v1/mock-session.xml", {"target": "KontoBankApi"})
    assert (refused.status, refused.exception) == (503, name)
    assert state_of(api.imported()) == "successful"


def test_a_bank_that_cannot_start_the_sign_in_leaves_the_link_usable(world: World, api: CheckedApi):
    made = api.started()
    world.bank.plan("status", status=503, path="authorize", retry_after_s=60)
    assert agree(made).status == 503
    assert api.status(redirectionId=made["redirectionId"])["status"] == "PENDING"
    sign_in(made["redirectionLink"])
    assert api.status(redirectionId=made["redirectionId"])["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"kind": "reset"}, "IO"),
        ({"kind": "html"}, DOWN),
        ({"kind": "bad_signature"}, DOWN),
        ({"kind": "status", "status": 400}, "SessionExpired"),
    ],
)
def test_a_fault_at_the_code_exchange_ends_the_redirection_with_its_name(
    world: World, api: CheckedApi, fault: dict[str, Any], name: str
):
    made = api.started()
    world.bank.plan(**fault, path="token")
    assert sign_in(made["redirectionLink"]) == {"redirectionId": made["redirectionId"]}
    found = api.status(redirectionId=made["redirectionId"])
    assert (found["status"], found["params"]["exception"]) == ("ERROR", name)


def test_a_consents_token_that_ran_out_is_renewed_before_the_import(world: World):
    api = world.client(Product.MULTIPLE_ACCESS)
    session = api.mock_session(multipleAccess="true")
    world.later(minutes=4, seconds=59)
    assert len(rows_of(api.finished(session))) > 20
    asked = [row["endpoint"] for row in world.bank.log()]
    assert asked.count("token") == 2


def test_a_single_access_whose_token_ran_out_says_that_the_session_expired(
    world: World, api: CheckedApi
):
    session = api.mock_session()
    world.later(minutes=4, seconds=59)
    assert failure_of(api.finished(session)) == "SessionExpired"
