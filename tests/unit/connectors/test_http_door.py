"""The one door: what leaves is what was written, what comes back is bounded, failures have names.

A few raw servers on loopback stand in for banks that no proper server can imitate.
"""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from opensaldo.connectors import http
from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.http import Door, Outgoing
from opensaldo.domain.clock import system_clock
from opensaldo.errors import BankAnsweredNonsense, BankUnreachable

pytestmark = pytest.mark.enable_socket

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Own: yes\r\n\r\n{}"


class RawBank:
    """A server that keeps the requests it got, byte for byte."""

    def __init__(self, answer: Handler) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = 0
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                whole = head + await reader.readexactly(length)
                self.requests.append(whole)
                await self.answer(whole, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def raw_bank(answer: bytes | Handler, **options: Any) -> AsyncIterator[RawBank]:
    async def say(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer if isinstance(answer, bytes) else b"")

    bank = RawBank(say if isinstance(answer, bytes) else answer)
    server = await asyncio.start_server(bank.serve, "127.0.0.1", 0, **options)
    bank.port = server.sockets[0].getsockname()[1]
    try:
        yield bank
    finally:
        server.close()


def outgoing(port: int, **more: Any) -> Outgoing:
    values = {"bank": "b", "endpoint": "e", "url": f"http://127.0.0.1:{port}/x", "body": b"{}"}
    return Outgoing(**{**values, **more})


def on_bank(answer: bytes | Handler, work: Callable[[RawBank, Door], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with raw_bank(answer) as bank, Door() as door:
            return await work(bank, door)

    return asyncio.run(run())


def replied(body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


def refusal_of(answer: bytes | Handler) -> Exception:
    async def work(bank: RawBank, door: Door) -> Exception:
        with pytest.raises((BankUnreachable, BankAnsweredNonsense)) as caught:
            await door.call(outgoing(bank.port))
        return caught.value

    found: Exception = on_bank(answer, work)
    return found


# --- what leaves
def test_no_header_is_added_to_those_written():
    async def work(bank: RawBank, door: Door) -> bytes:
        await door.call(outgoing(bank.port, headers={"X-One": "1", "Accept-Encoding": "gzip"}))
        return bank.requests[0]

    head, _, body = on_bank(PLAIN, work).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first == b"POST /x HTTP/1.1"
    names = sorted(line.partition(b":")[0].lower() for line in lines)
    assert names == [b"accept-encoding", b"content-length", b"host", b"x-one"]
    assert body == b"{}"


def test_addresses_are_sent_as_they_are_written():
    async def work(bank: RawBank, door: Door) -> bytes:
        url = f"http://127.0.0.1:{bank.port}/a%2Fb?x=%20+y&z="
        await door.call(outgoing(bank.port, url=url, method="GET", body=b""))
        return bank.requests[0]

    assert on_bank(PLAIN, work).startswith(b"GET /a%2Fb?x=%20+y&z= HTTP/1.1\r\n")


def test_connections_are_kept_for_the_next_call():
    async def work(bank: RawBank, door: Door) -> int:
        for _ in range(5):
            await door.call(outgoing(bank.port))
        return bank.connections

    assert on_bank(PLAIN, work) == 1


def test_a_bank_is_never_called_more_often_at_once_than_allowed():
    busy, most = 0, 0

    async def slow(_request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.02)
        busy -= 1
        writer.write(PLAIN)

    async def work(bank: RawBank, door: Door) -> None:
        request = outgoing(bank.port, calls_at_once_max=3)
        other = outgoing(bank.port, calls_at_once_max=3, bank="c")
        await asyncio.gather(*(door.call(request) for _ in range(12)))
        assert most == 3
        await asyncio.gather(*(door.call(one) for one in [request, other] * 6))
        assert most == 6

    on_bank(slow, work)


@pytest.mark.parametrize(
    "url",
    [
        "http://bank.example.org/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "https:///x",
        "127.0.0.1:80",
        "http://127.0.0.1.example.org/x",
        "http://user@bank.example.org/x",
    ],
)
def test_only_https_or_loopback_is_called(url: str):
    async def run() -> None:
        async with Door(plain_origin="http://kontobank:8600") as door:
            with pytest.raises(BankAnsweredNonsense, match="address"):
                await door.call(outgoing(0, url=url))
            with pytest.raises(BankAnsweredNonsense, match="address"):
                await door.browse("GET", url, None, {})

    asyncio.run(run())


def test_one_plain_origin_may_be_named():
    door = Door(plain_origin="http://kontobank:8600/")
    door._check("http://kontobank:8600/polish-api")
    with pytest.raises(BankAnsweredNonsense):
        door._check("http://kontobank:8601/")


# --- what comes back
def test_a_reply_has_status_headers_and_body():
    async def work(bank: RawBank, door: Door) -> Any:
        return await door.call(outgoing(bank.port))

    reply = on_bank(PLAIN, work)
    assert (reply.status, reply.body, reply.headers["x-own"]) == (200, b"{}", "yes")


def test_redirects_are_not_followed_and_proxies_not_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    moved = b"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n"

    async def work(bank: RawBank, door: Door) -> tuple[int, int]:
        return (await door.call(outgoing(bank.port))).status, len(bank.requests)

    assert on_bank(moved, work) == (302, 1)


@pytest.mark.parametrize("headers", [[b"Content-Encoding: gzip"], []])
def test_gzip_is_opened_whether_declared_or_not(headers: list[bytes]):
    async def work(bank: RawBank, door: Door) -> bytes:
        return (await door.call(outgoing(bank.port))).body

    assert on_bank(replied(gzip.compress(b"hello"), *headers), work) == b"hello"


def test_gzip_declared_but_not_done_is_taken_as_it_is():
    async def work(bank: RawBank, door: Door) -> bytes:
        return (await door.call(outgoing(bank.port))).body

    assert on_bank(replied(b"{}", b"Content-Encoding: gzip"), work) == b"{}"


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b"hello" * 100, mtime=0)[:-9],
        gzip.compress(b"hello", mtime=0) + b"more",
        b"\x1f\x8bnot gzip at all",
    ],
    ids=("cut short", "something behind", "not gzip"),
)
def test_broken_gzip_is_nonsense(body: bytes):
    assert isinstance(refusal_of(replied(body)), BankAnsweredNonsense)


def test_the_size_limit_holds_before_and_after_unpacking(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http, "REPLY_BYTES_MAX", 20_000)
    bomb = gzip.compress(b"x" * 10_000_000)
    assert len(bomb) < 20_000
    for body in (b"x" * 20_001, gzip.compress(b"x" * 20_001), bomb):
        assert "at most 20000 bytes" in str(refusal_of(replied(body)))


# --- what fails
def test_a_refused_connection_is_unreachable(unused_port: int):
    async def run() -> None:
        async with Door() as door:
            with pytest.raises(BankUnreachable, match="not connected"):
                await door.call(outgoing(unused_port))

    asyncio.run(run())


@pytest.fixture
def unused_port() -> int:
    async def free() -> int:
        async with raw_bank(PLAIN) as bank:
            return bank.port

    return asyncio.run(free())


async def _abort(_request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _half(_request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}")
    writer.close()


async def _noise(_request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\x01 this is not HTTP\r\n\r\n")


async def _header_flood(_request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")


@pytest.mark.parametrize("answer", [_abort, _half, _noise, _header_flood])
def test_a_connection_that_breaks_is_unreachable(answer: Handler):
    refused = refusal_of(answer)
    assert isinstance(refused, BankUnreachable)
    assert "127.0.0.1" not in str(refused)


def test_a_bank_that_says_nothing_is_left_in_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http, "CALL_TIMEOUT_S", 0.2)

    async def silent(_request: bytes, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    assert "timed out" in str(refusal_of(silent))


def test_a_certificate_nobody_vouches_for_is_unreachable(tmp_path: Path):
    pair = make_seal(system_clock())
    from opensaldo.connectors.certificates import _pem

    (tmp_path / "c.pem").write_bytes(_pem(pair))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c.pem")

    async def run() -> None:
        async with raw_bank(PLAIN, ssl=context) as bank, Door() as door:
            with pytest.raises(BankUnreachable, match="certificate"):
                await door.call(outgoing(0, url=f"https://127.0.0.1:{bank.port}/x"))

    asyncio.run(run())


def test_a_call_that_is_given_up_frees_its_place():
    async def silent(_request: bytes, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async def work(bank: RawBank, door: Door) -> None:
        request = outgoing(bank.port, calls_at_once_max=1)
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(door.call(request), 0.1)

    on_bank(silent, work)


def test_every_call_is_told_with_its_status():
    told: list[tuple[str, str, int]] = []

    def note(bank: str, endpoint: str, status: int, elapsed_s: float, /) -> None:
        assert elapsed_s >= 0
        told.append((bank, endpoint, status))

    async def run() -> None:
        async with raw_bank(PLAIN) as bank, Door(on_call=note) as door:
            await door.call(outgoing(bank.port))
        async with raw_bank(_abort) as bank, Door(on_call=note) as door:
            with pytest.raises(BankUnreachable):
                await door.call(outgoing(bank.port))

    asyncio.run(run())
    assert told == [("b", "e", 200), ("b", "e", 0)]


def test_a_closed_door_opens_again():
    async def work(bank: RawBank, door: Door) -> int:
        await door.call(outgoing(bank.port))
        await door.close()
        await door.close()
        await door.call(outgoing(bank.port))
        return bank.connections

    assert on_bank(PLAIN, work) == 2


# --- the synthetic person
def test_a_page_keeps_its_redirect_and_cookies_to_itself():
    page = (
        b"HTTP/1.1 303 See Other\r\nLocation: /next\r\nSet-Cookie: a=1; Path=/; HttpOnly\r\n"
        b"Set-Cookie: b=2\r\nContent-Length: 4\r\n\r\n<p>\xff"
    )

    async def work(bank: RawBank, door: Door) -> tuple[Any, dict[str, str], bytes]:
        url, cookies = f"http://127.0.0.1:{bank.port}/login", {"old": "0"}
        shown = await door.browse("GET", url, None, cookies)
        await door.browse("POST", url, [("x", "ą"), ("x", "2")], cookies)
        await door.browse("POST", url, {"y": "1"}, {})
        return shown, cookies, b"|".join(bank.requests)

    shown, cookies, sent = on_bank(page, work)
    assert (shown.status, shown.location, shown.body) == (303, "/next", "<p>\ufffd")
    assert cookies == {"old": "0", "a": "1", "b": "2"}
    first, second, third = sent.split(b"|")
    assert b"Cookie: old=0\r\n" in first
    assert b"Cookie: old=0; a=1; b=2\r\n" in second
    assert second.endswith(b"x=%C4%85&x=2")
    assert b"application/x-www-form-urlencoded" in second
    assert b"Cookie" not in third
    assert third.endswith(b"\r\n\r\ny=1")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_call_whose_kept_connection_is_cut_is_not_repeated(method: str):
    async def first_only(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/first" in request:
            writer.write(PLAIN)
        else:
            writer.transport.abort()

    async def work(bank: RawBank, door: Door) -> list[bytes]:
        url = f"http://127.0.0.1:{bank.port}"
        await door.call(outgoing(bank.port, url=f"{url}/first", method="GET", body=b""))
        with pytest.raises(BankUnreachable):
            await door.call(outgoing(bank.port, url=f"{url}/second", method=method, body=b""))
        return bank.requests

    assert len(on_bank(first_only, work)) == 2
