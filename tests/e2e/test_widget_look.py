"""The script and the real pages together: a sign-in on the shop's page, in the shop's colours."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FrameLocator

from opensaldo.web.widget.languages import LANGUAGES
from tests.e2e.checked import CheckedApi
from tests.e2e.embedded import Embedded, browser, pytestmark, shop_page, shop_site
from tests.e2e.test_browser import AGREE

__all__ = ["browser", "pytestmark", "shop_page", "shop_site"]

BANK = "button[value=KontoBankApi]"
NEXT = "main button:not(.quiet)"
NARROW_PX = 280
SIDEWAYS = """(body) => Math.max(
    ...[document.documentElement, body].map((one) => one.scrollWidth - one.clientWidth),
    ...[...body.querySelectorAll("button, .button, .steps li, .tag, h1, label")].map(
        (one) => one.scrollWidth - one.clientWidth))"""
COLOUR_OF = "(one, name) => getComputedStyle(one)[name]"


def embed(page: Embedded, api: CheckedApi, **options: Any) -> FrameLocator:
    """The first page of the sign-in, in its frame."""
    page.embed(**{"client": api.client_id, "country": "pl", "locale": "en", **options})
    frame = page.page.frame_locator("#kontomatik iframe")
    frame.locator("h1").wait_for()
    return frame


def test_the_pages_wear_the_clients_colours_and_nothing_else_of_its_words(
    shop_page: Embedded, api: CheckedApi
):
    styles = {
        "bodyBgColor": "#101820",
        "textColor": "#f0f0f0",
        "btnPrimaryBgColor": "gold",
        "inputBgColor": "red; background: url(http://127.0.0.1:1/x)",
        "borderRadius": 12,
        "fontFamily": "serif",
    }
    frame = embed(shop_page, api, styles=styles, showDefaultTarget=False)
    frame.locator(BANK).click()
    agree = frame.locator(AGREE)
    assert agree.evaluate(COLOUR_OF, "backgroundColor") == "rgb(255, 215, 0)"
    assert agree.evaluate(COLOUR_OF, "borderTopLeftRadius") == "12px"
    assert frame.locator(".sheet").evaluate(COLOUR_OF, "backgroundColor") == "rgb(16, 24, 32)"
    assert frame.locator("h1").evaluate(COLOUR_OF, "color") == "rgb(240, 240, 240)"
    assert frame.locator(":root").evaluate(COLOUR_OF, "colorScheme") == "dark"
    assert shop_page.complaints == []


def test_colours_that_cannot_be_read_are_told_in_the_console_once(
    shop_page: Embedded, api: CheckedApi
):
    styles = {"textColor": "#999999", "bodyBgColor": "#ffffff"}
    frame = embed(shop_page, api, styles=styles)
    frame.locator(BANK).click()
    frame.locator(AGREE).wait_for()
    assert shop_page.complaints == [
        "OpenSaldo: styles: textColor on bodyBgColor has contrast 2.85, wanted 4.5"
    ]


def test_a_frame_of_fixed_height_can_be_scrolled_to_its_end(shop_page: Embedded, api: CheckedApi):
    frame = embed(shop_page, api, target="KontoBankApi")
    shop_page.page.set_viewport_size({"width": 280, "height": 700})
    assert shop_page.look("(one) => one.style.height") == "560px"
    assert frame.locator("body").evaluate("(one) => one.scrollHeight > one.clientHeight")
    frame.locator("h1").hover()
    shop_page.page.mouse.wheel(0, 20_000)
    shop_page.settle()
    seen = """(one) => { const at = one.getBoundingClientRect();
        return at.bottom <= innerHeight + 1 && at.right <= innerWidth; }"""
    assert frame.locator(".foot").evaluate(seen)


def test_the_frame_is_as_high_as_what_it_shows_and_shrinks_again(
    shop_page: Embedded, api: CheckedApi
):
    frame = embed(shop_page, api, dynamicHeight=True)
    frame.locator(BANK).click()
    frame.locator(AGREE).wait_for()
    heights = []
    for width in (300, 1000):
        shop_page.page.set_viewport_size({"width": width, "height": 700})
        shop_page.embed(
            client=api.client_id,
            target="KontoBankApi",
            locale="en",
            dynamicHeight=True,
            layout=True,
        )
        frame.locator(AGREE).wait_for()
        shop_page.page.wait_for_timeout(500)
        shown = frame.locator(":root").evaluate("(one) => [one.scrollHeight, innerHeight]")
        assert shown[0] == shown[1]
        heights.append(shown[1])
    assert heights[0] > heights[1] > 0


def test_a_name_of_one_long_word_is_broken(shop_page: Embedded, api: CheckedApi):
    shop_page.page.set_viewport_size({"width": NARROW_PX, "height": 700})
    shop_page.page.evaluate("() => { document.body.style.margin = 0; }")
    frame = embed(shop_page, api, target="KontoBankApi", clientIdentity="Mustermann" * 20)
    assert frame.locator("body").evaluate(SIDEWAYS) == 0
    frame.locator("button[value=cancel]").click()
    frame.locator("#session-id").wait_for()
    assert frame.locator("body").evaluate(SIDEWAYS) == 0


def test_the_next_page_begins_where_the_person_looks(shop_page: Embedded, api: CheckedApi):
    shop_page.page.set_viewport_size({"width": 320, "height": 640})
    shop_page.page.evaluate("() => { document.body.style.paddingBottom = '2000px'; }")
    frame = embed(shop_page, api, target="KontoBankApi", dynamicHeight=True)
    agree = frame.locator(AGREE)
    agree.scroll_into_view_if_needed()
    assert shop_page.look("(one) => one.getBoundingClientRect().top") < -300
    with shop_page.page.context.expect_page():
        agree.click()
    frame.locator("#open-bank").wait_for()
    seen = "document.querySelector('#kontomatik iframe').getBoundingClientRect().top > -1"
    shop_page.page.wait_for_function(seen)


def test_a_page_that_comes_by_itself_moves_nobody_who_reads_elsewhere(
    shop_page: Embedded, api: CheckedApi
):
    shop_page.page.evaluate("() => { document.body.style.paddingBottom = '3000px'; }")
    frame = embed(shop_page, api, target="KontoBankApi")
    shop_page.page.evaluate("scrollTo(0, 2000)")
    shop_page.frame().goto(shop_page.frame().url)
    frame.locator(AGREE).wait_for()
    shop_page.settle()
    assert shop_page.page.evaluate("scrollY") == 2000


@pytest.mark.parametrize("locale", LANGUAGES)
def test_nothing_is_wider_than_a_narrow_frame(shop_page: Embedded, api: CheckedApi, locale: str):
    shop_page.page.set_viewport_size({"width": NARROW_PX, "height": 700})
    shop_page.page.evaluate("() => { document.body.style.margin = 0; }")
    frame = embed(shop_page, api, locale=locale)
    assert frame.locator("body").evaluate(SIDEWAYS) == 0
    frame.locator(BANK).click()
    frame.locator(AGREE).wait_for()
    assert frame.locator("body").evaluate(SIDEWAYS) == 0
