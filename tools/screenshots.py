"""Makes the pictures in docs/images of pages that need no person: `python -m tools.screenshots`.

Needs Chromium. `--all DIR` writes each page in light, dark and narrow instead, to be looked at.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.support.bank import running_bank

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu")
WIDE, NARROW = (1200, 1400), (320, 1600)
PICTURE = Path(__file__).parent.parent / "docs" / "images" / "bank-world.png"
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STORY = "loan-applicant"


def main() -> None:
    """The pictures are written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, help="a folder for every look of the page")
    options = parser.parse_args()
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise SystemExit("Chromium is not installed.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        with running_bank(Path(folder), "--story", STORY) as bank:
            bank.stop_clock(MORNING)
            if options.all is None:
                shoot(browser, bank.url, PICTURE, "light", WIDE, whole=False)
                return
            options.all.mkdir(parents=True, exist_ok=True)
            shoot(browser, bank.url, options.all / "light.png", "light", WIDE)
            shoot(browser, bank.url, options.all / "dark.png", "dark", WIDE, begin="7")
            shoot(browser, bank.url, options.all / "narrow.png", "light", NARROW)


def shoot(
    browser: Browser,
    url: str,
    file: Path,
    scheme: str,
    size: tuple[int, int],
    *,
    whole: bool = True,
    begin: str = "0",
) -> None:
    """The page of the bank's world on one day of its story, as a picture."""
    look = browser.new_context(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    page = look.new_page()
    page.goto(f"{url}/world")
    page.locator(f"form:has(input[name=number][value='{begin}']) button").click()
    page.screenshot(path=file, full_page=whole)
    look.close()


if __name__ == "__main__":
    main()
