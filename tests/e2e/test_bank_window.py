"""The window that the widget opens for the bank: never blank, and never a way back into ours."""

from __future__ import annotations

from typing import Any

from tests.e2e.checked import CheckedApi
from tests.e2e.embedded import Embedded, browser, pytestmark, shop_page, shop_site
from tests.e2e.test_browser import AGREE
from tests.e2e.test_widget import at_bank, begin, until_called

__all__ = ["browser", "pytestmark", "shop_page", "shop_site"]


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
