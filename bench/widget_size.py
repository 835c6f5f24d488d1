"""What the widget costs a page: bytes of each file, and the time to the first page in the frame.

The time runs from the shop's page being asked for until the bank list is painted in its frame, over
a line throttled by the browser; platform, bank, shop and browser share this machine.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from opensaldo.observe import configure_logs
from opensaldo.web.widget import assets
from tests.support.bank import running_bank
from tests.support.embedding import Site, running_site, serve_shop
from tests.support.platform import platform_thread

LOADER_BYTES_MAX = 5 * 1024
KBIT = 1000 / 8
# Round trip in ms, kbit/s down and up, as browsers' developer tools name them.
LINES = {"none": (0, -1, -1), "slow 4G": (150, 1600, 750), "slow 3G": (400, 400, 400)}
EMBED = "(client) => embedKontomatik({client, country: 'pl', onSuccess() {}, onError() {}})"
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  for (const one of list.getEntriesByName("first-contentful-paint")) {
    done(performance.timeOrigin + one.startTime); } }).observe({type: "paint", buffered: true}))"""


def sizes() -> bool:
    """Print what is sent; true when the loader keeps to its limit."""
    static = resources.files("opensaldo.web.widget").joinpath("static")
    files = {"signin-widget.js (your page)": assets.source()}
    for name in ("signin.js", "signin.css", "mark.svg"):
        files[f"{name} (in the frame)"] = static.joinpath(name).read_bytes()
    print(f"{'file':32}{'bytes':>8}{'gzip':>8}")
    for name, content in files.items():
        print(f"{name:32}{len(content):8}{len(gzip.compress(content, mtime=0)):8}")
    return len(gzip.compress(assets.source(), mtime=0)) <= LOADER_BYTES_MAX


def first_render_ms(browser: Browser, shop: str, client: str, line: tuple[int, int, int]) -> float:
    """From the shop's page being asked for to the first paint in the frame; nothing was kept."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    latency, down, up = line
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    settings = {"offline": False, "latency": latency}
    speeds = {"downloadThroughput": down * KBIT, "uploadThroughput": up * KBIT}
    tools.send("Network.emulateNetworkConditions", {**settings, **speeds})
    page.goto(shop)
    began = page.evaluate("performance.timeOrigin")
    page.evaluate(EMBED, client)
    page.frame_locator("iframe").locator("main button").first.wait_for()
    painted = page.frames[1].evaluate(PAINTED)
    context.close()
    return float(painted - began)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables; 1 when the loader is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(arguments).rounds
    configure_logs("CRITICAL")
    fits = sizes()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium is not installed: no times.")
        return 0 if fits else 1
    with (
        tempfile.TemporaryDirectory() as folder,
        running_bank(Path(folder)) as bank,
        platform_thread(Path(folder), bank.url) as house,
        running_site() as site,
        sync_playwright() as playwright,
    ):
        client = "bench-test"
        house.api(client)
        shop = serve_shop(site, Site(house.address))
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox"]
        )
        print(f"\n{'line':12}{'ms to the first paint: median':>32}{'slowest':>9}")
        for name, line in LINES.items():
            times = [first_render_ms(browser, shop, client, line) for _ in range(rounds)]
            print(f"{name:12}{statistics.median(times):32.0f}{max(times):9.0f}")
        browser.close()
    return 0 if fits else 1


if __name__ == "__main__":
    raise SystemExit(main())
