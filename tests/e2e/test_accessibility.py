"""WCAG 2.2 AA on every screen of a sign-in, judged by axe-core and by what it cannot see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from opensaldo.domain.client import Product
from opensaldo.web.widget.languages import LANGUAGES
from tests.e2e import screens
from tests.e2e.fixtures import World
from tests.e2e.screens import Stage, Walk
from tests.e2e.test_browser import browser, pytestmark
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
