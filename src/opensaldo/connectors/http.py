"""The one door to the banks' networks: every request is spelled out, every reply is bounded.

Nothing is retried, no redirect is followed, no cookie is kept, no proxy is taken from the
environment, no header is sent that the caller did not write (but Host and Content-Length), and
neither addresses nor bodies are logged. A `Door` belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Awaitable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlencode, urlsplit

import aiohttp
import yarl

from opensaldo.connectors.tls import client_context
from opensaldo.errors import BankAnsweredNonsense, BankUnreachable

CONNECT_TIMEOUT_S = 5
CALL_TIMEOUT_S = 30
KEEPALIVE_S = 4  # below the 5 s after which common servers drop an idle connection
REPLY_BYTES_MAX = 16 * 1024 * 1024
HEADER_BYTES_MAX = 16 * 1024
CHUNK_BYTES = 64 * 1024
BROWSER_AGENT = "OpenSaldo synthetic person"

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_OWN_HEADERS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class OnCall(Protocol):
    """Told after each call."""

    def __call__(self, bank: str, endpoint: str, status: int, elapsed_s: float, /) -> None:
        """Take note; `status` is 0 when no reply came."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One request to a bank; `bank` and `endpoint` name it in limits and counters."""

    bank: str
    endpoint: str
    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    calls_at_once_max: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A bank's whole reply, uncompressed; header names in lower case.

    `set_cookies` are the values of all Set-Cookie headers, which are lost in `headers`;
    `asked_as` is the id of the request that was answered, where a transcript answers another.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    set_cookies: tuple[str, ...] = field(default=(), repr=False)
    asked_as: str = ""


class Recorder(Protocol):
    """Takes down calls and their answers."""

    async def taken(self, request: Outgoing, answer: Awaitable[Incoming], /) -> Incoming:
        """The answer, once it is taken down."""
        ...

    def relied_on(self, request: Outgoing, reply: Incoming, /) -> None:
        """Take down an answer that came earlier and is built on now."""
        ...


_RECORDER: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


@contextmanager
def recorded_by(recorder: Recorder) -> Iterator[None]:
    """The calls made here, and in tasks begun here, are taken down; no others are."""
    token = _RECORDER.set(recorder)
    try:
        yield
    finally:
        _RECORDER.reset(token)


def relied_on(request: Outgoing, reply: Incoming) -> None:
    """Tell who records, if anybody does, of an earlier answer that is built on now."""
    recorder = _RECORDER.get()
    if recorder is not None:
        recorder.relied_on(request, reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowsedPage:
    """A page as a browser would see it before following its redirect."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def location(self) -> str | None:
        """Where the page sends the browser, None when it stays."""
        return self.headers.get("location")


class Door:
    """Calls to banks over kept connections, so many at once for each bank.

    `plain_origin` is the one http address besides loopback that may be called, for a mock bank
    in a neighbouring container.
    """

    def __init__(
        self,
        *,
        on_call: OnCall | None = None,
        plain_origin: str | None = None,
        certificates: Path | None = None,
        authorities_file: Path | None = None,
    ) -> None:
        """Remember whom to tell; connections are opened when first needed.

        Args:
            on_call: told after each call.
            plain_origin: the one http address besides loopback that may be called.
            certificates: the folder of our client certificates (`tls.client_context`).
            authorities_file: authorities of banks' servers besides the system's.
        """
        self._on_call = on_call
        self._plain_origin = _origin(plain_origin) if plain_origin else None
        self._certificates = certificates
        self._authorities_file = authorities_file
        self._certificate_of_bank: dict[str, str] = {}
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._places: dict[str, asyncio.Semaphore] = {}

    def present(self, bank: str, certificate: str) -> None:
        """From now on this bank is shown this certificate of ours, none when empty."""
        self._certificate_of_bank[bank] = certificate

    async def __aenter__(self) -> Self:
        """The door itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """All connections are closed."""
        await self.close()

    async def close(self) -> None:
        """All connections are closed; the door may be used again and then opens new ones."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    async def call(self, request: Outgoing) -> Incoming:
        """The bank's reply, whatever its status.

        Raises:
            BankUnreachable: refused, cut off, timed out, or a certificate we do not trust.
            BankAnsweredNonsense: the reply is larger than `REPLY_BYTES_MAX` or badly compressed.
        """
        recorder = _RECORDER.get()
        if recorder is None:
            return await self._call(request)
        return await recorder.taken(request, self._call(request))

    async def _call(self, request: Outgoing) -> Incoming:
        """The bank's reply, taken down by nobody yet."""
        self._check(request.url)
        place = self._places.get(request.bank)
        if place is None:
            place = self._places[request.bank] = asyncio.Semaphore(request.calls_at_once_max)
        async with place:
            started, status = time.monotonic(), 0
            try:
                reply = await self._exchange(
                    request.method, request.url, request.headers, request.body, request.bank
                )
                status = reply.status
            finally:
                if self._on_call is not None:
                    elapsed_s = time.monotonic() - started
                    self._on_call(request.bank, request.endpoint, status, elapsed_s)
        return Incoming(
            status=reply.status,
            headers={name.lower(): value for name, value in reply.headers},
            body=_unpacked(reply.body),
            set_cookies=tuple(
                value for name, value in reply.headers if name.lower() == "set-cookie"
            ),
        )

    async def browse(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | Iterable[tuple[str, str]] | None,
        cookies: MutableMapping[str, str],
    ) -> BrowsedPage:
        """One page as the synthetic person's browser gets it; `cookies` takes what it sets.

        Raises:
            BankUnreachable, BankAnsweredNonsense: as in `call`.
        """
        self._check(url)
        headers = {"User-Agent": BROWSER_AGENT, "Accept": "text/html", "Accept-Encoding": "gzip"}
        body = b""
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if form is not None:
            pairs = form.items() if isinstance(form, Mapping) else form
            body = urlencode(list(pairs)).encode("ascii")
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        reply = await self._exchange(method, url, headers, body)
        _keep_cookies(reply.headers, cookies)
        return BrowsedPage(
            status=reply.status,
            headers={name.lower(): value for name, value in reply.headers},
            body=_unpacked(reply.body).decode("utf-8", "replace"),
        )

    def _check(self, url: str) -> None:
        """Pass https everywhere and http on loopback or at the plain origin."""
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            return
        if parts.scheme == "http" and parts.hostname in _LOOPBACK_HOSTS:
            return
        if self._plain_origin is None or _origin(url) != self._plain_origin:
            raise BankAnsweredNonsense("address", "https, or http on loopback")

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, bank: str = ""
    ) -> _Reply:
        """One request and its whole reply, still compressed."""
        session = self._open(self._certificate_of_bank.get(bank, ""))
        try:
            async with session.request(
                method,
                yarl.URL(url, encoded=True),
                headers=headers,
                data=body or None,
                allow_redirects=False,
            ) as response:
                content = await _bounded(response.content)
                pairs = [(name, value) for name, value in response.headers.items()]
                return _Reply(response.status, pairs, content)
        except TimeoutError:
            raise _unreachable("timed out") from None
        except aiohttp.ClientConnectorCertificateError:
            raise _unreachable("certificate not trusted") from None
        except aiohttp.ClientConnectorError:
            raise _unreachable("not connected") from None
        except (aiohttp.ClientError, OSError):
            raise _unreachable("cut off") from None

    def _open(self, certificate: str) -> aiohttp.ClientSession:
        """The session of one certificate; limits are per bank, so the connector has none."""
        session = self._sessions.get(certificate)
        if session is None:
            context = client_context(self._certificates, certificate, self._authorities_file)
            session = self._sessions[certificate] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_S, ssl=context),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S, sock_connect=CONNECT_TIMEOUT_S),
                skip_auto_headers=_OWN_HEADERS,
                auto_decompress=False,
                trust_env=False,
                max_field_size=HEADER_BYTES_MAX,
                max_line_size=HEADER_BYTES_MAX,
            )
            # The library repeats a GET whose kept connection was cut; to a bank that is one call
            # more than the ledger has counted, and there is no public switch.
            session._retry_connection = False
        return session


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply as it came over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


async def _bounded(stream: aiohttp.StreamReader) -> bytes:
    """The whole stream, refused as soon as it exceeds the limit."""
    chunks, size = [], 0
    async for chunk in stream.iter_chunked(CHUNK_BYTES):
        size += len(chunk)
        if size > REPLY_BYTES_MAX:
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _unpacked(body: bytes) -> bytes:
    """The body uncompressed, within the limit; gzip is recognised by its mark.

    Banks compress without saying so, and say so without compressing (PolishAPI 2.1, headers);
    deflate is not asked for and not served.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(body, REPLY_BYTES_MAX + 1)
    except zlib.error:
        raise BankAnsweredNonsense("body", "a gzip stream") from None
    if len(content) > REPLY_BYTES_MAX:
        raise _too_large()
    if not unpacker.eof or unpacker.unused_data:
        raise BankAnsweredNonsense("body", "one whole gzip stream")
    return content


def _keep_cookies(headers: list[tuple[str, str]], cookies: MutableMapping[str, str]) -> None:
    """Put what the page sets into the walk's cookies; attributes do not matter for one walk."""
    for name, value in headers:
        if name.lower() == "set-cookie":
            key, _, text = value.partition(";")[0].partition("=")
            cookies[key.strip()] = text.strip()


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _unreachable(how: str) -> BankUnreachable:
    """The error with a word for the operator; never an address."""
    return BankUnreachable(f"The connection to the bank failed ({how}); try again later.")


def _too_large() -> BankAnsweredNonsense:
    """The error of a reply beyond the limit."""
    return BankAnsweredNonsense("body", f"at most {REPLY_BYTES_MAX} bytes")
