"""Origins are written as browsers write them, and nothing else passes for one."""

from __future__ import annotations

import pytest

from opensaldo.wire.origins import ADDRESS_LENGTH_MAX, is_loopback, page_origin


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Shop.Example.com:443/apply?step=2#top", "https://shop.example.com"),
        ("http://shop.example.com:8080", "http://shop.example.com:8080"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_an_origin_has_scheme_host_and_a_port_of_its_own(address: str, origin: str):
    assert page_origin(address) == origin


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example.com/" + "a" * ADDRESS_LENGTH_MAX,
        "https://shop.example.com/\n",
        "https://person@shop.example.com",
        "javascript:alert(1)",
        "https://",
        "null",
        "https://ex ample.com",
    ],
)
def test_what_is_no_page_of_a_host_has_no_origin(address: str):
    with pytest.raises(ValueError, match=r"^not "):
        page_origin(address)


def test_only_the_persons_own_machine_is_loopback():
    own = ("http://localhost:8080", "http://[::1]", "http://shop.localhost", "http://127.0.0.1:1")
    assert all(map(is_loopback, own))
    assert not is_loopback("https://localhost.example.com")
