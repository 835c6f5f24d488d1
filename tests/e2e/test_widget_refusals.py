"""What a person sees in the frame, or behind a link, when a sign-in cannot go on or begin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser

from opensaldo import errors
from opensaldo.domain.target import Interface
from tests.e2e.checked import CheckedApi
from tests.e2e.embedded import Embedded, browser, pytestmark, shop_page, shop_site
from tests.e2e.fixtures import World
from tests.e2e.test_browser import AGREE, visiting
from tests.e2e.test_widget import begin, until_called
from tests.support.scripted import ScriptedBank, a_target, offer

__all__ = ["browser", "pytestmark", "shop_page", "shop_site"]

MISCONFIGURED = "The page that opened this sign-in is not set up correctly."


def test_a_sign_in_that_is_forgotten_says_so_in_the_frame(
    shop_page: Embedded, world: World, api: CheckedApi
):
    frame = begin(shop_page, api)
    frame.goto(f"{world.address}/redirection/{'0' * 32}")
    assert frame.inner_text("h1") == "This link does not work"
    assert frame.locator("a, button, form").count() == 0


def test_a_page_that_watches_a_sign_in_that_is_forgotten_says_so(
    shop_page: Embedded, world: World, api: CheckedApi
):
    frame = begin(shop_page, api, target="KontoBankApi")
    with shop_page.page.context.expect_page() as opening:
        frame.click("button[value=agree]")
    opening.value.close()
    frame.wait_for_selector("#open-bank")
    shop_page.page.route("**/state", lambda route: route.fulfill(status=404, body="{}"))
    unknown = f"{world.address}/redirection/{'0' * 32}/step"
    shop_page.page.route(re.compile(r"/step\?"), lambda route: route.continue_(url=unknown))
    frame.wait_for_selector("text=This link does not work")


def test_an_error_in_the_frame_keeps_language_number_and_a_way_on(
    shop_page: Embedded, api: CheckedApi
):
    frame = begin(shop_page, api, locale="pl")
    frame.goto(frame.url.partition("?")[0] + "/consent?target=NoSuchBank")
    assert frame.inner_text("h1") == "Tego banku nie można tu wybrać"
    assert frame.inner_text("#session-id").isdecimal()
    frame.click("main a.button")
    frame.wait_for_selector("button[value=KontoBankApi]")


def test_an_expired_link_keeps_language_number_and_colours(
    browser: Browser, world: World, api: CheckedApi
):
    asked: dict[str, Any] = {"locale": "pl", "styles": {"textColor": "#402000"}}
    made = api.started(**asked)
    world.clock.advance(hours=1)
    with visiting(browser) as visit:
        visit.page.goto(made["redirectionLink"])
        assert visit.page.inner_text("h1") == "Ten link wygasł"
        assert visit.page.inner_text("#session-id") == made["sessionId"]
        colour = "getComputedStyle(document.querySelector('h1')).color"
        assert visit.page.evaluate(colour) == "rgb(64, 32, 0)"


def test_a_bank_that_does_not_answer_is_asked_once_and_again_by_a_press(
    shop_page: Embedded, api: CheckedApi, monkeypatch: pytest.MonkeyPatch
):
    bank = ScriptedBank(script=[errors.BankUnavailable(), errors.BankUnavailable()])
    offer(monkeypatch, bank, a_target(interface=Interface.PSD2, credentials=()))
    frame = begin(shop_page, api, target="ProbnyBank")
    for asked in (1, 2):
        with shop_page.page.context.expect_page() as opening:
            frame.click(AGREE)
        opening.value.wait_for_event("close") if not opening.value.is_closed() else None
        frame.wait_for_selector("h1:has-text('does not answer right now')")
        frame.wait_for_selector("[data-copies]:not([hidden])")
        assert len(bank.requests) == asked
    frame.click("button[value=cancel]")
    frame.wait_for_selector("h1:has-text('not connected')")
    assert until_called(shop_page, "onError")[0] == "SignInCancelled"


@pytest.mark.parametrize(
    "options", [{"country": "xx"}, {"target": "NoSuchBank"}, {"autoImport": "sometimes"}]
)
def test_what_the_page_asked_for_in_vain_is_said_to_be_its_affair(
    shop_page: Embedded, api: CheckedApi, options: dict[str, str]
):
    frame = begin(shop_page, api, **options)
    assert frame.inner_text("h1") == "The accounts were not connected"
    assert frame.inner_text("[role=alert]").startswith(MISCONFIGURED)
    cause, told = until_called(shop_page, "onError")
    assert cause in {"InvalidParameter", "InvalidTarget"}
    assert f"OpenSaldo: {told['message']}" in shop_page.complaints


def test_who_makes_the_page_reads_in_the_console_how_it_is_registered(
    shop_page: Embedded, world: World
):
    theirs = world.client(production=True)
    begin(shop_page, theirs)
    origin = shop_page.page.evaluate("location.origin")
    advice = f"opensaldo client origin {theirs.client_id} {origin}"
    assert [said for said in shop_page.complaints if said.endswith(advice)]
