"""Addresses and networks are read in every form, and IPv4 inside IPv6 is IPv4."""

from __future__ import annotations

import pytest

from opensaldo.domain.network import parse_address, parse_network


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("::1", "::1"),
        ("", None),
        ("localhost", None),
        ("192.0.2.7:80", None),
        ("192.0.2", None),
        ("192.0.2.07", None),
        ("[::1]", None),
        (" 192.0.2.7", None),
        ("192.0.2.0/24", None),
        ("testclient", None),
    ],
)
def test_an_address_is_read_or_is_none(text: str, plain: str | None):
    found = parse_address(text)
    assert (None if found is None else str(found)) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:0:0/80", "::/80"),
    ],
)
def test_a_network_is_read_in_its_plain_form(text: str, plain: str):
    assert str(parse_network(text)) == plain


@pytest.mark.parametrize("text", ["", "example.org", "192.0.2", "192.0.2.0/33", "::/129", "a/8"])
def test_what_is_no_network_is_refused(text: str):
    with pytest.raises(ValueError, match=r"network|IPv4|IPv6|expected"):
        parse_network(text)
