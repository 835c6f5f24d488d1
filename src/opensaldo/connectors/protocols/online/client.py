"""The requests a login and a history need, and no others; each returns the page that came back."""

from __future__ import annotations

from collections.abc import Iterable

from opensaldo.connectors.browsing import Browser, Seen
from opensaldo.connectors.http import Door
from opensaldo.connectors.profile import Profile
from opensaldo.connectors.protocols.online import faults, pages
from opensaldo.connectors.protocols.online.layout import LAYOUTS, PAGES, Layout
from opensaldo.connectors.protocols.online.pages import Form, Kind, Shown
from opensaldo.errors import BankAnsweredNonsense

AGENT_CHARACTERS_MAX = 200
DEFAULT_AGENT = "OpenSaldo"
PICTURE_TYPES = ("image/png", "image/jpeg", "image/gif")
PICTURE_BYTES_MAX = 512 * 1024


class OnlineClient:
    """One target's online service; every method is one request and the redirects it brings."""

    def __init__(self, profile: Profile, *, door: Door) -> None:
        """Remember the road and the layout it names."""
        self._profile = profile
        self._door = door
        self.layout: Layout = LAYOUTS.get(profile.version, PAGES)

    def browser(self, user_agent: str) -> Browser:
        """A browser without cookies, presenting itself as the person's own."""
        agent = "".join(sign for sign in user_agent if sign.isascii() and sign.isprintable())
        return Browser(
            self._door,
            bank=self._profile.bank,
            base_url=self._profile.base_url,
            user_agent=agent[:AGENT_CHARACTERS_MAX] or DEFAULT_AGENT,
            calls_at_once_max=self._profile.calls_at_once_max,
        )

    async def login_page(self, browser: Browser) -> tuple[Seen, Shown]:
        """The page where logins begin."""
        return self._shown(await browser.get("loginPage", self.layout.login_path))

    async def send(
        self, browser: Browser, form: Form, page: str, typed: Iterable[tuple[str, str]]
    ) -> tuple[Seen, Shown]:
        """What follows a form, sent with its own hidden fields and what was typed."""
        action = browser.absolute(form.action or page, page)
        return self._shown(await browser.post("login", action, [*form.hidden, *typed]))

    async def step(self, browser: Browser) -> tuple[Seen, Shown]:
        """The page of the step the login is at."""
        return self._shown(await browser.get("step", self.layout.step_path))

    async def onwards(self, browser: Browser, address: str, page: str) -> tuple[Seen, Shown]:
        """What follows a message."""
        return self._shown(await browser.get("step", browser.absolute(address, page)))

    async def picture(self, browser: Browser, address: str, page: str) -> tuple[bytes, str]:
        """A challenge's picture and its type.

        Raises:
            BankAnsweredNonsense: it is none that a page can show.
        """
        whole = browser.absolute(address, page)
        seen = await browser.get("challenge", whole, accept=", ".join(PICTURE_TYPES))
        kind = seen.content_type.partition(";")[0].strip().lower()
        is_picture = seen.status == 200 and kind in PICTURE_TYPES
        if not is_picture or len(seen.body) > PICTURE_BYTES_MAX:
            raise BankAnsweredNonsense("picture", "a picture of at most 512 KiB")
        return seen.body, kind

    async def data(self, browser: Browser, endpoint: str, address: str) -> Seen:
        """A page or file for a person who is signed in.

        Raises:
            BankError: the bank shows something else instead, its login page for one.
        """
        accept = "text/csv" if endpoint == "file" else "text/html"
        seen = await browser.get(endpoint, address, accept=accept)
        if seen.content_type.lower().startswith("text/csv") and seen.status == 200:
            return seen
        page = pages.shown(seen.text, self.layout)
        fault = faults.fault_of(seen, page, self.layout)
        if fault is None and page.kind is Kind.LOGIN:
            fault = self.layout.error_of_code["timeout"]()
        if fault is not None:
            raise fault
        return seen

    async def keep_alive(self, browser: Browser) -> None:
        """The bank knows that somebody is still there.

        Raises:
            BankError: it has forgotten the login.
        """
        await self.data(browser, "keepAlive", self.layout.keep_alive_path)

    async def sign_out(self, browser: Browser) -> None:
        """The login is over at the bank."""
        await browser.get("signOut", self.layout.sign_out_path)

    def _shown(self, seen: Seen) -> tuple[Seen, Shown]:
        return seen, pages.shown(seen.text, self.layout)
