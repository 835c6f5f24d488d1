"""The page of the Android example with the bridge an app puts into it, in a real browser.

Chromium plays the WebView: `window.Android` of our page's main frame only, a second page for
`window.open`, gone on `window.close`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.checked import CheckedApi
from tests.e2e.test_browser import AGREE, Visit, browser, pytestmark, visiting
from tests.e2e.test_loan_shop import agree_at_the_bank
from tests.support.shop import EXAMPLES

__all__ = ["browser", "pytestmark"]

ANDROID = EXAMPLES / "android-webview"
OWNER = "app-person-1"
TYPES = {"page.html": "text/html; charset=utf-8", "page.js": "text/javascript"}
BRIDGE = "if (top === window && origin === '%s') window.Android = { postMessage: tellApp };"
IOS = (
    "if (top === window) window.webkit = { messageHandlers: { signIn: { postMessage: tellApp } } };"
)


@pytest.fixture
def site(api: CheckedApi) -> Iterator[str]:
    """A lender's server with the example's two files, filled in for this client."""

    def filled(name: str) -> bytes:
        text = (ANDROID / name).read_text("utf-8")
        changes = {"https://signin.example.org": api.address, "acme-test": api.client_id}
        for old, new in {**changes, "loan-7781": OWNER}.items():
            assert name != "page.html" or old in text
            text = text.replace(old, new)
        return text.encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            self.send_response(200 if name in TYPES else 204)
            self.send_header("Content-Type", TYPES.get(name, "text/plain"))
            self.end_headers()
            self.wfile.write(filled(name) if name in TYPES else b"")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass
class App:
    """What the app was told, and the windows it opened on top of the page."""

    visit: Visit
    told: list[dict[str, Any]] = field(default_factory=list)
    windows: list[Page] = field(default_factory=list)

    def to_bank(self) -> Page:
        """The second WebView, at the bank's login."""
        page = self.visit.page
        frame = page.frame_locator("#bank iframe")
        frame.locator("button[value=KontoBankApi]").click()
        with page.context.expect_page() as opened:
            frame.locator(AGREE).click()
        opened.value.wait_for_selector("#login")
        self.windows.append(opened.value)
        return opened.value

    def waits_for(self, name: str) -> dict[str, Any]:
        """The message of this name."""
        for _ in range(400):
            for one in self.told:
                if one["name"] == name:
                    return one
            self.visit.page.wait_for_timeout(50)
        raise AssertionError(f"the app was told {self.told}")


@contextmanager
def in_app(browser: Browser, site: str, bridge: str) -> Iterator[App]:
    """The page in an app's WebView: a phone's size, and the bridge where it belongs."""
    size: Any = {"width": 360, "height": 720}
    with visiting(browser, viewport=size, has_touch=True) as visit:
        app = App(visit)
        visit.page.expose_function("tellApp", lambda text: app.told.append(json.loads(text)))
        visit.page.add_init_script(bridge)
        visit.page.goto(site + "/page.html")
        yield app


def imported(api: CheckedApi, told: dict[str, Any]) -> Any:
    return api.finished((told["sessionId"], told["sessionIdSignature"])).xml


@pytest.mark.parametrize("bridge", ["android", "ios"])
def test_the_app_is_given_a_session_its_server_can_import_with(
    browser: Browser, api: CheckedApi, site: str, bridge: str
):
    with in_app(browser, site, IOS if bridge == "ios" else BRIDGE % site) as app:
        bank = app.to_bank()
        agree_at_the_bank(bank)
        told = app.waits_for("success")
        assert (told["target"], told["officialName"]) == ("KontoBankApi", "KontoBank")
        if not bank.is_closed():
            bank.wait_for_event("close")
        assert imported(api, told).find(".//moneyTransaction") is not None
        assert app.visit.complaints == []
    data = api.call("GET", "/v1/data.xml", query={"ownerExternalId": OWNER})
    assert data.status == 200


def test_the_app_is_told_that_the_person_refused_and_the_page_stays(browser: Browser, site: str):
    with in_app(browser, site, BRIDGE % site) as app:
        app.to_bank().click("button[value=cancel]")
        told = app.waits_for("error")
        assert told["cause"] == "SignInCancelled"
        assert told["sessionId"]
        assert app.visit.page.url == site + "/page.html"


def test_neither_the_frame_nor_the_bank_can_call_the_app(browser: Browser, site: str):
    with in_app(browser, site, BRIDGE % site) as app:
        bank = app.to_bank()
        pages = [*app.visit.page.frames, bank]
        assert [one.evaluate("typeof window.Android") for one in pages] == [
            "object",
            "undefined",
            "undefined",
        ]
