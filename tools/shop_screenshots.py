"""Screenshots of every page of the sample shop, in three looks, as a person sees them.

    python tools/shop_screenshots.py http://127.0.0.1:PORT FOLDER

PORT is the shop's, as `./demo` prints it. Needs Playwright and Chromium (what ./test installs).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1100, "height": 900}},
    "dark": {"viewport": {"width": 1100, "height": 900}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
}
STRONG = "main button:not(.quiet)"


def main() -> int:
    """One PNG a page and look."""
    shop, folder = sys.argv[1].rstrip("/"), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for look, options in LOOKS.items():
            shoot(browser, shop, folder, look, options)
        browser.close()
    return 0


def shoot(browser: Browser, shop: str, folder: Path, look: str, options: dict[str, Any]) -> None:
    """One look of every page."""
    context = browser.new_context(locale="en-GB", **options)
    page = context.new_page()
    for name in pages(page, shop):
        page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
        print(folder / f"{name}-{look}.png")
    context.close()


def pages(page: Page, shop: str) -> Iterator[str]:
    """The page stands at each screen in turn; its name."""
    page.goto(shop)
    yield "form"
    apply(page, "4000")
    page.wait_for_timeout(1500)
    yield "bank"
    sign_in(page, "test-io")
    page.wait_for_url("**/decision")
    yield "sorry"
    page.goto(shop + "/bank")
    page.route("**/progress/state", lambda route: route.fulfill(status=503))
    sign_in(page, "test1")
    page.wait_for_load_state()
    yield "progress"
    page.unroute("**/progress/state")
    page.wait_for_url("**/decision")
    yield "yes"
    page.click("text=Delete my data")
    page.wait_for_url("**/forget")
    yield "deleted"
    page.goto(shop)
    apply(page, "50000")
    sign_in(page, "test1")
    page.wait_for_url("**/decision")
    yield "no"


def apply(page: Page, amount: str) -> None:
    """The form is filled in and sent."""
    page.fill("#amount", amount)
    page.click(STRONG)
    page.wait_for_url("**/bank")


def sign_in(page: Page, login: str) -> None:
    """Through OpenSaldo's pages and the bank's, by the redirection."""
    page.press(".other-way button", "Enter")
    page.click("button[value=KontoBankApi]")
    page.click("button[value=agree]")
    page.fill("#login", login)
    page.fill("#password", "Test123")
    page.click(STRONG)
    page.fill("#code", "Test123")
    page.click(STRONG)
    page.click("button[value=approve]")


if __name__ == "__main__":
    sys.exit(main())
