"""WCAG 2.2 AA on every screen of a sign-in, judged by axe-core and by what it cannot see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from opensaldo.domain.client import Product
from opensaldo.web.widget.languages import LANGUAGES
from tests.e2e import screens
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.e2e.screens import Stage, Walk
from tests.e2e.test_browser import browser, pytestmark, visiting
from tests.support.accessibility import faults_of

__all__ = ["browser", "pytestmark"]

IN_FULL = ("en", "pl")  # all of them: python -m bench.accessibility
OTHERS = tuple(one for one in LANGUAGES if one not in IN_FULL)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def faults_on(world: World, page: Page, walk: Walk, locale: str) -> dict[str, list[str]]:
    """What is wrong with each screen of the walk."""
    api = world.client(Product.MULTIPLE_ACCESS)
    stage = Stage(world=world, api=api, page=page, locale=locale)
    found = {screen: faults_of(page) for screen in walk(stage)}
    return {screen: faults for screen, faults in found.items() if faults}


@pytest.mark.parametrize("locale", IN_FULL)
@pytest.mark.parametrize("walk", screens.WALKS, ids=lambda walk: walk.__name__)
def test_nothing_keeps_a_person_from_using_any_screen(
    world: World, page: Page, walk: Walk, locale: str
):
    assert faults_on(world, page, walk, locale) == {}


@pytest.mark.parametrize("locale", OTHERS)
def test_nothing_keeps_a_person_from_using_the_fullest_screens(
    world: World, page: Page, locale: str
):
    assert faults_on(world, page, screens.briefly, locale) == {}


def test_tab_enter_and_space_are_enough_from_the_country_to_the_end(
    browser: Browser, api: CheckedApi
):
    asked = {"country": "all", "target": None, "redirectUri": None, "locale": "en"}
    with visiting(browser) as visit:
        page, keys = visit.page, visit.page.keyboard
        page.goto(api.started(**asked)["redirectionLink"])
        for chosen in ("a[href*='country=pl']", "button[value=KontoBank]", screens.AGREE):
            visit.tab_to(chosen)
            with page.expect_navigation():
                keys.press("Enter")
        page.wait_for_selector("#field-0:focus")
        keys.type("test-picture")
        visit.tab_to("#field-1")
        keys.type(screens.PASSWORD)
        visit.tab_to(screens.SEND)
        with page.expect_navigation():
            keys.press("Space")
        page.wait_for_selector("input[type=radio]:focus")
        keys.press("Space")
        visit.tab_to(screens.SEND)
        with page.expect_navigation():
            keys.press("Space")
        page.wait_for_selector("#field-0:focus")
        keys.type(screens.CODE)
        with page.expect_navigation():
            keys.press("Enter")
        page.wait_for_selector("h1:focus")
        assert page.locator(".good").count() == 1


def test_a_page_with_every_fault_is_found_out(page: Page):
    page.set_content("""<html><style>a { transition: color 1s; }</style><body><main>
        <a href="/x" style="font-size: 8px">x</a><p style="width: 900px">wide</p>
        <img src="data:,"></main></body></html>""")
    found = " ".join(faults_of(page))
    for fault in ("focus:", "small target", "moves:", "280 px:", "text 200 %:", "critical: image"):
        assert fault in found
