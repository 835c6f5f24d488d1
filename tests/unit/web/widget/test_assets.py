"""The script as it is served: small, kept for minutes, packed; in the wheel and in a checkout."""

import asyncio
import gzip
import zipfile
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from opensaldo.web.widget import assets

ROOT = Path(__file__).parents[4]
PACKED_BYTES_MAX = 5 * 1024


def _asked(**headers: str) -> Response:
    (route,) = assets.routes()
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": route.path, "headers": raw}
    return asyncio.run(route.endpoint(Request(scope)))


def test_the_script_stands_at_the_contracts_address() -> None:
    assert [route.path for route in assets.routes()] == ["/assets/signin-widget.js"]
    answer = _asked()
    assert answer.body == (ROOT / "widget/signin-widget.js").read_bytes()
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_it_is_small_as_browsers_get_it() -> None:
    answer = _asked(accept_encoding="gzip, br")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) <= PACKED_BYTES_MAX
    assert gzip.decompress(answer.body) == _asked().body


def test_it_is_kept_for_minutes_and_sent_again_only_when_it_changed() -> None:
    tag = _asked().headers["etag"]
    again = _asked(if_none_match=f'"other", {tag}')
    assert (again.status_code, again.body) == (304, b"")
    assert "max-age=300" in again.headers["cache-control"]
    assert _asked(if_none_match='"other"').status_code == 200


def test_the_wheel_carries_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = pytest.importorskip("hatchling.build", reason="hatchling is not installed")
    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / build.build_wheel(str(tmp_path))) as wheel:
        inside = wheel.read("opensaldo/web/widget/static/signin-widget.js")
    assert inside == assets.source()
