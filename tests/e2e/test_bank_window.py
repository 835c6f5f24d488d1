"""The window that the widget opens for the bank: never blank, and never a way back into ours."""

from __future__ import annotations

from typing import Any

import pytest

from opensaldo.connectors.base import Redirect
from opensaldo.domain.target import Interface
from tests.e2e.checked import CheckedApi
from tests.e2e.embedded import Embedded, browser, pytestmark, shop_page, shop_site
from tests.e2e.fixtures import World
from tests.e2e.test_browser import AGREE
from tests.e2e.test_widget import at_bank, begin, until_called
from tests.support.embedding import EMPTY_PAGE, HTML, Site
from tests.support.scripted import CODE, ScriptedBank, a_target, an_ask, offer

__all__ = ["browser", "pytestmark", "shop_page", "shop_site"]

OPEN = "text=is open in another window"


@pytest.fixture
def bank_of_steps(monkeypatch: pytest.MonkeyPatch) -> ScriptedBank:
    """A bank with pages of its own that follows a script."""
    bank = ScriptedBank()
    offer(monkeypatch, bank, a_target(interface=Interface.PSD2, credentials=()))
    return bank


def test_on_a_slow_line_the_window_says_that_it_takes_a_moment(
    shop_page: Embedded, api: CheckedApi
):
    frame = begin(shop_page, api, target="KontoBankApi", locale="pl")
    held: list[Any] = []
    shop_page.page.route("**/consent", lambda route: held.append(route))
    with shop_page.page.context.expect_page() as opening:
        frame.click(AGREE)
    bank = opening.value
    bank.wait_for_selector("text=To potrwa chwilę. Strona sama przejdzie dalej.")
    assert bank.title() == "To potrwa chwilę. Strona sama przejdzie dalej."
    assert bank.get_attribute("html", "lang") == "pl"
    held[0].continue_()
    bank.wait_for_selector("#login")
    assert bank.evaluate("opener") is None
    assert shop_page.complaints == []


def test_the_window_opened_by_a_press_cannot_reach_ours_and_closes_by_itself(
    shop_page: Embedded, api: CheckedApi
):
    frame = begin(shop_page, api, target="KontoBankApi")
    with shop_page.page.context.expect_page() as opening:
        frame.click(AGREE)
    opening.value.close()
    with shop_page.page.context.expect_page() as opening:
        frame.click("#open-bank")
    bank = opening.value
    bank.wait_for_selector("#login")
    assert bank.evaluate("opener") is None
    with bank.expect_event("close"):
        at_bank(bank)
    until_called(shop_page, "onSuccess")


def test_a_bank_that_asks_twice_does_so_in_the_same_window(
    shop_page: Embedded,
    world: World,
    api: CheckedApi,
    bank_of_steps: ScriptedBank,
    shop_site: Site,
):
    pages = [shop_site.serve(f"/{name}", HTML, EMPTY_PAGE) for name in ("once", "twice")]
    bank_of_steps.script = [Redirect(url=one) for one in pages]
    frame = begin(shop_page, api, target="ProbnyBank")
    with shop_page.page.context.expect_page() as opening:
        frame.click(AGREE)
    bank = opening.value
    bank.wait_for_url(pages[0])
    frame.wait_for_selector(OPEN)
    before = frame.get_attribute("body", "data-watch")
    back = f"{world.address}/redirection/return?state={bank_of_steps.requests[-1].state}"
    bank.goto(back + "&code=1")
    assert bank.url == pages[1]
    frame.wait_for_selector(f"body[data-watch]:not([data-watch='{before}'])")
    frame.wait_for_selector(OPEN)
    bank.goto(back + "&code=2")
    until_called(shop_page, "onSuccess")


def test_a_window_that_nobody_opened_is_not_said_to_be_open(
    shop_page: Embedded, api: CheckedApi, bank_of_steps: ScriptedBank, shop_site: Site
):
    page = shop_site.serve("/bank", HTML, EMPTY_PAGE)
    bank_of_steps.script = [an_ask(CODE), Redirect(url=page)]
    frame = begin(shop_page, api, target="ProbnyBank")
    frame.click(AGREE)
    frame.fill("#field-0", "777")
    frame.click("form.ask button")
    frame.wait_for_selector("#open-bank.strong")
    assert frame.query_selector(OPEN) is None
    with shop_page.page.context.expect_page() as opening:
        frame.click("#open-bank")
    opening.value.wait_for_url(page)
    frame.wait_for_selector(OPEN)
