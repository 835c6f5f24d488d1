"""Pictures of every sign-in screen: `python -m tools.widget_screenshots [DIR] [--locales pl,en]`.

Each locale in light and dark, 320 px and desktop, in the frame on a client's page; and one sheet
for each of them with all its screens, to be looked at. Without DIR only the picture in docs/images
is made. Needs Chromium.
"""

from __future__ import annotations

import argparse
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, sync_playwright

from opensaldo import errors
from opensaldo.connectors.base import Wait
from opensaldo.domain.client import Product
from tests.e2e.test_browser import AGREE, CHROMIUM, FLAGS
from tests.support import scripted
from tests.support.bank import running_bank
from tests.support.embedding import Site, running_site, serve_shop
from tests.support.platform import Api, PlatformThread, platform_thread
from tests.support.scripted import CODE, METHOD, ScriptedBank, a_target, an_ask, offer

CLIENT = "acme-test"
STRONG = "main button:not(.quiet)"
WIDTHS = {"320": 320, "desktop": 1100}
SCHEMES = ("light", "dark")
TALL_PX = 1400
PICTURE = Path(__file__).parent.parent / "docs" / "images" / "widget.png"
PICTURED = ("banks", "consent-repeated", "bank-window", "done")
SHEET_COLUMNS = {"320": 8, "desktop": 4}


@dataclass
class Album:
    """The pictures of one look: of one locale, scheme and width."""

    folder: Path
    page: Page
    shots: list[Path] = field(default_factory=list)

    def shoot(self, name: str, page: Page | None = None) -> None:
        """The screen as it stands, under this name."""
        file = self.folder / f"{len(self.shots) + 1:02}-{name}.png"
        (page or self.page).wait_for_timeout(150)
        (page or self.page).screenshot(path=file, full_page=True)
        self.shots.append(file)


@dataclass(frozen=True)
class Stage:
    """What all pictures are taken of."""

    house: PlatformThread
    api: Api
    shop: Site
    bank: ScriptedBank

    def embed(self, page: Page, **options: Any) -> Frame:
        """The client's page with the widget in it; its frame."""
        page.goto(serve_shop(self.shop, Site(self.house.address)))
        page.evaluate(
            "(options) => embedKontomatik({...noting('first'), ...options})",
            {"client": CLIENT, "ownerExternalId": uuid.uuid4().hex, "layout": "wide"}
            | {"dynamicHeight": True, **options},
        )
        handle = page.wait_for_selector("#kontomatik iframe")
        frame = handle.content_frame() if handle else None
        if frame is None:
            raise AssertionError("the widget made no frame")
        frame.wait_for_selector("h1")
        return frame


def main() -> None:
    """The pictures and sheets are written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--locales", default="pl,en")
    options = parser.parse_args()
    with stage() as on, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if options.folder is None:
            with tempfile.TemporaryDirectory() as folder:
                shots = take(browser, on, Path(folder) / "en", "en", "light", "320").shots
                pictured = [one for one in shots if one.stem[3:] in PICTURED]
                _sheet(browser, pictured, len(PICTURED), PICTURE)
            return
        for locale, scheme, width in product(options.locales.split(","), SCHEMES, WIDTHS):
            folder = options.folder / f"{locale}-{scheme}-{width}"
            album = take(browser, on, folder, locale, scheme, width)
            print(_sheet(browser, album.shots, SHEET_COLUMNS[width], folder.with_suffix(".png")))


@contextmanager
def stage() -> Iterator[Stage]:
    """A platform, the mock bank, a bank that follows a script, and a client's site."""
    bank = ScriptedBank()
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        running_bank(Path(folder) / "bank") as konto,
        platform_thread(Path(folder) / "house", konto.url) as house,
        running_site() as shop,
    ):
        offer(patch, bank, a_target())
        api = house.api(CLIENT, Product.MULTIPLE_ACCESS)
        yield Stage(house, api, shop, bank)


def take(browser: Browser, on: Stage, folder: Path, locale: str, scheme: Any, width: str) -> Album:
    """All screens in one look."""
    folder.mkdir(parents=True, exist_ok=True)
    look = browser.new_context(
        color_scheme=scheme, viewport={"width": WIDTHS[width], "height": TALL_PX // 2}
    )
    look.add_init_script(
        "window.close = () => {}"
    )  # a window that closes by itself is looked at too
    album = Album(folder, look.new_page())
    for tell in (choosing, at_the_bank, typed_here, refused):
        tell(album, on, {"locale": locale})
    look.close()
    return album


def choosing(album: Album, on: Stage, options: dict[str, Any]) -> None:
    """Country, banks, search, consent of either kind, and who is asked."""
    frame = on.embed(album.page, country="all", accessMode="MIXED", **options)
    album.shoot("countries")
    frame.click("a[href*='country=pl']")
    frame.wait_for_selector("#q")
    album.shoot("banks")
    frame.fill("#q", "kontobnk")
    frame.wait_for_selector("button[value=PkoApi]", state="detached")
    album.shoot("search")
    frame.click("button[formaction$=missing]")
    frame.wait_for_selector("form.missing, [name=bank]")
    album.shoot("not-listed")
    frame = on.embed(album.page, country="pl", accessMode="MIXED", **options)
    _open(frame, "KontoBankApi", album, "consent-repeated")
    frame = on.embed(album.page, country="pl", target="KontoBankApi", forceSca=True, **options)
    album.shoot("consent-once")
    frame = on.embed(album.page, country="pl", accessMode="MIXED", **options)
    _open(frame, "KontoBank", album, "consent-here")


def at_the_bank(album: Album, on: Stage, options: dict[str, Any]) -> None:
    """The bank's window, open and blocked; the end of it, good and bad; whose sign-in it is."""
    frame = on.embed(album.page, country="pl", target="KontoBankApi", **options)
    with album.page.context.expect_page() as opening:
        frame.click(AGREE)
    bank = opening.value
    frame.wait_for_selector("#open-bank")
    album.shoot("bank-window")
    with album.page.context.expect_page() as opening:
        frame.click(".foot a")
    album.shoot("about", opening.value)
    opening.value.close()
    frame.goto(frame.url.split("?")[0] + "?blocked=1")
    frame.wait_for_selector("[role=alert]")
    album.shoot("bank-window-blocked")
    for field_, value in (("#login", "test1"), ("#password", "Test123")):
        bank.fill(field_, value)
    bank.click(STRONG)
    bank.fill("#code", "Test123")
    bank.click(STRONG)
    bank.click("button[value=approve]")
    bank.wait_for_selector("[data-closes] h1")
    album.shoot("bank-window-closing", bank)
    frame.wait_for_selector("#session-id")
    album.shoot("done")
    frame = on.embed(album.page, country="pl", target="KontoBankApi", **options)
    frame.click("button[value=cancel]")
    frame.wait_for_selector("#session-id")
    album.shoot("cancelled")


def typed_here(album: Album, on: Stage, options: dict[str, Any]) -> None:
    """Every step that is taken on our pages."""
    on.bank.script = [
        an_ask(),
        errors.InvalidCredentials(),
        an_ask(METHOD),
        an_ask(
            CODE, picture=scripted.PICTURE, picture_type="image/png", text="Kod nr 3 / Code no. 3"
        ),
        Wait(every_s=30, text="BankApp"),
        errors.BankAccessEnded(),
    ]
    frame = on.embed(album.page, country="pl", target="ProbnyBank", **options)
    _press(frame, AGREE, "#field-0", album, "login")
    _type(frame, "test1", "wrong")
    frame.wait_for_selector("[role=alert]")
    album.shoot("login-refused")
    _type(frame, "test1", "Test123")
    frame.wait_for_selector("input[type=radio]")
    album.shoot("method")
    _press(frame, STRONG, "img", album, "code-and-picture")
    _type(frame, "777")
    frame.wait_for_selector(".waits")
    album.shoot("confirm-elsewhere")


def refused(album: Album, on: Stage, options: dict[str, Any]) -> None:
    """What cannot go on: the bank is away, the page is not registered, an error of each kind."""
    for error in (errors.ManualActionRequired, errors.AccessBlocked, errors.BankUnavailable):
        on.bank.script = [error()]
        frame = on.embed(album.page, country="pl", target="ProbnyBank", **options)
        frame.click(AGREE)
        frame.wait_for_selector("[role=alert]")
        album.shoot(error.__name__)
    on.embed(album.page, country="xx", **options)
    album.shoot("not-as-asked")
    on.embed(album.page, **(options | {"client": "nobody"}))
    album.shoot("not-registered")


def _open(frame: Frame, bank: str, album: Album, name: str) -> None:
    _press(frame, f"button[value={bank}]", AGREE, album, name)


def _press(frame: Frame, what: str, until: str, album: Album, name: str) -> None:
    frame.click(what)
    frame.wait_for_selector(until)
    album.shoot(name)


def _type(frame: Frame, *typed: str) -> None:
    for at, text in enumerate(typed):
        frame.fill(f"#field-{at}", text)
    frame.click(STRONG)


def _sheet(browser: Browser, shots: list[Path], columns: int, file: Path) -> Path:
    """The pictures side by side in one."""
    shown = "".join(
        f'<figure><img src="{one.as_uri()}"><p>{one.stem}</p></figure>' for one in shots
    )
    style = f"body{{display:grid;grid-template-columns:repeat({columns},1fr);gap:8px;margin:8px"
    style += ";background:#888;font:12px sans-serif}figure{margin:0}"
    style += "img{width:100%;max-height:700px;object-fit:cover;object-position:top}"
    page_file = shots[0].with_name("sheet.html")
    page_file.write_text(f"<!doctype html><style>{style}</style>{shown}")
    page = browser.new_page(viewport={"width": 300 * columns, "height": 400})
    page.goto(page_file.as_uri())
    page.screenshot(path=file, full_page=True)
    page.close()
    return file


if __name__ == "__main__":
    main()
