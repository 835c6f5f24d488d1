"""Scripts and sheets beside the pages: packed, kept for good, never of two editions at once."""

import asyncio
import gzip
import re
from importlib import resources

import pytest
from starlette.requests import Request
from starlette.responses import Response

from opensaldo.web.widget import files
from opensaldo.web.widget.rendering import ICONS_PATH

STATIC = resources.files("opensaldo.web.widget").joinpath("static")


def asked(name: str, edition: str = files.EDITION, **headers: str) -> Response:
    raw = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    placed = {"edition": edition, "name": name}
    scope = {"type": "http", "method": "GET", "headers": raw, "path_params": placed}
    return asyncio.run(files.static_file(Request(scope)))


@pytest.mark.parametrize("name", files.STATIC_TYPES)
def test_every_file_is_sent_packed_to_who_unpacks_and_plain_to_who_does_not(name: str):
    plain, packed = asked(name), asked(name, accept_encoding="gzip, br")
    assert plain.body == STATIC.joinpath(name).read_bytes() == gzip.decompress(packed.body)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    for answer in (plain, packed):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"] == files.STATIC_TYPES[name]


def test_the_address_changes_with_the_content_so_a_browser_may_keep_it_for_good():
    assert re.fullmatch(r"/signin/static/[0-9a-f]{12}", files.STATIC_PATH)
    assert "immutable" in asked("signin.js").headers["cache-control"]


def test_while_an_update_rolls_out_nobody_keeps_a_file_under_an_edition_it_is_not_of():
    other = asked("signin.js", edition="0" * 12)
    assert (other.status_code, other.headers["cache-control"]) == (200, "no-store")


def test_nothing_is_sent_again_and_nothing_else_is_sent():
    again = asked("signin.css", if_none_match=asked("signin.css").headers["etag"])
    assert (again.status_code, again.body) == (304, b"")
    for name in ("signin-widget.js", "..", "__init__.py", ""):
        assert asked(name).status_code == 404


def test_badges_have_an_address_that_no_edition_can_take():
    assert not ICONS_PATH.startswith(files.STATIC_PATH)
    assert not re.fullmatch(r"[0-9a-f]{12}", ICONS_PATH.rpartition("/")[2])
