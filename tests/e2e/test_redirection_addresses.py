"""Where a redirection leads: the banks it offers, the client's address, our own last page."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.e2e.checked import SHOP, CheckedApi, agree, browse, sign_in
from tests.e2e.fixtures import World
from tests.e2e.road import (
    Made,
    answer_of,
    at_bank,
    back,
    leads_home,
    states,
)


@pytest.fixture
def made(api: CheckedApi) -> Made:
    return api.started(ownerExternalId="loan-7781")


@pytest.mark.parametrize("ends", ["well", "badly"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (SHOP, SHOP + "?redirectionId={id}"),
        (SHOP + "?order=7&a=%C4%85", SHOP + "?order=7&a=%C4%85&redirectionId={id}"),
        (SHOP + "#part", SHOP + "?redirectionId={id}#part"),
        ("http://127.0.0.1:9/back", "http://127.0.0.1:9/back?redirectionId={id}"),
    ],
)
def test_the_clients_address_keeps_its_parameters_and_gets_the_id(
    world: World, api: CheckedApi, given: str, expected: str, ends: str
):
    made = api.started(redirectUri=given)
    page = back(world, answer_of(at_bank(made), "test1" if ends == "well" else "test-blocked"))
    assert page.location == expected.format(id=made["redirectionId"])
    assert states(api, made)[0] == ("SUCCESS" if ends == "well" else "ERROR")


@pytest.mark.parametrize(("login", "state"), [("test1", "SUCCESS"), ("test-level", "ERROR")])
def test_without_an_address_the_flow_ends_on_a_page_of_ours(
    world: World, api: CheckedApi, login: str, state: str
):
    made = api.started(redirectUri=None)
    page = back(world, answer_of(at_bank(made), login))
    assert (page.status, page.location) == (200, None)
    assert made["sessionId"] in page.body
    assert states(api, made)[0] == state


def test_the_bank_learns_only_an_address_that_names_no_client(world: World, made: Made):
    bank_page = at_bank(made)
    assert urlsplit(bank_page).netloc == urlsplit(world.bank.url).netloc
    assert made["sessionId"] not in bank_page
    assert made["redirectionId"] not in bank_page


@pytest.mark.parametrize("link", ["0" * 32, "x", "..%2f", "A" * 32, "%00", "%ff"])
def test_an_unknown_link_says_so(world: World, link: str):
    for path in (f"/redirection/{link}", f"/redirection/{link}/consent"):
        page = browse(world.address + path)
        assert page.status == 404


def test_a_target_of_another_country_is_refused_or_can_be_signed_in_to(api: CheckedApi):
    body = {"target": "KontoBankApi_cz", "country": "pl", "redirectUri": SHOP}
    reply = api.call("POST", "/v1/signin/redirection", json_body=body)
    if reply.status == 200:
        sign_in(reply.json["redirectionLink"])
        assert api.status(sessionId=reply.json["sessionId"])["status"] == "COMPLETED"
    else:
        assert (reply.status, reply.exception) == (400, "InvalidTarget")


@pytest.mark.parametrize("country", [None, "all", "cz"])
def test_without_a_target_the_person_chooses(world: World, api: CheckedApi, country: str | None):
    made = api.started(target=None, country=country)
    link = made["redirectionLink"]
    listed = browse(link if country == "cz" else link + "?country=cz").body
    assert "KontoBankApi_cz" in listed
    answer = answer_of(agree(made, "KontoBankApi_cz").location or "")
    assert leads_home(back(world, answer), made)
    found = api.status(redirectionId=made["redirectionId"])["params"]
    assert found["target"] == "KontoBankApi_cz"


def test_a_bank_that_was_not_offered_cannot_be_chosen(api: CheckedApi):
    made = api.started(target=None, country="cz")
    form = {"target": "KontoBankApi", "decision": "agree"}
    page = browse(made["redirectionLink"] + "/consent", form)
    assert (page.status, page.location) == (400, None)
    assert states(api, made) == ("PENDING", "PENDING")


def test_the_link_itself_signs_nothing(api: CheckedApi, made: Made):
    agreement = "/consent?target=KontoBankApi"
    for path in ("", "?country=pl", agreement, agreement + "&decision=agree"):
        assert browse(made["redirectionLink"] + path).status in {200, 303}
    assert states(api, made) == ("PENDING", "PENDING")
