"""The command's time limit: what came in is kept and flagged, nothing at all is an error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.checked import HALF_A_YEAR, JSON, CheckedApi, rows_of
from tests.e2e.fixtures import World
from tests.support.platform import Reply, command_of, failure_of, state_of

ENDLESS = {"delay_ms": 3_600_000}


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return {"COMMAND_RUN_S": 2}


def told(api: CheckedApi, ended: Reply) -> dict[str, Any]:
    path = f"/v1/command/{command_of(ended).attrib['id']}.xml"
    found: dict[str, Any] = api.call("GET", path, accept=JSON).json
    return found


def test_an_account_cut_short_is_flagged_and_its_first_pages_are_kept(api: CheckedApi):
    ended = api.finished(
        api.mock_session("test-slow", ownerExternalId="loan-7781"), since=HALF_A_YEAR
    )
    assert (state_of(ended), command_of(ended).findtext("progress/value")) == ("successful", "100")
    (account,) = ended.xml.findall(".//result/accounts/account")
    assert account.attrib == {"partialDueToTimeout": "true"}
    assert 1 <= len(rows_of(ended)) < 72
    receipt = told(api, ended)["receipt"]
    assert receipt["outcome"] == "partial"
    assert [check["reason"] for check in receipt["balances"]] == ["list_cut"]
    kept = api.data("loan-7781").xml.find(".//account")
    assert kept is not None
    assert kept.attrib == {"partialDueToTimeout": "true"}


def test_a_whole_account_carries_no_flag(api: CheckedApi):
    ended = api.imported(since=HALF_A_YEAR)
    assert [account.attrib for account in ended.xml.findall(".//account")] == [{}]
    receipt = told(api, ended)["receipt"]
    (check,) = receipt.pop("balances")
    counts = {"accounts": 1, "pages": 3, "rows": 72, "fetched": 72, "new": 72}
    bank = {"target": "KontoBankApi", "standard": "PolishAPI 2.1.2", "version": "v2_1_2.1"}
    assert receipt == {"outcome": "complete", "changed": 0, "retired": 0} | counts | bank
    assert (check["gap"], check["currency"], check["newestOn"]) == (0, "PLN", "2026-03-02")


@pytest.mark.parametrize("endpoint", ["getTransactionsPending", "getHolds", "getTransactionsDone"])
def test_a_list_that_never_comes_flags_its_account(world: World, api: CheckedApi, endpoint: str):
    session = api.mock_session("test2")
    world.bank.plan("slow", path=endpoint, **ENDLESS)
    ended = api.finished(session)
    assert state_of(ended) == "successful"
    assert ended.xml.find(".//account[@partialDueToTimeout='true']") is not None
    assert (len(rows_of(ended)) > 20) is (endpoint != "getTransactionsDone")


def test_only_the_account_cut_short_is_flagged(world: World, api: CheckedApi):
    session = api.mock_session("test3")
    world.bank.plan("slow", path="getTransactionsDone", **ENDLESS)
    ended = api.finished(session)
    read = ended.xml.findall(".//account") + ended.xml.findall(".//creditCard")
    flags = [one.attrib for one in read]
    assert flags.count({"partialDueToTimeout": "true"}) == 1
    assert flags.count({}) == len(flags) - 1 >= 2


def test_nothing_read_in_time_is_an_error(world: World, api: CheckedApi):
    session = api.mock_session(ownerExternalId="loan-7781")
    world.bank.plan("slow", path="getAccount", **ENDLESS)
    ended = api.finished(session)
    assert (state_of(ended), failure_of(ended)) == ("error", "ServiceTemporarilyUnavailable")
    assert told(api, ended)["receipt"]["outcome"] == "failed"
    assert api.data("loan-7781").status == 404


def test_a_page_that_failed_is_an_error_however_much_was_read(world: World, api: CheckedApi):
    session = api.mock_session("test3")
    world.bank.plan("status", status=500, path="getHolds", after=1)
    assert state_of(api.finished(session)) == "error"


def test_the_receipt_of_a_failure_says_how_far_it_came(world: World, api: CheckedApi):
    whole = told(api, api.finished(api.mock_session("test2")))["receipt"]
    session = api.mock_session("test2")
    second = {"kind": "status", "status": 500, "path": "getTransactionsDone", "nth": [2]}
    world.bank.follow(seed=1, fault=[second])
    receipt = told(api, api.finished(session))["receipt"]
    world.bank.follow()
    assert (receipt["outcome"], receipt["rows"], receipt["new"]) == ("failed", 0, 0)
    assert 0 < receipt["pages"] < whole["pages"]
    assert 0 < receipt["fetched"] < whole["fetched"]
