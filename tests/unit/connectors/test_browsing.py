"""One login's browser: it stays at the bank, keeps its cookies, repeats nothing that was typed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from opensaldo.connectors import browsing
from opensaldo.connectors.browsing import Browser
from opensaldo.connectors.http import Door
from opensaldo.errors import BankAnsweredNonsense
from tests.unit.connectors.test_http_door import RawBank, raw_bank

pytestmark = pytest.mark.enable_socket


def reply(*headers: str, status: str = "200 OK", body: str = "page") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", body]
    return "\r\n".join(lines).encode()


def with_answers(
    answers: dict[str, bytes], work: Callable[[Browser, RawBank], Awaitable[Any]]
) -> Any:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answers[request.split()[1].decode()])

    async def run() -> Any:
        async with raw_bank(answer) as bank, Door() as door:
            base = f"http://127.0.0.1:{bank.port}/bank"
            made = Browser(door, bank="b", base_url=base, user_agent="A", calls_at_once_max=2)
            return await work(made, bank)

    return asyncio.run(run())


def lines_of(request: bytes) -> list[str]:
    return request.decode().partition("\r\n\r\n")[0].split("\r\n")


def test_a_redirect_within_the_bank_is_followed_as_a_get_with_the_cookies():
    async def work(browser: Browser, bank: RawBank) -> list[bytes]:
        seen = await browser.post("e", "/login", [("pin", "1234")])
        assert seen.url.endswith("/bank/in?a=1")
        return bank.requests

    answers = {
        "/bank/login": reply("Location: in?a=1", "Set-Cookie: S=1; Path=/", status="303 See Other"),
        "/bank/in?a=1": reply(),
    }
    post, get = with_answers(answers, work)
    assert post.endswith(b"\r\n\r\npin=1234")
    assert b"1234" not in get
    assert "Cookie: S=1" in lines_of(get)
    names = {line.partition(":")[0] for line in lines_of(get)[1:]}
    assert names == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Cookie"}


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example.com/bank/x",
        "//evil.example.com/bank/x",
        "/elsewhere",
        "/bank/../elsewhere",
        "/bank/%2e%2e/elsewhere",
        "/bank",
        "http://127.0.0.1:1/bank/x",
        "http://user@127.0.0.1/bank/x",
        "javascript:alert(1)",
        "http://[/bank/x",
        "/bank/" + "x" * 5_000,
    ],
)
def test_a_redirect_away_from_the_bank_is_refused(location: str):
    async def work(browser: Browser, bank: RawBank) -> int:
        with pytest.raises(BankAnsweredNonsense) as raised:
            await browser.get("e", "/start")
        assert location not in str(raised.value)
        return len(bank.requests)

    assert with_answers({"/bank/start": reply(f"Location: {location}", status="302 F")}, work) == 1


def test_a_redirect_that_would_repeat_a_form_is_refused():
    async def work(browser: Browser, bank: RawBank) -> int:
        with pytest.raises(BankAnsweredNonsense):
            await browser.post("e", "/login", [("pin", "1234")])
        return len(bank.requests)

    answers = {"/bank/login": reply("Location: /bank/other", status="307 Again")}
    assert with_answers(answers, work) == 1


def test_a_circle_of_redirects_has_an_end():
    async def work(browser: Browser, bank: RawBank) -> int:
        with pytest.raises(BankAnsweredNonsense):
            await browser.get("e", "/a")
        return len(bank.requests)

    answers = {"/bank/a": reply("Location: /bank/a", status="302 Found")}
    assert with_answers(answers, work) == browsing.REDIRECTS_MAX


def test_cookies_are_replaced_and_taken_back():
    async def work(browser: Browser, bank: RawBank) -> list[list[str]]:
        for path in ("/1", "/2", "/3"):
            await browser.get("e", path)
        browser.forget()
        await browser.get("e", "/3")
        return [[one for one in lines_of(got) if one.startswith("Cookie")] for got in bank.requests]

    answers = {
        "/bank/1": reply("Set-Cookie: A=1; HttpOnly", "Set-Cookie: B=2", "Set-Cookie: nonsense"),
        "/bank/2": reply("Set-Cookie: A=; Max-Age=0", "Set-Cookie: B=3; Secure"),
        "/bank/3": reply(),
    }
    assert with_answers(answers, work) == [[], ["Cookie: A=1; B=2"], ["Cookie: B=3"], []]


def test_a_browser_prints_nothing_of_itself():
    async def work(browser: Browser, bank: RawBank) -> str:
        seen = await browser.get("e", "/1")
        return repr(browser) + repr(seen)

    shown = with_answers({"/bank/1": reply("Set-Cookie: S=secret7", body="secret8")}, work)
    assert "secret" not in shown


@pytest.mark.parametrize("path", ["/a b", "/zażółć", '/a"<>', "/a\tb"])
def test_addresses_are_written_as_ascii(path: str):
    async def work(browser: Browser, bank: RawBank) -> bytes:
        return browser.absolute(path).encode("ascii")

    assert b" " not in with_answers({}, work)
