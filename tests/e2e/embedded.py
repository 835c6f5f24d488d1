"""A shop with the widget's loader in a real browser, and a sign-in host that only stands there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.e2e.test_browser import browser, pytestmark, visiting
from tests.support.embedding import Site, running_site, serve_shop, serve_signin_host

__all__ = [
    "Embedded",
    "browser",
    "embedded",
    "host",
    "opened",
    "pytestmark",
    "shop_page",
    "shop_site",
]

CLIENT = "acme-test"


@dataclass
class Embedded:
    """A person on the shop's page; what its callbacks were called with; what the browser said."""

    page: Page
    complaints: list[str]
    alerts: list[str] = field(default_factory=list)

    def embed(self, by: str = "embedKontomatik", mark: str = "first", **options: Any) -> None:
        """The page calls a global with callbacks that note their calls under `mark`."""
        script = """([by, mark, options]) => {
            (window.handles ||= {})[mark] = window[by]({...noting(mark), ...options}); }"""
        self.page.evaluate(script, [by, mark, {"client": CLIENT, **options}])

    def frame(self, inside: str = "#kontomatik") -> Frame:
        """The frame in the container, loaded."""
        handle = self.page.wait_for_selector(f"{inside} iframe")
        assert handle is not None
        frame = handle.content_frame()
        assert frame is not None
        frame.wait_for_selector("p")
        return frame

    def post(self, message: Any, inside: str = "#kontomatik") -> None:
        """The frame tells its page something."""
        self.frame(inside).evaluate("(said) => parent.postMessage(said, '*')", message)

    def called(self, count: int | None = None) -> list[Any]:
        """The calls so far: mark, callback, arguments; when all messages have arrived."""
        self.settle()
        calls: list[Any] = self.page.evaluate("called")
        assert count is None or len(calls) == count, calls
        return calls

    def settle(self) -> None:
        """Every message that was posted from a frame has been heard."""
        self.page.evaluate("() => new Promise((done) => setTimeout(done, 120))")

    def look(self, script: str, inside: str = "#kontomatik") -> Any:
        """What the script says of the frame's element."""
        return self.page.eval_on_selector(f"{inside} iframe", script)


@pytest.fixture
def host() -> Iterator[Site]:
    """The sign-in host."""
    with running_site() as site:
        yield serve_signin_host(site)


@pytest.fixture
def shop_site() -> Iterator[Site]:
    """The shop's site; without a page as yet."""
    with running_site() as site:
        yield site


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Embedded]:
    """A person who opens the page."""
    with visiting(browser) as visit:
        found = Embedded(visit.page, visit.complaints)

        def answer(dialog: Any) -> None:
            found.alerts.append(dialog.message)
            dialog.accept()

        visit.page.on("dialog", answer)
        visit.page.goto(address)
        yield found


@pytest.fixture
def embedded(browser: Browser, host: Site, shop_site: Site) -> Iterator[Embedded]:
    """The shop's page with the script loaded and nothing embedded."""
    with opened(browser, serve_shop(shop_site, host)) as found:
        yield found


@pytest.fixture
def shop_page(
    browser: Browser, world: World, api: CheckedApi, shop_site: Site
) -> Iterator[Embedded]:
    """The shop's page with the platform's own script, and nothing embedded yet."""
    with opened(browser, serve_shop(shop_site, Site(world.address))) as found:
        yield found
