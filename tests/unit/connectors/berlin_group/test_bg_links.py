"""A bank's links are followed on the bank's own origin only, however they are written."""

import pytest

from opensaldo.connectors.protocols.berlin_group.links import followed, may_lead_person_to
from opensaldo.errors import BankAnsweredNonsense

HOST = "https://api.example.org"


@pytest.mark.parametrize(
    ("root", "link", "whole"),
    [
        ("/a/v1", "/a/v1/accounts/1", "/a/v1/accounts/1"),
        ("/a/v1", "/v1/accounts/1", "/a/v1/accounts/1"),
        ("/a/r1/v1", "/r1/v1/accounts/1", "/a/r1/v1/accounts/1"),
        ("/a/v1", "/accounts/1", "/a/v1/accounts/1"),
        ("/a/v1", "/card-accounts/1", "/a/v1/card-accounts/1"),
        ("/a/v1", "/v2/accounts/1", "/v2/accounts/1"),
        ("", "/v3/accounts/1", "/v3/accounts/1"),
        ("/v1", "accounts/1?page=2", "/v1/accounts/1?page=2"),
        ("/v1", "./accounts/1", "/v1/accounts/1"),
        ("/v1", f"{HOST}/other", "/other"),
        ("/v1", f"{HOST}:443/other", ":443/other"),
    ],
)
def test_a_link_becomes_an_address_of_the_bank(root, link, whole):
    assert followed(link, root=HOST + root) == HOST + whole


def test_a_query_alone_changes_the_query_of_what_was_asked():
    found = followed("?page=2", root=f"{HOST}/v1", asked=f"{HOST}/v1/accounts/1/transactions?x=1")
    assert found == f"{HOST}/v1/accounts/1/transactions?page=2"


@pytest.mark.parametrize(
    "link",
    ["https://other.example.org/", "//other.example.org/", "http://api.example.org/", "data:x",
     "https://api.example.org:99999/", "/a b", "/a\r\nX: y", "/" * 5000],
)  # fmt: skip
def test_a_link_elsewhere_is_refused(link):
    with pytest.raises(BankAnsweredNonsense):
        followed(link, root=f"{HOST}/v1")


@pytest.mark.parametrize(
    ("address", "is_mock", "may"),
    [
        ("https://login.example.org/x", False, True),
        ("http://127.0.0.1:1/x", True, True),
        ("http://127.0.0.1:1/x", False, False),
        ("javascript:alert(1)", True, False),
        ("https://a@b.example.org/", False, False),
        ("https://", True, False),
    ],
)
def test_a_person_is_led_to_https_or_to_the_mock(address, is_mock, may):
    assert may_lead_person_to(address, is_mock=is_mock) is may
