"""The sign-in in Firefox, where it is installed.

Tests imported from their neighbours run here once more, with this module's `browser`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.checked import CheckedApi
from tests.e2e.embedded import Embedded, embedded, host, opened, shop_page, shop_site
from tests.e2e.fixtures import World
from tests.e2e.test_browser import (
    link,
    shop,
    test_a_person_comes_back_to_the_shop_and_the_session_is_signed_in,
    test_the_browser_complains_of_nothing_and_asks_nobody_else,
)
from tests.e2e.test_loader_fuzz import (
    careless,
    stranger,
    test_a_frame_that_was_led_elsewhere_is_not_believed,
    test_good_messages_of_others_do_nothing,
)
from tests.e2e.test_loader_popup import test_a_blocked_window_becomes_a_frame_in_the_page
from tests.e2e.test_widget import (
    at_bank,
    begin,
    choose,
    test_a_blocked_window_is_opened_by_a_press,
    test_a_page_that_was_loaded_again_goes_on_where_it_was,
    test_back_in_the_frame_leads_to_no_dead_end,
    test_nobody_but_the_page_it_was_made_for_may_frame_a_sign_in,
    test_the_keyboard_is_enough_in_the_frame,
    test_the_page_gets_a_session_it_can_import_from_and_nobody_else_is_asked,
    test_the_popup_tells_its_opener_and_closes,
    test_two_widgets_on_a_page_keep_apart,
    to_bank,
    until_called,
)
from tests.support.embedding import Site, serve_shop
from tests.support.firefox import FIREFOX, launch

__all__ = [
    "careless",
    "embedded",
    "host",
    "link",
    "shop",
    "shop_page",
    "shop_site",
    "stranger",
    "test_a_blocked_window_becomes_a_frame_in_the_page",
    "test_a_blocked_window_is_opened_by_a_press",
    "test_a_frame_that_was_led_elsewhere_is_not_believed",
    "test_a_page_that_was_loaded_again_goes_on_where_it_was",
    "test_a_person_comes_back_to_the_shop_and_the_session_is_signed_in",
    "test_back_in_the_frame_leads_to_no_dead_end",
    "test_good_messages_of_others_do_nothing",
    "test_nobody_but_the_page_it_was_made_for_may_frame_a_sign_in",
    "test_the_browser_complains_of_nothing_and_asks_nobody_else",
    "test_the_keyboard_is_enough_in_the_frame",
    "test_the_page_gets_a_session_it_can_import_from_and_nobody_else_is_asked",
    "test_the_popup_tells_its_opener_and_closes",
    "test_two_widgets_on_a_page_keep_apart",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(FIREFOX is None, reason="Firefox is not installed."),
]
STRICT = {"browser.contentblocking.category": "strict"}
PRESSES_REACH_FOREIGN_FRAMES = {"remote.events.async.mouse.enabled": True}
NO_FOREIGN_COOKIES = {"network.cookie.cookieBehavior": 1}
NO_COOKIES_NO_WINDOW_WITHOUT_A_PRESS = {
    "network.cookie.cookieBehavior": 2,
    "dom.popup_maximum": 0,
}
IS_REFUSED = "() => { try { return !localStorage; } catch { return true; } }"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """For what it takes to start Firefox."""
    with TemporaryDirectory(prefix="firefox-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Browser]:
    """One Firefox for all tests here, with its strict protection against tracking."""
    with sync_playwright() as playwright:
        browser = launch(playwright.firefox, folder, STRICT)
        yield browser
        browser.close()


@pytest.fixture(params=[NO_FOREIGN_COOKIES, NO_COOKIES_NO_WINDOW_WITHOUT_A_PRESS])
def guarded(request: pytest.FixtureRequest, browser: Browser, folder: Path) -> Iterator[Browser]:
    """A Firefox that forbids more."""
    wanted = {**PRESSES_REACH_FOREIGN_FRAMES, **request.param}
    browser = launch(browser.browser_type, folder, wanted)
    yield browser
    browser.close()


def test_it_works_where_frames_of_other_sites_may_keep_nothing(
    guarded: Browser, world: World, api: CheckedApi, shop_site: Site
):
    elsewhere = Site(world.address.replace("127.0.0.1", "localhost"))
    with opened(guarded, serve_shop(shop_site, elsewhere)) as found:
        frame = begin(found, api)
        assert frame.evaluate(IS_REFUSED)
        choose(frame, "KontoBankApi")
        at_bank(to_bank(found, frame))
        until_called(found, "onSuccess")
        frame.wait_for_selector("#session-id")
        frame.wait_for_selector("h1:focus")
        assert found.complaints == []
        assert found.page.context.cookies() == []


def test_the_keyboard_goes_on_in_the_frame_when_the_bank_has_closed(
    shop_page: Embedded, api: CheckedApi
):
    frame = begin(shop_page, api)
    choose(frame, "KontoBankApi")
    at_bank(to_bank(shop_page, frame))
    frame.wait_for_selector("#session-id")
    frame.wait_for_selector("h1:focus")
