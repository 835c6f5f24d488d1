"""A client that asks each day for what is new alone: nothing fails, nothing is wrongly retired.

Rows come in under earlier days and book days after they were made, so a range of a day or two
proves nothing by itself; more is read than is asked for.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from opensaldo.domain.client import Product
from tests.e2e.checked import CheckedApi, days_of, sign_in
from tests.e2e.fixtures import World
from tests.support.clock import NOON
from tests.support.consents import JSON, grant, reuse_in_json
from tests.support.platform import command_of, failure_of, state_of
from tests.support.truth import truth_of

LOGIN = "alive-1x60-day-by-day"
DAYS = 18  # so that what was on its way at first is over its 14 days
NEVER_BOOKS_AS_IT_WAS = {"vanishes", "merges", "splits"}
TARGETS = {"KontoBankApi": "pl", "KontoBankApi_cz": "cz", "UnicreditApi_cz": "cz"}


@pytest.fixture
def api(world: World) -> CheckedApi:
    return world.client(Product.MULTIPLE_ACCESS)


def result_of(api: CheckedApi, command_id: str) -> dict[str, Any]:
    ended = api.poll(command_id)
    assert state_of(ended) == "successful", failure_of(ended)
    found: dict[str, Any] = api.call("GET", f"/v1/command/{command_id}.xml", accept=JSON).json
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_day_by_day_every_import_succeeds_and_only_what_is_gone_is_retired(
    world: World, api: CheckedApi, target: str
):
    session, token = grant(api, LOGIN, target=target)
    first = command_of(api.submit(session, since="2026-01-10")).attrib["id"]
    had: dict[str, dict[str, Any]] = {}
    retired: list[dict[str, Any]] = []
    result = result_of(api, first)
    for _ in range(DAYS):
        rows = [row for account in result["accounts"] for row in account["transactions"]]
        assert result["receipt"]["new"] == len([row for row in rows if row["id"] not in had])
        had |= {row["id"]: row for row in rows}
        world.later(hours=24)
        yesterday = (world.clock().date() - timedelta(days=1)).isoformat()
        again = reuse_in_json(api, token, since=yesterday).json["id"]
        result = result_of(api, again)
        assert all(day >= yesterday for day in days_of(api.poll(again)) if day)
        retired += [had[gone] for gone in result["receipt"].get("retiredIds", ())]
    assert retired
    payments = [one for one in truth_of(world.bank, LOGIN, TARGETS[target]) if "fate" in one]
    for row in retired:
        assert NEVER_BOOKS_AS_IT_WAS & fates_of(row, payments), row


def fates_of(row: dict[str, Any], payments: list[dict[str, Any]]) -> set[str]:
    """What became of the payments that were ever listed like this row."""
    minor = int(Decimal(str(row["amount"])) * 100)
    return {
        payment["fate"]
        for payment in payments
        for one in payment["appearances"]
        if (one["minor"], one["text"]) == (minor, row.get("description"))
    }


def test_an_account_that_was_never_asked_for_more_is_proven_too(api: CheckedApi):
    for login in ("alive-1x60-seen-once", "alive-1x60-seen-again"):
        since = (NOON.date() - timedelta(days=2)).isoformat()
        ended = api.finished(api.mock_session(login), since=since)
        assert state_of(ended) == "successful", failure_of(ended)
        assert all(day >= since for day in days_of(ended) if day)


def test_never_is_more_read_than_the_person_was_told(api: CheckedApi):
    day_20, day_1 = ((NOON.date() - timedelta(days=back)).isoformat() for back in (20, 1))
    fetched = []
    for since in (day_20, day_1):
        made = api.started(maxImportDate=day_20)
        sign_in(made["redirectionLink"], LOGIN)
        session = (made["sessionId"], made["sessionIdSignature"])
        ended = api.finished(session, since=since)
        place = f"/v1/command/{command_of(ended).attrib['id']}.xml"
        fetched.append(api.call("GET", place, accept=JSON).json["receipt"]["fetched"])
    assert fetched[0] == fetched[1]


def test_where_no_more_may_be_read_nothing_fails_for_what_cannot_add_up(api: CheckedApi):
    reasons: set[str] = set()
    for back, login in product(range(1, 5), ("alive-1x60-short", "alive-1x60-shorter")):
        made = api.started(maxImportDate=(NOON.date() - timedelta(days=back)).isoformat())
        sign_in(made["redirectionLink"], login)
        session = (made["sessionId"], made["sessionIdSignature"])
        command = api.finished(session)
        assert state_of(command) == "successful", (back, login, failure_of(command))
        found = result_of(api, command_of(command).attrib["id"])
        reasons |= {check.get("reason", "") for check in found["receipt"]["balances"]}
    assert "range_short" in reasons
