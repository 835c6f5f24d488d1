"""Aggregated data: what several imports under one owner's id add up to (wire contract, 7.1)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from tests.e2e.checked import HALF_A_YEAR, CheckedApi, days_of, rows_of
from tests.e2e.fixtures import DATABASES, World
from tests.support.clock import NOON
from tests.support.platform import Reply

OWNER = "loan-7781"


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def multiset(reply: Reply) -> Counter[str]:
    """The transactions of a reply as texts, each as often as it stands there."""
    return Counter("|".join(f"{part.tag}={part.text}" for part in row) for row in rows_of(reply))


def targets_of(reply: Reply) -> list[str]:
    return [target.attrib["name"] for target in reply.xml.findall("owner/target")]


def record(reply: Reply) -> ElementTree.Element:
    owner = reply.xml.find("owner")
    assert owner is not None
    return owner


@pytest.mark.parametrize("login", ["test1", "test3"])
def test_importing_one_range_twice_gives_no_new_rows(api: CheckedApi, login: str):
    once = api.imported(login, ownerExternalId=OWNER, since=HALF_A_YEAR)
    first = api.data(OWNER)
    api.imported(login, ownerExternalId=OWNER, since=HALF_A_YEAR)
    again = api.data(OWNER)
    assert multiset(once) == multiset(first) == multiset(again)
    assert len(again.xml.findall(".//account")) == len(once.xml.findall(".//result//account"))
    assert len(again.xml.findall(".//target/owners/owner")) == len(
        once.xml.findall(".//result/owners/owner")
    )


@pytest.mark.parametrize("order", ["narrow first", "wide first"])
def test_overlapping_ranges_are_united(api: CheckedApi, order: str):
    ranges = ["2026-01-10", HALF_A_YEAR]
    for since in ranges if order == "narrow first" else reversed(ranges):
        widest = api.imported(ownerExternalId=OWNER, since=since)
    whole = api.imported(since=HALF_A_YEAR)
    assert multiset(api.data(OWNER)) == multiset(whole)
    assert widest.status == 200
    assert days_of(api.data(OWNER)) == sorted(days_of(whole), reverse=True)


def test_ranges_that_do_not_touch_are_kept_apart_and_both(world: World, api: CheckedApi):
    early = api.imported("test2", ownerExternalId=OWNER, since="2026-02-01")
    world.later(hours=13)
    late = api.imported("test2", ownerExternalId=OWNER, since="2026-03-03")
    assert multiset(api.data(OWNER)) == multiset(early) | multiset(late)


def test_the_newest_import_says_how_the_account_stands(world: World, api: CheckedApi):
    api.imported("test2", ownerExternalId=OWNER, since=HALF_A_YEAR)
    before = record(api.data(OWNER)).attrib
    world.later(hours=13)
    newest = api.imported("test2", ownerExternalId=OWNER, since="2026-03-03")
    data = api.data(OWNER)
    for tag in ("currencyBalance", "currencyFundsAvailable", "name", "friendlyName"):
        assert data.xml.findtext(f".//account/{tag}") == newest.xml.findtext(f".//account/{tag}")
    after = record(data).attrib
    assert after["createdAt"] == before["createdAt"]
    assert after["lastChange"] == (NOON + timedelta(hours=13)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_two_countries_under_one_owner_are_two_targets_in_order_of_import(api: CheckedApi):
    api.imported(country="cz", ownerExternalId=OWNER)
    api.imported(country="pl", ownerExternalId=OWNER)
    api.imported(country="cz", ownerExternalId=OWNER)
    data = api.data(OWNER)
    assert targets_of(data) == ["KontoBankApi_cz", "KontoBankApi"]
    currencies = [node.text for node in data.xml.findall(".//account/currencyName")]
    assert currencies == ["CZK", "PLN"]


def test_two_people_at_one_target_are_two_accounts_of_it(api: CheckedApi):
    for login in ("test1", "test2"):
        api.imported(login, ownerExternalId=OWNER)
    data = api.data(OWNER)
    assert targets_of(data) == ["KontoBankApi"]
    assert len({node.text for node in data.xml.findall(".//account/iban")}) == 2


def test_a_failed_import_adds_nothing(api: CheckedApi):
    api.imported(ownerExternalId=OWNER)
    before = api.data(OWNER)
    for login in ("test-down", "test-fatal"):
        api.imported(login, ownerExternalId=OWNER)
    after = api.data(OWNER)
    assert multiset(after) == multiset(before)
    assert record(after).attrib == record(before).attrib


def test_reading_is_repeatable(api: CheckedApi):
    api.imported("test3", ownerExternalId=OWNER)
    assert api.data(OWNER).body == api.data(OWNER).body
