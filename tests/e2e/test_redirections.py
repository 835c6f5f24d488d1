"""Redirections from link to end: every state by both ids, every way to fail (4.1, 4.2)."""

from __future__ import annotations

import pytest

from opensaldo.connectors.http import BrowsedPage
from opensaldo.engine.mock import read_page
from tests.e2e.checked import CheckedApi, browse, sign_in
from tests.e2e.fixtures import World
from tests.e2e.road import (
    Made,
    answer_of,
    at_bank,
    back,
    exception,
    leads_home,
    opened_again,
    states,
)


@pytest.fixture
def made(api: CheckedApi) -> Made:
    return api.started(ownerExternalId="loan-7781")


# --- states ----------------------------------------------------------------------------------
def test_a_link_is_pending_until_the_person_is_through(api: CheckedApi, made: Made):
    assert states(api, made) == ("PENDING", "PENDING")
    browse(made["redirectionLink"])
    at_bank(made)
    assert states(api, made) == ("PENDING", "PENDING")
    assert api.status(redirectionId=made["redirectionId"])["params"]["sessionId"] is None


def test_success_tells_the_session_the_target_and_its_name(api: CheckedApi, made: Made):
    sign_in(made["redirectionLink"])
    assert states(api, made) == ("SUCCESS", "COMPLETED")
    assert api.status(redirectionId=made["redirectionId"])["params"] == {
        "sessionId": made["sessionId"],
        "sessionIdSignature": made["sessionIdSignature"],
        "multipleAccessId": None,
        "target": "KontoBankApi",
        "officialName": "KontoBank",
        "exception": None,
    }


def test_a_link_expires_after_an_hour(world: World, api: CheckedApi, made: Made):
    world.clock.advance(minutes=59, seconds=59)
    assert states(api, made) == ("PENDING", "PENDING")
    world.clock.advance(seconds=1)
    assert states(api, made) == ("EXPIRED", "EXPIRED")
    for page in opened_again(made):
        assert (page.status, page.location) == (410, None)
    refused = api.submit((made["sessionId"], made["sessionIdSignature"]))
    assert refused.exception in {"NotSignedIn", "InvalidSessionId"}


def test_an_hour_later_a_success_is_still_a_success(world: World, api: CheckedApi, made: Made):
    sign_in(made["redirectionLink"])
    world.clock.advance(hours=2)
    assert states(api, made) == ("SUCCESS", "COMPLETED")


def test_who_comes_back_from_the_bank_too_late_is_not_signed_in(
    world: World, api: CheckedApi, made: Made
):
    answer = answer_of(at_bank(made))
    world.clock.advance(hours=1)
    assert leads_home(back(world, answer), made)
    assert states(api, made) == ("EXPIRED", "EXPIRED")


# --- giving up -------------------------------------------------------------------------------
def test_cancelling_on_our_page_leads_home_as_given_up(api: CheckedApi, made: Made):
    page = browse(made["redirectionLink"] + "/consent", {"decision": "cancel"})
    assert leads_home(page, made)
    assert states(api, made) == ("ERROR", "FAILED")
    assert exception(api, made) == "SignInCancelled"


def test_cancelling_at_the_bank_leads_home_as_given_up(world: World, api: CheckedApi, made: Made):
    page = back(world, answer_of(at_bank(made), decision="cancel"))
    assert leads_home(page, made)
    assert (states(api, made), exception(api, made)) == (("ERROR", "FAILED"), "SignInCancelled")


def typed_wrong(bank_page: str, times: int) -> BrowsedPage:
    """The bank's last page after so many wrong passwords."""
    cookies: dict[str, str] = {}
    page = browse(bank_page, cookies=cookies)
    for _ in range(times):
        assert (page.status, page.location) == (200, None)
        form = {**dict(read_page(page.body).fields), "login": "test1", "password": "wrong"}
        page = browse(bank_page, form, cookies)
    return page


def test_a_wrong_login_three_times_ends_the_sign_in(api: CheckedApi, made: Made):
    page = typed_wrong(at_bank(made), times=3)
    assert leads_home(browse(page.location or ""), made)
    assert (states(api, made), exception(api, made)) == (("ERROR", "FAILED"), "InvalidCredentials")


def test_a_wrong_login_twice_is_forgiven(world: World, api: CheckedApi, made: Made):
    bank_page = at_bank(made)
    assert "InvalidCredentials" in typed_wrong(bank_page, times=2).body
    assert leads_home(back(world, answer_of(bank_page)), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")


def test_giving_up_while_at_the_bank_counts_and_who_comes_back_is_led_home(
    world: World, api: CheckedApi, made: Made
):
    answer = answer_of(at_bank(made))
    assert leads_home(browse(made["redirectionLink"] + "/consent", {"decision": "cancel"}), made)
    assert leads_home(back(world, answer), made)
    assert (states(api, made), exception(api, made)) == (("ERROR", "FAILED"), "SignInCancelled")
    assert "token" not in {row["endpoint"] for row in world.bank.log()}


# --- once only -------------------------------------------------------------------------------
def test_a_link_serves_one_sign_in(api: CheckedApi, made: Made):
    sign_in(made["redirectionLink"])
    for page in opened_again(made):
        assert (page.status, page.location) == (409, None)
    assert states(api, made) == ("SUCCESS", "COMPLETED")


def test_a_link_given_up_cannot_be_taken_up_again(api: CheckedApi, made: Made):
    browse(made["redirectionLink"] + "/consent", {"decision": "cancel"})
    assert [page.status for page in opened_again(made)] == [409, 409]
    assert states(api, made) == ("ERROR", "FAILED")


def test_coming_back_twice_changes_nothing(world: World, api: CheckedApi, made: Made):
    answer = answer_of(at_bank(made))
    assert leads_home(back(world, answer), made)
    assert leads_home(back(world, answer), made)
    assert leads_home(back(world, {"state": answer["state"], "error": "access_denied"}), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")
    assert [row["endpoint"] for row in world.bank.log()].count("token") == 1


@pytest.mark.parametrize("spoiled", ["state", "both ids", "none", "another redirection"])
def test_a_wrong_state_signs_nobody_in_and_does_not_spoil_the_right_one(
    world: World, api: CheckedApi, made: Made, spoiled: str
):
    answer = answer_of(at_bank(made))
    other = api.started()
    state = {
        "state": made["redirectionId"] + "0" * 32,
        "both ids": "0" * 64,
        "none": "",
        "another redirection": other["redirectionId"] + answer["state"][32:],
    }[spoiled]
    page = back(world, {**answer, "state": state})
    assert (page.status, page.location) == (404, None)
    assert states(api, made) == states(api, other) == ("PENDING", "PENDING")
    assert leads_home(back(world, answer), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")


def test_a_wrong_code_ends_the_sign_in(world: World, api: CheckedApi, made: Made):
    answer = answer_of(at_bank(made))
    assert leads_home(back(world, {**answer, "code": "wrong"}), made)
    assert states(api, made) == ("ERROR", "FAILED")
    assert exception(api, made)


def test_another_redirections_code_does_not_sign_in(world: World, api: CheckedApi, made: Made):
    other = api.started()
    stolen = answer_of(at_bank(other), "test2")["code"]
    answer = answer_of(at_bank(made))
    assert leads_home(back(world, {**answer, "code": stolen}), made)
    assert states(api, made) == ("ERROR", "FAILED")


def test_only_the_latest_way_to_the_bank_leads_back(world: World, api: CheckedApi, made: Made):
    first, second = at_bank(made), at_bank(made)
    assert back(world, answer_of(first)).status == 404
    assert leads_home(back(world, answer_of(second)), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")
