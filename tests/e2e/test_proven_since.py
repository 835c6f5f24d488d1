"""A receipt says since when the balance is proven: a list cut without a trace is not that long."""

from __future__ import annotations

from typing import Any

from tests.e2e.checked import HALF_A_YEAR, CheckedApi, rows_of
from tests.e2e.fixtures import World
from tests.support.consents import JSON
from tests.support.platform import command_of

LOGIN = "bench-1x300-cut-short"


def proven_and_booked(api: CheckedApi) -> tuple[str, str]:
    """Since when the receipt of an import says its balance is proven, and its first row's day."""
    ended = api.finished(api.mock_session(LOGIN), since=HALF_A_YEAR)
    address = f"/v1/command/{command_of(ended).attrib['id']}.xml"
    told: dict[str, Any] = api.call("GET", address, accept=JSON).json
    assert told["receipt"]["outcome"] == "complete"
    (check,) = told["receipt"]["balances"]
    assert check["gap"] == 0
    booked = (row.findtext("bookedOn") for row in rows_of(ended))
    return check["provenSince"], min(day for day in booked if day)


def test_a_list_cut_without_a_trace_is_proven_since_its_own_oldest_row(
    world: World, api: CheckedApi
):
    cut = {"kind": "no_next_page", "path": "getTransactionsDone", "login": LOGIN, "nth": [1]}
    world.bank.follow(seed=1, fault=[cut])
    short_since, first_of_short = proven_and_booked(api)
    whole_since, first_of_whole = proven_and_booked(api)
    assert short_since == first_of_short
    assert whole_since == first_of_whole
    assert whole_since < short_since
