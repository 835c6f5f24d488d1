from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.web.widget.addresses import is_own_post, origin, with_redirection_id

OWN = frozenset({"https://signin.example.org"})


@pytest.mark.parametrize(
    ("address", "joined"),
    [
        ("https://shop.example.com", "https://shop.example.com?redirectionId=6c80"),
        ("https://shop.example.com/a", "https://shop.example.com/a?redirectionId=6c80"),
        ("https://shop.example.com/a?", "https://shop.example.com/a?redirectionId=6c80"),
        ("https://shop.example.com/a?b=1", "https://shop.example.com/a?b=1&redirectionId=6c80"),
        (
            "https://shop.example.com/a?b=%C4%85+c&b=2&d#/back?e=1",
            "https://shop.example.com/a?b=%C4%85+c&b=2&d&redirectionId=6c80#/back?e=1",
        ),
        (
            "https://shop.example.com/?redirectionId=forged&b=1&redirection%49d=too",
            "https://shop.example.com/?b=1&redirectionId=6c80",
        ),
        ("http://127.0.0.1:9000/x?a=b", "http://127.0.0.1:9000/x?a=b&redirectionId=6c80"),
    ],
)
def test_the_id_is_added_and_all_else_stays(address: str, joined: str) -> None:
    assert with_redirection_id(address, "6c80") == joined


PAIRS = st.lists(
    st.tuples(
        st.text("abcXYZ019-._~", min_size=1, max_size=8).filter(lambda name: name[0] != "r"),
        st.text("abcXYZ019-._~%", max_size=8),
    ),
    max_size=6,
)


@given(PAIRS)
def test_whatever_the_address_says_is_kept_in_order(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    joined = with_redirection_id(f"https://shop.example.com/back?{query}", "6c80")
    assert urlsplit(joined).query == "&".join(filter(None, [query, "redirectionId=6c80"]))
    assert parse_qsl(urlsplit(joined).query)[-1] == ("redirectionId", "6c80")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://signin.example.org/redirection/1?a=b#c", "https://signin.example.org"),
        ("http://127.0.0.1:8400", "http://127.0.0.1:8400"),
        ("https://user:pass@signin.example.org/", "https://signin.example.org"),
    ],
)
def test_an_origin_is_scheme_host_and_port(address: str, found: str) -> None:
    assert origin(address) == found


@pytest.mark.parametrize(
    ("fetch_site", "sent_origin", "own"),
    [
        ("same-origin", "null", True),
        ("none", None, True),
        ("cross-site", None, False),
        ("same-site", "https://signin.example.org", False),
        ("", "https://signin.example.org", False),
        (None, "https://signin.example.org", True),
        (None, "null", True),
        (None, None, True),
        (None, "https://evil.example.com", False),
        (None, "https://signin.example.org.evil.example.com", False),
    ],
)
def test_only_our_own_pages_and_programs_may_post(
    fetch_site: str | None, sent_origin: str | None, own: bool
) -> None:
    assert is_own_post(fetch_site, sent_origin, OWN) is own
