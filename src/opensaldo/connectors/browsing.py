"""One login's way through a bank's pages: its own cookies, its own origin, nothing fetched unasked.

A page's scripts, styles, fonts and images are never followed; a redirect is, as long as it stays
under the bank's own address, and never with what was typed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from opensaldo.connectors.http import Door, Incoming, Outgoing
from opensaldo.errors import BankAnsweredNonsense

REDIRECTS_MAX = 6
COOKIES_MAX = 64
COOKIE_CHARACTERS_MAX = 8_192
ADDRESS_CHARACTERS_MAX = 4_096
BANK_CALLS_AT_ONCE_MAX = 64  # over all logins; one login's own limit is the road's
HTML = "text/html"
FORM = "application/x-www-form-urlencoded"
_SEE_OTHER = (301, 302, 303)
_REPEAT = (307, 308)
_SAFE = "%/:=&?~#+!$,;'@()*[]-._"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came back in the end: the address it stands at, its type, its bytes."""

    url: str
    status: int
    content_type: str
    body: bytes = field(repr=False)
    retry_after: str = ""

    @property
    def text(self) -> str:
        """The page's text; pages are UTF-8."""
        return self.body.decode("utf-8", "replace")


class Browser:
    """One login's browser; it lives and dies with the login and prints nothing of itself."""

    def __init__(
        self, door: Door, *, bank: str, base_url: str, user_agent: str, calls_at_once_max: int
    ) -> None:
        """Keep to pages under `base_url`."""
        self._door = door
        self._bank = bank
        self._base = base_url.rstrip("/")
        self._agent = user_agent
        self._cookies: dict[str, str] = {}
        self._places = asyncio.Semaphore(calls_at_once_max)

    async def get(self, endpoint: str, address: str, *, accept: str = HTML) -> Seen:
        """The page at an address under the base, or relative to it when it begins with a slash.

        Raises:
            BankUnreachable: as in `Door.call`.
            BankAnsweredNonsense: a redirect leads away from the bank, or has no end.
        """
        return await self._walk(endpoint, "GET", self.absolute(address), b"", accept)

    async def post(self, endpoint: str, address: str, fields: Iterable[tuple[str, str]]) -> Seen:
        """The page that follows a form; errors as in `get`."""
        body = urlencode(list(fields)).encode("ascii")
        return await self._walk(endpoint, "POST", self.absolute(address), body, HTML)

    def absolute(self, address: str, page: str = "") -> str:
        """The whole address, which lies under the base; `page` is where it was found.

        Raises:
            BankAnsweredNonsense: it lies elsewhere.
        """
        whole = self._base + address if not page and address.startswith("/") else address
        if len(whole) > ADDRESS_CHARACTERS_MAX:
            raise BankAnsweredNonsense("address", f"at most {ADDRESS_CHARACTERS_MAX} characters")
        try:
            parts = urlsplit(urljoin(page, whole) if page else whole)
            base = urlsplit(self._base)
            is_own = (parts.scheme, parts.netloc) == (base.scheme, base.netloc)
        except ValueError:
            is_own = False
        if not is_own or not parts.path.startswith(base.path + "/") or "/.." in unquote(parts.path):
            raise BankAnsweredNonsense("address", "an address of the bank's own service")
        path, query = quote(parts.path, safe=_SAFE), quote(parts.query, safe=_SAFE)
        return urlunsplit((parts.scheme, parts.netloc, path, query, ""))

    def forget(self) -> None:
        """Nothing of the login is left here."""
        self._cookies.clear()

    async def _walk(self, endpoint: str, method: str, url: str, body: bytes, accept: str) -> Seen:
        for _ in range(REDIRECTS_MAX):
            reply = await self._send(endpoint, method, url, body, accept)
            location = reply.headers.get("location")
            if location is None or reply.status not in (*_SEE_OTHER, *_REPEAT):
                return Seen(
                    url=url,
                    status=reply.status,
                    content_type=reply.headers.get("content-type", ""),
                    body=reply.body,
                    retry_after=reply.headers.get("retry-after", ""),
                )
            if reply.status in _REPEAT and method != "GET":
                raise BankAnsweredNonsense("redirect", "one that does not repeat the form")
            url, method, body = self.absolute(location, url), "GET", b""
        raise BankAnsweredNonsense("redirect", f"an end after {REDIRECTS_MAX}")

    async def _send(
        self, endpoint: str, method: str, url: str, body: bytes, accept: str
    ) -> Incoming:
        headers = {"User-Agent": self._agent, "Accept": accept, "Accept-Encoding": "gzip"}
        if body or method == "POST":
            headers["Content-Type"] = FORM
        async with self._places:
            if self._cookies:
                pairs = (f"{name}={value}" for name, value in self._cookies.items())
                headers["Cookie"] = "; ".join(pairs)
            reply = await self._door.call(
                Outgoing(
                    bank=self._bank,
                    endpoint=endpoint,
                    url=url,
                    method=method,
                    headers=headers,
                    body=body,
                    calls_at_once_max=BANK_CALLS_AT_ONCE_MAX,
                )
            )
            for line in reply.set_cookies:
                self._keep(line)
        return reply

    def _keep(self, line: str) -> None:
        """Take one cookie, or drop the one the bank takes back."""
        pair, *attributes = line.split(";")
        name, mark, value = pair.partition("=")
        name, value = name.strip(), value.strip()
        if not (name and mark) or len(pair) > COOKIE_CHARACTERS_MAX or not pair.isprintable():
            return
        is_over = any(one.strip().lower() in ("max-age=0", "max-age=-1") for one in attributes)
        if is_over or not value or value == '""':
            self._cookies.pop(name, None)
        elif name in self._cookies or len(self._cookies) < COOKIES_MAX:
            self._cookies[name] = value
