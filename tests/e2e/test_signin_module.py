"""The package's module in a real browser, and in Node: loads once, tries again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.embedded import Embedded, browser, host, opened, pytestmark, shop_site
from tests.support.embedding import NONCE, SCRIPT, WIDGET, Site, serve_shop

__all__ = ["browser", "host", "pytestmark", "shop_site"]

SCRIPT_PATH = "/assets/signin-widget.js"
NODE = shutil.which("node")


@pytest.fixture
def page(browser: Browser, host: Site, shop_site: Site) -> Iterator[Embedded]:
    """The shop's page with the module and without the script."""
    shop_site.serve("/signin.js", SCRIPT, (WIDGET / "signin.js").read_bytes())
    tag = f"""<script type=module nonce="{NONCE}">
        import {{ loadSignIn }} from "/signin.js"; window.loadSignIn = loadSignIn;
        document.documentElement.className = "ready";</script>"""
    with opened(browser, serve_shop(shop_site, host, script=tag)) as found:
        found.page.wait_for_selector("html.ready")
        yield found


def load(page: Embedded, script: str, host: Site) -> Any:
    return page.page.evaluate(f"async ([host, nonce]) => {{ {script} }}", [host.address, NONCE])


def loads_of(host: Site) -> int:
    return host.asked.count(SCRIPT_PATH)


def test_many_callers_load_one_script_under_the_pages_policy(page: Embedded, host: Site):
    script = """const all = await Promise.all([1, 2, 3].map(() => loadSignIn(host, {nonce})));
        return all.every((one) => one === OpenSaldo) && document.scripts.length"""
    assert load(page, script, host) == 3  # the page's two and the one
    assert loads_of(host) == 1
    page.page.evaluate("OpenSaldo.embed({...noting('x'), client: 'acme-test'})")
    page.post({"kontomatik": {"started": True}})
    page.called(1)
    assert page.complaints == []


def test_without_the_nonce_the_policy_holds_and_the_caller_knows(page: Embedded, host: Site):
    script = "return loadSignIn(host).then(() => 'loaded', (failure) => failure.message)"
    assert "could not be loaded" in load(page, script, host)
    assert loads_of(host) == 0


def test_after_a_failure_the_next_call_tries_again(page: Embedded, host: Site):
    served = host.pages.pop(SCRIPT_PATH)
    script = "return loadSignIn(host, {nonce}).then(() => 'loaded', (failure) => failure.message)"
    assert "could not be loaded" in load(page, script, host)
    host.pages[SCRIPT_PATH] = served
    assert load(page, script, host) == "loaded"


def test_what_is_not_the_script_is_a_failure(page: Embedded, host: Site):
    host.serve(SCRIPT_PATH, SCRIPT, "var other = 1;")
    script = "return loadSignIn(host, {nonce}).then(() => 'loaded', (failure) => failure.message)"
    assert "is not the widget's script" in load(page, script, host)


def test_a_script_that_is_there_already_is_used(page: Embedded, host: Site):
    script = """const tag = document.createElement("script");
        Object.assign(tag, {src: host + "/assets/signin-widget.js", nonce});
        await new Promise((done) => { tag.onload = done; document.head.append(tag); });
        return await loadSignIn(host + "/assets/signin-widget.js") === OpenSaldo"""
    assert load(page, script, host) is True
    assert loads_of(host) == 1


def test_an_address_that_is_none_is_refused_at_once(page: Embedded, host: Site):
    script = "try { loadSignIn('signin'); } catch (refused) { return refused.message; }"
    assert "expected the address of the sign-in host" in load(page, script, host)


@pytest.mark.skipif(NODE is None, reason="Node is not installed.")
def test_on_a_server_there_is_nothing_to_load():
    program = f"""import {{ loadSignIn }} from "file://{WIDGET}/signin.js";
        process.exitCode = await loadSignIn("https://signin.example.org") === null ? 0 : 1;"""
    command = [str(NODE), "--input-type=module", "--eval", program]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0
