"""The sample shop by the redirection: a person applies, shows their account and gets an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.e2e.test_browser import (
    AGREE,
    APPROVE,
    Visit,
    browser,
    fits_and_can_be_read,
    pytestmark,
    visiting,
)
from tests.support.platform import Api
from tests.support.shop import running_shop

__all__ = ["browser", "pytestmark"]

STRONG = "main button:not(.quiet)"
SECRET = "Test123"
REASONS = ".reasons li"


@pytest.fixture
def shop(api: CheckedApi) -> Iterator[str]:
    """The shop of a client of its own."""
    assert api.key is not None
    with running_shop(api.address, api.client_id, api.key) as address:
        yield address


def apply(visit: Visit, shop: str, amount: int = 4000) -> None:
    """The form is sent; the page asks for the bank."""
    visit.page.goto(shop)
    visit.page.fill("#amount", str(amount))
    visit.page.click(STRONG)
    visit.page.wait_for_url(shop + "/bank")


def leave_for(visit: Visit, target: str = "KontoBankApi") -> None:
    """The person stands before the bank's login."""
    visit.page.press(".other-way button", "Enter")
    visit.page.click(f"button[value={target}]")
    visit.page.click(AGREE)
    visit.page.wait_for_selector("#login")


def agree_at_the_bank(page: Page, login: str = "test1") -> None:
    """The bank's own pages; it asks test2 for no code."""
    page.fill("#login", login)
    page.fill("#password", SECRET)
    page.click(STRONG)
    if login != "test2":
        page.fill("#code", SECRET)
        page.click(STRONG)
    page.click(APPROVE)


def sign_in(visit: Visit, login: str = "test1") -> None:
    """Through the bank, and the import, to the answer."""
    agree_at_the_bank(visit.page, login)
    visit.page.wait_for_url("**/decision")


def test_who_applies_and_shows_the_account_is_told_yes_and_why(
    browser: Browser, world: World, shop: str
):
    with visiting(browser) as visit:
        apply(visit, shop)
        leave_for(visit)
        sign_in(visit)
        assert visit.page.inner_text("h1").startswith("Yes, Danuta Próbniak")
        assert visit.page.locator(".reasons .held").count() == 3
        assert "held by Danuta Próbniak, Zdzisław Wzór" in visit.page.inner_text(".accounts")
        assert visit.page.locator("tbody tr").count() == 3
        assert visit.complaints == []
        assert visit.origins == {world.address, world.bank.url, shop}


def test_more_than_the_income_bears_is_a_no_that_names_what_would_work(browser: Browser, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop, 50_000)
        leave_for(visit)
        sign_in(visit)
        assert visit.page.inner_text("h1") == "Not this time, Danuta Próbniak"
        assert "would work" in visit.page.inner_text(".lead")
        assert visit.page.locator(".reasons .broken").count() == 1


def test_two_banks_under_one_owner_count_together(browser: Browser, api: CheckedApi, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop)
        leave_for(visit)
        sign_in(visit)
        income = visit.page.inner_text(f"{REASONS} >> nth=1")
        visit.page.click("text=Add another bank")
        assert visit.page.inner_text("h1") == "Another bank"
        leave_for(visit, "MBankApi")
        sign_in(visit, "test2")
        listed = visit.page.inner_text(".accounts")
        assert "KontoBank" in listed
        assert "mBank" in listed
        assert visit.page.inner_text(f"{REASONS} >> nth=1") != income
        (owner,) = set(re.findall(r"loan-[0-9a-f]{16}", visit.page.content()))
    data = api.call("GET", "/v1/data.xml", query={"ownerExternalId": owner}).xml
    assert {one.attrib["name"] for one in data.iter("target")} == {"KontoBankApi", "MBankApi"}


def test_who_does_not_agree_at_the_bank_is_told_and_may_try_again(browser: Browser, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop)
        leave_for(visit)
        visit.page.click("button[value=cancel]")
        visit.page.wait_for_url(shop + "/bank/return?**")
        assert "You stopped at the bank" in visit.page.inner_text("[role=alert]")
        fits_and_can_be_read(visit)
        visit.page.click("a.button")
        leave_for(visit)
        sign_in(visit)
        assert visit.page.inner_text("h1").startswith("Yes")


def test_an_import_that_fails_is_told_and_the_next_try_replaces_it(browser: Browser, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop)
        leave_for(visit)
        sign_in(visit, "test-io")
        assert visit.page.inner_text("h1") == "That did not work"
        assert "It is not your fault" in visit.page.inner_text("[role=alert]")
        fits_and_can_be_read(visit)
        visit.page.click("a.button")
        leave_for(visit)
        sign_in(visit)
        assert visit.page.inner_text("h1").startswith("Yes")
        assert visit.page.locator("[role=alert]").count() == 0


def test_one_bank_that_fails_is_named_beside_the_answer_of_the_others(browser: Browser, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop)
        leave_for(visit)
        sign_in(visit)
        visit.page.click("text=Add another bank")
        leave_for(visit, "MBankApi")
        sign_in(visit, "test-io")
        assert visit.page.inner_text("h1").startswith("Yes")
        assert "mBank is not in this answer" in visit.page.inner_text("[role=alert]")


def test_deleting_leaves_nothing_at_opensaldo(browser: Browser, api: CheckedApi, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop)
        leave_for(visit)
        sign_in(visit)
        (owner,) = set(re.findall(r"loan-[0-9a-f]{16}", visit.page.content()))
        visit.page.click("text=Delete my data")
        visit.page.wait_for_url(shop + "/forget")
        assert visit.page.inner_text("h1") == "Everything is deleted"
        visit.page.goto(shop + "/decision")
        assert visit.page.url == shop + "/"
    gone = api.call("GET", "/v1/data.xml", query={"ownerExternalId": owner})
    assert (gone.status, gone.exception) == (404, "InvalidOwnerExternalId")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_320_pixels_and_can_be_read(browser: Browser, shop: str, scheme: str):
    size = {"width": 320, "height": 640}
    with visiting(browser, color_scheme=scheme, viewport=size) as visit:
        visit.page.goto(shop)
        fits_and_can_be_read(visit)
        apply(visit, shop, 50_000)
        fits_and_can_be_read(visit)
        leave_for(visit)
        visit.page.route("**/progress/state", lambda route: route.abort())
        agree_at_the_bank(visit.page)
        visit.page.wait_for_url(shop + "/progress")
        visit.page.wait_for_selector("text=still trying")
        fits_and_can_be_read(visit)
        visit.page.unroute("**/progress/state")
        visit.page.wait_for_url(shop + "/decision")
        fits_and_can_be_read(visit)
        visit.page.click("text=Delete my data")
        visit.page.wait_for_url(shop + "/forget")
        fits_and_can_be_read(visit)


# --- what people and programs must not get away with ---------------------------------------------
def a_cookie(shop: str) -> dict[str, str]:
    form = {"name": "Ewa Testowa", "amount": "1000", "months": "12"}
    answer = Api(shop).call("POST", "/application", form)
    assert answer.status == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    return {"Cookie": cookie.partition(";")[0]}


def send(shop: str, cookie: dict[str, str], session: tuple[str, str]) -> tuple[int, str]:
    form = {"sessionId": session[0], "sessionIdSignature": session[1], "bank": "KontoBank"}
    answer = Api(shop).call("POST", "/bank", form, headers=cookie)
    return answer.status, answer.body.decode()


def test_a_session_of_another_person_is_not_believed(api: CheckedApi, shop: str):
    cookie = a_cookie(shop)
    status, told = send(shop, cookie, api.mock_session(ownerExternalId="somebody-else"))
    assert status == 502
    assert "sign in to your bank again" in told
    assert Api(shop).call("GET", "/decision", headers=cookie).headers["location"] == "/bank"


def test_a_made_up_session_is_refused_in_plain_words(shop: str):
    status, told = send(shop, a_cookie(shop), ("1234567", "0" * 64))
    assert status == 502
    assert "sign in to your bank again" in told


def test_a_redirection_of_somebody_else_starts_nothing(shop: str):
    path = "/bank/return?redirectionId=" + "0" * 32
    answer = Api(shop).call("GET", path, headers=a_cookie(shop))
    assert (answer.status, answer.headers["location"]) == (303, "/bank")


@pytest.mark.parametrize("path", ["/bank", "/progress", "/progress/state", "/decision"])
def test_without_an_application_every_page_leads_to_the_form(shop: str, path: str):
    answer = Api(shop).call("GET", path)
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_a_bad_form_comes_back_with_a_sentence_and_what_was_typed(shop: str):
    form = {"name": "<b>Ewa</b>", "amount": "1", "months": "12"}
    answer = Api(shop).call("POST", "/application", form)
    assert answer.status == 422
    assert b"We lend between" in answer.body
    assert b"&lt;b&gt;Ewa" in answer.body


def test_the_page_of_the_widget_runs_only_what_carries_its_nonce(api: CheckedApi, shop: str):
    cookie = a_cookie(shop)
    seen = set()
    for _ in range(2):
        answer = Api(shop).call("GET", "/bank", headers=cookie)
        policy = answer.headers["content-security-policy"]
        (nonce,) = re.findall(r"script-src 'nonce-([\w-]{20,})'(?=;)", policy)
        assert f"frame-src {api.address}" in policy
        assert "unsafe" not in policy
        scripts = re.findall(rb"<script ([^>]*)>", answer.body)
        assert len(scripts) == 2
        assert all(f'nonce="{nonce}"'.encode() in one for one in scripts)
        seen.add(nonce)
    assert len(seen) == 2


def test_no_page_and_no_script_holds_the_key(api: CheckedApi, shop: str):
    cookie = a_cookie(shop)
    assert send(shop, cookie, api.mock_session(ownerExternalId=owner_of(shop, cookie)))[0] == 303
    for path in ("/", "/bank", "/progress", "/progress/state", "/decision", "/static/progress.js"):
        answer = Api(shop).call("GET", path, headers=cookie)
        assert answer.status in {200, 303}
        assert api.key is not None
        assert api.key.encode() not in answer.body
        assert api.key not in str(answer.headers)


def owner_of(shop: str, cookie: dict[str, str]) -> str:
    """The owner's id, as the page hands it to the widget."""
    page = Api(shop).call("GET", "/bank", headers=cookie).body.decode()
    return re.findall(r'ownerExternalId: "(loan-[0-9a-f]{16})"', page)[0]


def test_a_session_sent_twice_is_imported_once(api: CheckedApi, shop: str):
    cookie = a_cookie(shop)
    session = api.mock_session(ownerExternalId=owner_of(shop, cookie))
    assert [send(shop, cookie, session)[0] for _ in range(2)] == [303, 303]


def test_without_opensaldo_the_person_is_told_to_come_back(api: CheckedApi):
    with running_shop("http://127.0.0.1:9", api.client_id, "no key") as shop:
        cookie = a_cookie(shop)
        answer = Api(shop).call("POST", "/bank/leave", {}, headers=cookie)
        assert answer.status == 502
        assert b"We cannot reach the service" in answer.body
        assert b"Try again" in answer.body
