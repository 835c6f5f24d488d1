"""Steps taken on our pages in a real browser: typed, chosen, waited for without scripts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser

from opensaldo import errors
from opensaldo.connectors.base import Wait
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.e2e.test_browser import (
    AGREE,
    Visit,
    browser,
    fits_and_can_be_read,
    pytestmark,
    shop,
    started,
    visiting,
)
from tests.support.embedding import Site
from tests.support.scripted import CODE, METHOD, PICTURE, ScriptedBank, a_target, an_ask, offer

__all__ = ["browser", "pytestmark", "shop"]

HOSTILE = "<b onmouseover=alert(1)>Próbny</b> " + "a" * 200
SEND = "button[value=agree]"


@pytest.fixture
def bank_of_steps(monkeypatch: pytest.MonkeyPatch) -> ScriptedBank:
    bank = ScriptedBank()
    offer(monkeypatch, bank, a_target())
    return bank


def press(visit: Visit, what: str) -> None:
    """The button was pressed and the next page is there."""
    with visit.page.expect_navigation():
        visit.page.click(what)


def choose(visit: Visit, link: str) -> None:
    """From the link to the first step."""
    visit.page.goto(link)
    press(visit, "button[value=ProbnyBank]")
    press(visit, AGREE)


def type_in(visit: Visit, *typed: str) -> None:
    for at, text in enumerate(typed):
        visit.page.fill(f"#field-{at}", text)
    press(visit, SEND)


def test_a_person_types_chooses_and_waits_and_comes_back(
    browser: Browser, world: World, api: CheckedApi, shop: Site, bank_of_steps: ScriptedBank
):
    bank_of_steps.script = [
        an_ask(),
        errors.InvalidCredentials(),
        an_ask(METHOD),
        an_ask(
            replace(CODE, label=HOSTILE), text=HOSTILE, picture=PICTURE, picture_type="image/png"
        ),
        Wait(every_s=1, text=HOSTILE),
        Wait(every_s=1),
    ]
    link = started(api, redirectUri=shop.address + "/return", target=None)
    with visiting(browser) as visit:
        choose(visit, link)
        visit.page.wait_for_selector("#field-0:focus")
        type_in(visit, "test1", "wrong")
        visit.page.wait_for_selector("[role=alert]")
        assert visit.page.input_value("#field-1") == ""
        type_in(visit, "test1", "Test123")
        visit.page.check("input[value=app]")
        press(visit, SEND)
        assert visit.page.evaluate("document.querySelector('img').naturalWidth") == 1
        type_in(visit, "777")
        visit.page.wait_for_selector(".waits")
        for _ in range(2):
            asked = len(bank_of_steps.answers)
            world.clock.advance(seconds=2)
            while len(bank_of_steps.answers) == asked:
                visit.page.wait_for_timeout(50)
        visit.page.wait_for_url(shop.address + "/**")
        assert visit.complaints == []
        assert visit.origins == {world.address, shop.address}
    typed = [answer for _step, answer in bank_of_steps.answers]
    assert typed[1:4] == [
        {"login": "test1", "password": "Test123"},
        {"method": "app"},
        {"code": "777"},
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en", "pl"])
def test_every_step_fits_320_pixels_and_can_be_read(
    browser: Browser,
    world: World,
    api: CheckedApi,
    bank_of_steps: ScriptedBank,
    scheme: Any,
    locale: str,
):
    bank_of_steps.script = [
        an_ask(text=HOSTILE),
        errors.InvalidCredentials(),
        an_ask(METHOD, replace(CODE, label=HOSTILE), picture=PICTURE, picture_type="image/png"),
        Wait(every_s=9, text=HOSTILE),
        errors.BankAccessEnded(),
    ]
    link = started(api, redirectUri=None, target=None, locale=locale)
    size: Any = {"width": 320, "height": 640}
    with visiting(browser, color_scheme=scheme, viewport=size) as visit:
        visit.page.goto(link)
        fits_and_can_be_read(visit)
        press(visit, "button[value=ProbnyBank]")
        fits_and_can_be_read(visit)
        press(visit, AGREE)
        fits_and_can_be_read(visit)
        type_in(visit, "test1", "wrong")
        fits_and_can_be_read(visit)
        type_in(visit, "test1", "Test123")
        fits_and_can_be_read(visit)
        visit.page.fill("#field-1", "777")
        press(visit, SEND)
        fits_and_can_be_read(visit)
        world.clock.advance(seconds=9)
        visit.page.reload()
        fits_and_can_be_read(visit)
        press(visit, "a.strong")
        press(visit, "button[value=ProbnyBank]")
        press(visit, AGREE)
        fits_and_can_be_read(visit)
        assert visit.page.locator(".good").count() == 1
        assert "Próbny Bank" in visit.page.inner_text(".notice")
