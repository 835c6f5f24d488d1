"""Rows that do not add up to the bank's balance are read once more: a success then, or an error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.checked import CheckedApi, rows_of
from tests.e2e.fixtures import World
from tests.support.consents import JSON
from tests.support.platform import Reply, command_of, failure_of, state_of
from tests.support.switchboard import calls

SINCE = "2025-12-05"  # 88 days before NOON
LISTS = {  # banks that do not count the rows of a list: only the balance tells of the missing page
    "KontoBankApi": "getTransactionsDone",
    "KontoBankApi_ro": "getTransactions",
}


def imported(world: World, api: CheckedApi, target: str, login: str) -> tuple[Reply, list[str]]:
    """The final poll of an import, and which pages of the list the bank was asked for."""
    before = max((one["sequence"] for one in calls(world.bank.url)), default=0)
    reply = api.finished(api.mock_session(login, target=target), since=SINCE)
    asked = [one for one in calls(world.bank.url, before) if one["endpoint"] == LISTS[target]]
    return reply, [one["page"] for one in asked]


def receipt_of(api: CheckedApi, reply: Reply) -> dict[str, Any]:
    address = f"/v1/command/{command_of(reply).attrib['id']}.xml"
    found: dict[str, Any] = api.call("GET", address, accept=JSON).json["receipt"]
    return found


@pytest.mark.parametrize("target", LISTS)
def test_a_list_without_its_newest_page_is_read_once_more_and_then_is_whole(
    world: World, api: CheckedApi, target: str
):
    login = "bench-1x300-once-more"
    honest, pages = imported(world, api, target, login)
    world.bank.follow(
        seed=1, fault=[{"kind": "missing_page", "path": LISTS[target], "login": login, "nth": [1]}]
    )
    reply, asked = imported(world, api, target, login)
    assert state_of(reply) == "successful", reply.body[-500:]
    assert len(rows_of(reply)) == len(rows_of(honest))
    assert asked == [*pages[:-1], *pages]
    receipt = receipt_of(api, reply)
    assert (receipt["rereads"], receipt["outcome"]) == (1, "complete")
    assert "rereads" not in receipt_of(api, honest)


@pytest.mark.parametrize("target", LISTS)
def test_a_list_that_lacks_it_twice_is_an_error_and_nothing_is_kept(
    world: World, api: CheckedApi, target: str
):
    login = "bench-1x300-not-again"
    _, pages = imported(world, api, target, login)
    nth = [1, len(pages)]  # the first page of each reading: one page was missing of the first
    world.bank.follow(
        seed=1, fault=[{"kind": "missing_page", "path": LISTS[target], "login": login, "nth": nth}]
    )
    reply, asked = imported(world, api, target, login)
    assert asked.count("first") == 2, "never a third time"
    assert (state_of(reply), failure_of(reply)) == ("error", "ServiceTemporarilyUnavailable")
    assert rows_of(reply) == []
    receipt = receipt_of(api, reply)
    assert (receipt["rereads"], receipt["outcome"]) == (1, "failed")
    assert receipt["fetched"] > 0
    assert [receipt[name] for name in ("accounts", "rows", "new", "changed", "retired")] == [0] * 5
