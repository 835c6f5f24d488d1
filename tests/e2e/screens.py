"""Every screen of a sign-in, reached as a person reaches it, at the real KontoBank.

Each walk shows one screen after another and yields its name while it is open.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from playwright.sync_api import Page

from tests.e2e.checked import SHOP, CheckedApi
from tests.e2e.fixtures import World
from tests.support.online import digits_in

AGREE, CANCEL, SEND = "button[value=agree]", "button[value=cancel]", "button[value=agree]"
PASSWORD, CODE = "Test123", "Test123"
PSD2, ONLINE = "KontoBankApi", "KontoBank"
TELL = "form.ask button"
SEVERAL_WAYS_IN = "Abanca_es"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One person in front of one page, in one language, sent by one client."""

    world: World
    api: CheckedApi
    page: Page
    locale: str

    def link(self, **body: object) -> str:
        """A fresh link whose end is a page of ours."""
        asked = {"redirectUri": None, "target": None, "country": "pl", "locale": self.locale}
        return self.api.started(**{**asked, **body})["redirectionLink"]

    def press(self, what: str) -> None:
        """The button was pressed and the next page is there."""
        with self.page.expect_navigation():
            self.page.click(what)

    def type_in(self, *typed: str) -> None:
        """The fields were filled in and sent."""
        for at, text in enumerate(typed):
            self.page.fill(f"#field-{at}", text)
        self.press(SEND)


Walk = Callable[[Stage], Iterator[str]]


def choosing(stage: Stage) -> Iterator[str]:
    """From the choice of country to every form of the agreement."""
    page, link = stage.page, stage.link(country="all")
    page.goto(link)
    yield "countries"
    stage.press("a[href*='country=pl']")
    yield "banks"
    stage.press("button[formaction$=missing]")
    yield "not listed"
    stage.press(TELL)
    yield "not listed, unnamed"
    page.fill("#bank", "Bank Widmo")
    stage.press(TELL)
    yield "not listed, noted"
    page.goto(link + "?country=pl")
    page.fill("#q", "qqqqqqqq")
    with page.expect_navigation():
        page.press("#q", "Enter")
    yield "no such bank"
    page.goto(link + "/consent?target=KontoBankApi&country=pl")
    yield "consent"
    page.goto(link + "/consent?target=KontoBank&country=pl")
    yield "consent, typed here"
    page.goto(stage.link(accessMode="MULTIPLE", target=PSD2))
    yield "consent, repeated"
    page.goto(stage.link(accessMode="SINGLE", target=PSD2, forceSca="true"))
    yield "consent, asked twice"


def typing(stage: Stage) -> Iterator[str]:
    """A sign-in typed on our pages: every kind of step, refused and accepted."""
    page = stage.page
    page.goto(stage.link(target=ONLINE))
    stage.press(AGREE)
    yield "login"
    stage.type_in("test-all", "wrong")
    yield "login refused"
    stage.type_in("test-all", PASSWORD)
    yield "captcha"
    stage.type_in(_read(page))
    yield "picture"
    stage.press(SEND)
    yield "wait"


def choosing_how(stage: Stage) -> Iterator[str]:
    """A bank with several ways in asks which."""
    stage.page.goto(stage.link(target=SEVERAL_WAYS_IN, country="es"))
    stage.press(AGREE)
    yield "choice"


def ending(stage: Stage) -> Iterator[str]:
    """Sign-ins that end well, badly, or before they begin."""
    page, link = stage.page, stage.link(target=ONLINE)
    page.goto(link)
    stage.press(AGREE)
    stage.type_in("test1", PASSWORD)
    stage.type_in(CODE)
    yield "done"
    page.goto(link)
    yield "used"
    page.goto(stage.link())
    stage.press(CANCEL)
    yield "cancelled"
    stage.world.bank.plan("status", status=503, path="authorize")
    page.goto(stage.link(target=PSD2))
    stage.press(AGREE)
    yield "bank down"
    stage.world.bank.clear()


def not_working(stage: Stage) -> Iterator[str]:
    """Links and addresses that lead nowhere."""
    page, link = stage.page, stage.link(redirectUri=SHOP)
    page.goto(f"{stage.world.address}/redirection/{'0' * 32}")
    yield "unknown"
    page.goto(link + "/consent?target=NoSuchBank")
    yield "no such target"
    page.goto(link + "/step")
    yield "interrupted"
    page.goto(link + "/consent?target=%FF")
    yield "unreadable"
    stage.world.later(hours=2)
    page.goto(link)
    yield "expired"


def beside_the_shop(stage: Stage) -> Iterator[str]:
    """A sign-in in a frame on the client's page: the bank stands in a window of its own."""
    page, host = stage.page, stage.world.address
    asked = {"client": stage.api.client_id, "widgetEmbeddedUrl": "http://127.0.0.1/shop"}
    page.goto(f"{host}/signin/?{urlencode({**asked, 'locale': stage.locale, 'country': 'pl'})}")
    yield "framed banks"
    own = page.url.partition("?")[0]
    stage.press(f"button[value={PSD2}]")
    yield "framed consent"
    with page.expect_popup() as opened:
        page.click(AGREE)
    page.wait_for_url("**/step**")
    yield "at the bank"
    opened.value.close()
    page.goto(own + "/step?blocked=1")
    yield "window blocked"
    page.goto(own + "/step")
    yield "window not opened"
    stage.press(CANCEL)
    yield "cancelled beside the shop"
    page.goto(own + "/about")
    yield "whose sign-in"
    page.goto(own + "/bank")
    yield "window closing"
    page.goto(f"{host}/signin/?client=nobody")
    yield "no client's page"


def briefly(stage: Stage) -> Iterator[str]:
    """The two screens with the most words and the most fields."""
    stage.page.goto(stage.link(target=ONLINE))
    yield "consent, typed here"
    stage.press(AGREE)
    yield "login"


WALKS: tuple[Walk, ...] = (choosing, typing, choosing_how, ending, beside_the_shop, not_working)


def _read(page: Page) -> str:
    """What a person reads in the picture."""
    address = page.get_attribute("img.picture", "src") or ""
    return digits_in(base64.b64decode(address.partition(",")[2]))
