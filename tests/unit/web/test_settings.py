"""The caller's address: what trusted proxies say, and never what a stranger says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import HTTPConnection

from opensaldo.web.settings import FORWARDED_HOPS_MAX, Front

SELF = "203.0.113.9"
PROXY = "10.0.0.5"
OUTER = "10.1.2.3"
ONE = ("10.0.0.5/32",)
TWO = ("10.0.0.0/8",)


def front_trusting(*trusted: str) -> Front:
    nothing: Any = None
    return Front(
        platform=nothing,
        gate=nothing,
        public_url="",
        signin_url="",
        docs_url="",
        portal_url="",
        support_mail="",
        trusted_proxies=trusted,
    )


def connection(peer: str | None, *said: str) -> HTTPConnection:
    scope = {
        "type": "http",
        "client": None if peer is None else (peer, 50_000),
        "headers": [(b"x-forwarded-for", one.encode("latin-1")) for one in said],
    }
    return HTTPConnection(scope)


def address(peer: str | None, *said: str, trusted: tuple[str, ...] = ()) -> str:
    return front_trusting(*trusted).client_address(connection(peer, *said))


@pytest.mark.parametrize(
    ("trusted", "peer", "said", "found"),
    [
        # nobody is trusted
        ((), SELF, (), SELF),
        ((), SELF, ("192.0.2.1",), SELF),
        ((), PROXY, (SELF,), PROXY),
        # one hop
        (ONE, PROXY, (), PROXY),
        (ONE, PROXY, ("",), PROXY),
        (ONE, PROXY, (" , ",), PROXY),
        (ONE, PROXY, (SELF,), SELF),
        (ONE, PROXY, (f"  {SELF} ",), SELF),
        (ONE, SELF, ("192.0.2.1",), SELF),
        # what stands left of an untrusted hop was written by a stranger
        (ONE, PROXY, (f"127.0.0.1, {SELF}",), SELF),
        (ONE, PROXY, (f"{PROXY}, 127.0.0.1, {SELF}",), SELF),
        (ONE, PROXY, ("127.0.0.1", SELF), SELF),
        (ONE, PROXY, (f"127.0.0.1, {OUTER}",), OUTER),
        # two hops
        (TWO, PROXY, (f"{SELF}, {OUTER}",), SELF),
        (TWO, PROXY, (SELF, OUTER), SELF),
        (TWO, PROXY, (f"127.0.0.1, {SELF}, {OUTER}",), SELF),
        (TWO, PROXY, (OUTER,), OUTER),
        (TWO, PROXY, (f"{SELF},, {OUTER}",), OUTER),
        # IPv6, and IPv4 inside it
        (("2001:db8::/32",), "2001:db8::1", ("2001:db9::7",), "2001:db9::7"),
        (ONE, f"::ffff:{PROXY}", (SELF,), SELF),
        (("::1",), "::1", ("2001:db9::7",), "2001:db9::7"),
        # garbage ends the chain and is no address for anybody's list
        (ONE, PROXY, ("unknown",), "unknown"),
        (TWO, PROXY, (f"{SELF}, unknown, {OUTER}",), "unknown"),
        (ONE, PROXY, ("[2001:db8::1]:443",), "[2001:db8::1]:443"),
        (ONE, "testclient", (SELF,), "testclient"),
        # no peer at all
        (ONE, None, (SELF,), ""),
        (("0.0.0.0/0", "::/0"), PROXY, (f"192.0.2.1, {SELF}",), "192.0.2.1"),
    ],
)
def test_the_callers_address(
    trusted: tuple[str, ...], peer: str | None, said: tuple[str, ...], found: str
):
    assert address(peer, *said, trusted=trusted) == found


def test_a_chain_is_read_no_further_than_its_limit():
    chain = ", ".join([SELF, *[OUTER] * (FORWARDED_HOPS_MAX + 5)])
    assert address(PROXY, chain, trusted=TWO) == OUTER


def test_a_long_header_is_read_quickly():
    assert address(PROXY, "," * 60_000, trusted=ONE) == PROXY


def test_a_network_that_is_none_is_refused_at_once():
    with pytest.raises(ValueError, match="proxy"):
        address(PROXY, trusted=("proxy.example.org",))


def test_a_network_given_by_one_of_its_addresses_is_the_whole_network():
    assert address(PROXY, SELF, trusted=("10.0.0.1/8",)) == SELF


@pytest.mark.parametrize("said", ["unknown", "[2001:db8::1]:443"])
def test_a_bank_is_told_an_address_even_when_a_proxy_names_none(said: str):
    assert front_trusting(*TWO).person_address(connection(PROXY, said)) == PROXY
