"""The redirection in a real browser: our pages, the bank's, and back to the client's site."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.support.embedding import HTML, Site, running_site

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for found in map(shutil.which, PROGRAMS) if found), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--no-first-run"]
SHOP_PAGE = b"""<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href="data:,">
<title>Shop</title><h1>Welcome back</h1>"""
WAIT_MS = 20_000
AGREE, APPROVE = "button[value=agree]", "button[value=approve]"
# The lowest contrast of any text on the page with what stands behind it (WCAG 2.2, 1.4.3).
LOWEST_CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parts(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let lowest = [99, ""];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const pair = [light(parts(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < lowest[0]) lowest = [ratio, walker.currentNode.data.trim()];
  }
  return lowest;
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed."),
]


@pytest.fixture
def shop() -> Iterator[Site]:
    """The client's site on loopback, with the page that takes people back."""
    with running_site() as site:
        site.serve("/return", HTML, SHOP_PAGE)
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests here."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One person in front of one page, and all that happened on the way."""

    page: Page
    origins: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        parts = urlsplit(self.page.url)
        return f"{parts.scheme}://{parts.netloc}"

    def tab_to(self, selector: str) -> None:
        """The focus is here, reached by Tab, and can be seen."""
        for _ in range(30):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("(what) => document.activeElement.matches(what)", selector):
                outline = "getComputedStyle(document.activeElement).outlineStyle"
                assert self.page.evaluate(outline) != "none"
                return
        raise AssertionError(f"{selector} cannot be reached by Tab")


@contextmanager
def visiting(browser: Browser, **options: Any) -> Iterator[Visit]:
    context: BrowserContext = browser.new_context(locale="en-GB", **options)
    context.set_default_timeout(WAIT_MS)
    visit = Visit(context.new_page())

    def asked(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data":
            visit.origins.add(f"{parts.scheme}://{parts.netloc}")

    def said(message: Any) -> None:
        if message.type in {"error", "warning"}:
            visit.complaints.append(message.text)

    context.on("request", asked)
    context.on("console", said)
    context.on("weberror", lambda failure: visit.complaints.append(str(failure.error)))
    try:
        yield visit
    finally:
        context.close()


@pytest.fixture
def link(api: CheckedApi, shop: Site) -> str:
    """A link without a bank chosen; the person comes back to the shop."""
    return started(api, redirectUri=shop.address + "/return?order=7", target=None)


def started(api: CheckedApi, **body: Any) -> str:
    return api.started(**{"country": "pl", "locale": "en", **body})["redirectionLink"]


def nothing(_visit: Visit) -> None:
    pass


def choose_and_agree(visit: Visit, link: str, look: Callable[[Visit], None] = nothing) -> None:
    """From the link to the bank's first page."""
    visit.page.goto(link)
    look(visit)
    visit.page.click("button[value=KontoBankApi]")
    visit.page.wait_for_selector(AGREE)
    look(visit)
    visit.page.click(AGREE)


def sign_in(visit: Visit, look: Callable[[Visit], None] = nothing) -> None:
    """Through the bank's three pages."""
    visit.page.fill("#login", "test1")
    visit.page.fill("#password", "Test123")
    look(visit)
    visit.page.click("main button:not(.quiet)")
    visit.page.fill("#code", "Test123")
    look(visit)
    visit.page.click("main button:not(.quiet)")
    visit.page.wait_for_selector(APPROVE)
    look(visit)
    visit.page.click(APPROVE)


def go_all_the_way(
    visit: Visit, link: str, shop: Site, look: Callable[[Visit], None] = nothing
) -> None:
    choose_and_agree(visit, link, look)
    sign_in(visit, look)
    visit.page.wait_for_url(shop.address + "/**")


def test_a_person_comes_back_to_the_shop_and_the_session_is_signed_in(
    browser: Browser, world: World, api: CheckedApi, shop: Site, link: str
):
    seen: list[str] = []
    with visiting(browser) as visit:
        go_all_the_way(visit, link, shop, lambda visit: seen.append(visit.origin))
        assert visit.page.inner_text("h1") == "Welcome back"
        query = parse_qs(urlsplit(visit.page.url).query)
        assert set(query) == {"order", "redirectionId"}
    assert seen == [world.address] * 2 + [world.bank.url] * 3
    status = api.status(redirectionId=query["redirectionId"][0])
    assert status["status"] == "SUCCESS"
    pair = (status["params"]["sessionId"], status["params"]["sessionIdSignature"])
    assert api.finished(pair).xml.find(".//result") is not None
    assert len(shop.asked) == 1


def test_the_browser_complains_of_nothing_and_asks_nobody_else(
    browser: Browser, world: World, shop: Site, link: str
):
    with visiting(browser) as visit:
        go_all_the_way(visit, link, shop)
        assert visit.complaints == []
        assert visit.origins == {world.address, world.bank.url, shop.address}


def test_the_keyboard_is_enough(browser: Browser, shop: Site, link: str):
    with visiting(browser) as visit:
        keys = visit.page.keyboard
        visit.page.goto(link)
        visit.tab_to("button[value=KontoBankApi]")
        keys.press("Enter")
        visit.page.wait_for_selector(AGREE)
        visit.tab_to(AGREE)
        keys.press("Enter")
        visit.page.wait_for_selector("#login:focus")
        keys.type("test1")
        visit.tab_to("#password")
        keys.type("Test123")
        keys.press("Enter")
        visit.page.wait_for_selector("#code:focus")
        keys.type("Test123")
        keys.press("Enter")
        visit.page.wait_for_selector(APPROVE)
        visit.tab_to(APPROVE)
        keys.press("Enter")
        visit.page.wait_for_url(shop.address + "/**")


def fits_and_can_be_read(visit: Visit) -> None:
    page = visit.page
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], f"{page.url} is {width} px wide"  # type: ignore[index]
    ratio, text = page.evaluate(LOWEST_CONTRAST)
    assert ratio >= 4.5, f"{text!r} on {page.url} has a contrast of {ratio:.2f}"
    assert page.get_attribute("html", "lang") in {"en", "pl"}
    assert page.title()
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_320_pixels_and_can_be_read(
    browser: Browser, shop: Site, link: str, scheme: Any
):
    size: Any = {"width": 320, "height": 640}
    with visiting(browser, color_scheme=scheme, viewport=size) as visit:
        go_all_the_way(visit, link, shop, fits_and_can_be_read)


@pytest.mark.parametrize("locale", ["en", "pl"])
def test_our_pages_say_their_language(browser: Browser, api: CheckedApi, locale: str):
    link = started(api, locale=locale)
    with visiting(browser) as visit:
        visit.page.goto(link)
        assert visit.page.get_attribute("html", "lang") == locale


def back_to(visit: Visit, address: str) -> None:
    """The latest page of this address in the tab's history, as a long press on Back offers it."""
    tab = visit.page.context.new_cdp_session(visit.page)
    entries = tab.send("Page.getNavigationHistory")["entries"]
    (*_, latest) = (one for one in entries if one["url"].startswith(address))
    with visit.page.expect_navigation(url=address + "/**"):
        tab.send("Page.navigateToHistoryEntry", {"entryId": latest["id"]})


def test_back_after_success_is_told_in_plain_words(
    browser: Browser, world: World, shop: Site, link: str
):
    with visiting(browser) as visit:
        go_all_the_way(visit, link, shop)
        back_to(visit, world.address)
        assert visit.page.inner_text("h1") == "This link has been used"
        assert visit.page.locator("form").count() == 0
        fits_and_can_be_read(visit)


def test_without_an_address_to_go_back_to_we_say_that_it_is_done(
    browser: Browser, world: World, api: CheckedApi
):
    link = started(api, redirectUri=None)
    with visiting(browser) as visit:
        visit.page.goto(link)
        visit.page.click(AGREE)
        sign_in(visit)
        visit.page.wait_for_url(world.address + "/redirection/return**")
        assert visit.page.inner_text("h1") == "Acme Lending may read your accounts now"
        fits_and_can_be_read(visit)
        visit.page.reload()
        assert visit.page.inner_text("h1") == "Acme Lending may read your accounts now"
        visit.page.goto(link)
        assert visit.page.inner_text("h1") == "This link has been used"


@pytest.mark.parametrize("where", ["bank", "ours"])
def test_who_does_not_agree_comes_back_as_well(
    browser: Browser, api: CheckedApi, shop: Site, link: str, where: str
):
    with visiting(browser) as visit:
        if where == "bank":
            choose_and_agree(visit, link)
        else:
            visit.page.goto(link)
        visit.page.click("button[value=cancel]")
        visit.page.wait_for_url(shop.address + "/**")
        assert visit.complaints == []
        found = parse_qs(urlsplit(visit.page.url).query)["redirectionId"][0]
    status = api.status(redirectionId=found)
    assert (status["status"], status["params"]["exception"]) == ("ERROR", "SignInCancelled")


def test_a_wrong_password_is_said_on_the_banks_page_and_can_be_corrected(
    browser: Browser, shop: Site, link: str
):
    with visiting(browser) as visit:
        choose_and_agree(visit, link)
        visit.page.fill("#login", "test1")
        visit.page.fill("#password", "wrong")
        visit.page.click("main button:not(.quiet)")
        visit.page.wait_for_selector("[role=alert]")
        fits_and_can_be_read(visit)
        sign_in(visit)
        visit.page.wait_for_url(shop.address + "/**")
