"""Every kind of fault at every standard: nothing lost, nothing twice, no success that is none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from kontobank.faults import CUT_KINDS, KINDS, WORDINGS
from tests.e2e.checked import CheckedApi, rows_of
from tests.e2e.fixtures import World
from tests.support.platform import Reply, failure_of, state_of

DOWN, IO = "ServiceTemporarilyUnavailable", "IO"
FETCHED_SINCE = "2025-12-05"  # 88 days before NOON
ROWS = "bench-1x240"
LIST_OF: Mapping[str, tuple[str, str]] = {
    "polish_api": ("KontoBankApi", "getTransactionsDone"),
    "berlin_group": ("KontoBankApi_ro", "getTransactions"),
    "redsys": ("KontoBankApi_es", "getTransactions"),
    "sibs": ("KontoBankApi_pt", "getTransactions"),
    "czech_standard": ("KontoBankApi_cz", "transactions"),
}
ONLY_AT = {"bad_signature": "polish_api", "missing_signature": "polish_api"}
BLIND = {("no_next_page", name) for name in ("polish_api", "berlin_group", "redsys", "sibs")}
FAILS: Mapping[str, tuple[dict[str, Any], str]] = {
    "reset": ({"kind": "reset"}, IO),
    "truncate": ({"kind": "truncate"}, IO),
    "short_length": ({"kind": "short_length"}, IO),
    "500": ({"kind": "status", "status": 500}, DOWN),
    "503": ({"kind": "status", "status": 503}, DOWN),
    "503 announced": (
        {"kind": "status", "status": 503, "code": "MAINTENANCE"},
        "ServiceMaintenance",
    ),
    "maintenance_page": ({"kind": "maintenance_page"}, DOWN),
    "html": ({"kind": "html"}, DOWN),
    "nonsense": ({"kind": "nonsense"}, DOWN),
    "bad_signature": ({"kind": "bad_signature"}, DOWN),
    "missing_signature": ({"kind": "missing_signature"}, DOWN),
    "expired_token": ({"kind": "expired_token"}, "SessionExpired"),
    "withdrawn": ({"kind": "withdrawn"}, "SessionExpired"),
    "loop_pages": ({"kind": "loop_pages", "nth": [*range(2, 99)]}, DOWN),
    **{f"429 {name}": ({"kind": "limit", "wording": name}, DOWN) for name in WORDINGS},
}
SYMBOL = re.compile(r"\s*[KSV]S:\d+")
HEALS = ("empty_page", "repeated_page", "row_inserted", "wrong_type", "slow")
TORN = ("stale_page", "missing_page", "row_removed", "no_next_page")


def imported(world: World, api: CheckedApi, standard: str, name: str, **fault: Any) -> Reply:
    """The final poll of an import that meets the fault; a login of its own for each."""
    target, path = LIST_OF[standard]
    login = f"{ROWS}-{name}".replace(" ", "-").replace("_", "-")
    if fault:
        world.bank.follow(seed=1, fault=[{"path": path, "login": login, **fault}])
    session = api.mock_session(login, target=target)
    return api.finished(session, since=FETCHED_SINCE)


def facts_of(reply: Reply) -> Counter[tuple[str, ...]]:
    """What is said of each row, and how often; symbols are each login's own."""
    names = ("transactionOn", "bookedOn", "currencyAmount", "title", "party")
    said = (tuple(row.findtext(name) for name in names) for row in rows_of(reply))
    return Counter(tuple(SYMBOL.sub("", one or "") for one in row) for row in said)


@pytest.fixture(scope="module")
def truths() -> dict[str, Counter[tuple[str, ...]]]:
    return {}


@pytest.fixture
def truth(
    world: World, api: CheckedApi, standard: str, truths: dict[str, Counter[Any]]
) -> Counter[Any]:
    """What an import without any fault finds at this standard."""
    if standard not in truths:
        truths[standard] = facts_of(imported(world, api, standard, "truth"))
        assert truths[standard].total() > 200
    return truths[standard]


@pytest.mark.parametrize("standard", LIST_OF)
@pytest.mark.parametrize(("name", "fault", "error"), [(n, f, e) for n, (f, e) in FAILS.items()])
def test_a_fault_amid_the_pages_ends_in_its_error(
    world: World, api: CheckedApi, standard: str, name: str, fault: dict[str, Any], error: str
):
    if ONLY_AT.get(name, standard) != standard:
        pytest.skip("the standard signs no replies")
    ended = imported(world, api, standard, name, **{"nth": [2], **fault})
    assert (state_of(ended), failure_of(ended)) == ("error", error)
    assert not rows_of(ended)


@pytest.mark.parametrize("standard", LIST_OF)
@pytest.mark.parametrize("kind", HEALS)
def test_a_fault_that_can_be_mended_costs_no_row_and_doubles_none(
    world: World, api: CheckedApi, standard: str, kind: str, truth: Counter[Any]
):
    ended = imported(world, api, standard, kind, kind=kind, nth=[2], delay_ms=50)
    assert state_of(ended) == "successful"
    assert facts_of(ended) == truth


@pytest.mark.parametrize("standard", LIST_OF)
@pytest.mark.parametrize("kind", TORN)
def test_pages_that_do_not_fit_are_read_once_more(
    world: World, api: CheckedApi, standard: str, kind: str, truth: Counter[Any]
):
    if (kind, standard) in BLIND:
        pytest.skip("no bank of this standard says how long its list is")
    once = imported(world, api, standard, f"{kind}-once", kind=kind, nth=[2])
    assert (state_of(once), facts_of(once)) == ("successful", truth)
    always = imported(world, api, standard, f"{kind}-always", kind=kind, nth=[2, *range(4, 99)])
    assert (state_of(always), failure_of(always)) == ("error", DOWN)


@pytest.mark.parametrize("standard", LIST_OF)
@pytest.mark.parametrize(
    ("kind", "error"), [("sca_rejected", "SignInCancelled"), ("sca_timeout", "SignInTimeout")]
)
def test_a_sign_in_without_consent_says_why(
    world: World, api: CheckedApi, standard: str, kind: str, error: str
):
    login = f"bench-1x1-{kind}".replace("_", "-")
    world.bank.follow(fault=[{"kind": kind, "login": login}])
    refused = api.call(
        "POST", "/v1/mock-session.xml", {"login": login, "target": LIST_OF[standard][0]}
    )
    assert refused.exception == error


def test_every_kind_stands_in_a_table():
    tables = {str(fault["kind"]) for fault, _ in FAILS.values()} | {*HEALS, *TORN}
    assert set(KINDS) - tables == {"hostile_text", "sca_rejected", "sca_timeout"}
    assert set(CUT_KINDS) <= tables
