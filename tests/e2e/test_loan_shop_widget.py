"""The sample shop by its widget: the list of banks in a frame, the bank in a window of its own."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page

from tests.e2e.fixtures import World
from tests.e2e.test_browser import AGREE, Visit, browser, fits_and_can_be_read, pytestmark, visiting
from tests.e2e.test_loan_shop import REASONS, agree_at_the_bank, apply, shop

__all__ = ["browser", "pytestmark", "shop"]


def widget(visit: Visit) -> FrameLocator:
    return visit.page.frame_locator("#bank iframe")


def to_bank(visit: Visit, target: str = "KontoBankApi") -> Page:
    """The bank's window, opened from the frame."""
    widget(visit).locator(f"button[value={target}]").click()
    with visit.page.context.expect_page() as opened:
        widget(visit).locator(AGREE).click()
    opened.value.wait_for_selector("#login")
    return opened.value


def connect(visit: Visit, login: str = "test1", target: str = "KontoBankApi") -> None:
    """From the list of banks to the answer; the bank's window closes by itself."""
    bank = to_bank(visit, target)
    agree_at_the_bank(bank, login)
    visit.page.wait_for_url("**/decision")
    if not bank.is_closed():
        bank.wait_for_event("close")


def test_who_signs_in_beside_the_page_is_told_yes_and_why(
    browser: Browser, world: World, shop: str
):
    with visiting(browser) as visit:
        apply(visit, shop)
        connect(visit)
        assert visit.page.inner_text("h1").startswith("Yes, Danuta Próbniak")
        assert visit.page.locator(".reasons .held").count() == 3
        assert "KontoBank" in visit.page.inner_text(".accounts")
        assert visit.complaints == []
        assert visit.origins == {world.address, world.bank.url, shop}


def test_who_refuses_at_the_bank_is_told_and_may_go_on_in_this_window(browser: Browser, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop)
        to_bank(visit).click("button[value=cancel]")
        visit.page.wait_for_selector("#said:not([hidden])")
        assert "nothing was read" in visit.page.inner_text("#said")
        assert visit.page.url == shop + "/bank"
        visit.page.reload()
        connect(visit)
        assert visit.page.inner_text("h1").startswith("Yes")


def test_an_import_that_fails_is_told_and_the_next_try_replaces_it(browser: Browser, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop)
        connect(visit, "test-io")
        assert visit.page.inner_text("h1") == "That did not work"
        visit.page.click("a.button")
        connect(visit)
        assert visit.page.inner_text("h1").startswith("Yes")
        assert visit.page.locator("[role=alert]").count() == 0


def test_two_banks_in_the_frame_count_together(browser: Browser, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop)
        connect(visit)
        income = visit.page.inner_text(f"{REASONS} >> nth=1")
        visit.page.click("text=Add another bank")
        connect(visit, "test2", "MBankApi")
        assert visit.page.locator(".accounts li").count() == 2
        assert visit.page.inner_text(f"{REASONS} >> nth=1") != income


def settled_box(visit: Visit) -> dict[str, float]:
    """Where the frame is, once nothing has moved for a while."""
    found: Any = None
    for _ in range(50):
        before, found = found, visit.page.locator("#bank iframe").bounding_box()
        if found == before:
            break
        visit.page.wait_for_timeout(500)
    return found


def assert_no_emptiness(visit: Visit, box: dict[str, float]) -> None:
    """The frame ends where its page does."""
    foot = "document.querySelector('footer').getBoundingClientRect().bottom"
    (frame,) = visit.page.frames[1:]
    assert frame.evaluate(foot) == pytest.approx(box["height"], abs=40)


def test_the_frame_is_as_high_as_its_page_and_comes_into_view(browser: Browser, shop: str):
    with visiting(browser) as visit:
        apply(visit, shop)
        last = widget(visit).locator("button[name=target]").last
        last.wait_for()
        assert_no_emptiness(visit, settled_box(visit))
        last.scroll_into_view_if_needed()
        last.click()
        widget(visit).locator(AGREE).wait_for()
        box = settled_box(visit)
        assert_no_emptiness(visit, box)
        assert -1 <= box["y"] < 400


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_around_the_frame_fits_320_pixels(browser: Browser, shop: str, scheme: Any):
    size: Any = {"width": 320, "height": 640}
    with visiting(browser, color_scheme=scheme, viewport=size) as visit:
        apply(visit, shop)
        widget(visit).locator("button[value=KontoBankApi]").wait_for()
        fits_and_can_be_read(visit)
        frame = visit.page.locator("#bank iframe").bounding_box()
        assert frame is not None
        assert frame["width"] >= 280
