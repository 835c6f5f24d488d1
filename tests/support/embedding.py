"""Sites on loopback for tests of the widget's loader: a shop, a sign-in host with empty pages.

Each has a port, so an origin, of its own. The shop's page notes every callback in `called`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
WIDGET = ROOT / "widget"
HTML = "text/html; charset=utf-8"
SCRIPT = "text/javascript; charset=utf-8"
NONCE = "c2hvcA"
CALLBACKS = (
    "onSuccess",
    "onError",
    "onUnsupportedTarget",
    "onInitialized",
    "onUnloaded",
    "onStarted",
    "onTargetSelected",
    "onCredentialEntered",
    "onScreenshotClicked",
)
NOTES = f"""const called = [];
const noting = (mark) => Object.fromEntries({list(CALLBACKS)}.map(
  (name) => [name, (...given) => called.push([mark, name, ...given])]));"""
EMPTY_PAGE = b"""<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href="data:,">
<title>Pages</title><p>A page</p>"""

Answer = tuple[str, bytes, dict[str, str]]


@dataclass
class Site:
    """One origin: what it answers by path, and the addresses it was asked for."""

    address: str
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def serve(self, path: str, kind: str, body: bytes | str, **headers: str) -> str:
        """The address of what is served here from now on."""
        raw = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (kind, raw, named)
        return self.address + path


@contextmanager
def running_site() -> Iterator[Site]:
    """An empty site."""
    site = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            kind, body, headers = site.pages.get(urlsplit(self.path).path, ("text/plain", b"", {}))
            self.send_response(200 if body else 404)
            for name, value in {"Content-Type": kind, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def serve_signin_host(site: Site) -> Site:
    """The site stands where the platform would: the script, and pages that do nothing."""
    site.serve("/assets/signin-widget.js", SCRIPT, (WIDGET / "signin-widget.js").read_bytes())
    site.serve("/signin/", HTML, EMPTY_PAGE)
    site.serve("/popup/signin/", HTML, EMPTY_PAGE)
    return site


def serve_shop(
    site: Site, host: Site, *, script: str | None = None, frames: str | None = None
) -> str:
    """A page of the shop under a policy that allows nothing but what the guide says it must."""
    frames = frames or host.address
    policy = f"default-src 'none'; img-src data:; script-src 'nonce-{NONCE}'; frame-src {frames}"
    tag = (
        script or f'<script nonce="{NONCE}" src="{host.address}/assets/signin-widget.js"></script>'
    )
    body = f"""<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href="data:,">
<title>Shop</title><h1>Shop</h1><div id=kontomatik>waits</div><div id=other></div>
<script nonce="{NONCE}">{NOTES}</script>{tag}"""
    return site.serve("/", HTML, body, Content_Security_Policy=policy)
