"""Messages that do not come from the widget, or are none: no callback, no error, the same page."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.embedded import (
    Embedded,
    browser,
    embedded,
    host,
    opened,
    pytestmark,
    shop_site,
)
from tests.support.embedding import EMPTY_PAGE, HTML, Site, running_site, serve_shop

__all__ = ["browser", "embedded", "host", "pytestmark", "shop_site"]

SEEDS = range(4)
MESSAGES_A_SEED = 250
NAMES = ("screenshot", "error", "unsupportedTarget", "signedIn", "application", "targetSelected")
NAMES += ("credentialEntered", "started", "widgetSize")
POISON = ("__proto__", "constructor", "prototype", "toString", "hasOwnProperty")
GOOD = {
    "error": {"cause": "InvalidCredentials", "message": "no"},
    "signedIn": {"target": "KontoBank", "sessionId": "1", "sessionIdSignature": "2", "options": {}},
    "application": {"state": "widgetInitialized"},
    "targetSelected": {"name": "KontoBank", "officialName": "KontoBank"},
    "unsupportedTarget": {"target": "x"},
    "screenshot": "x",
    "started": True,
    "credentialEntered": True,
    "widgetSize": {"height": 900},
}
# Shapes of the contract's messages that are not theirs; from the widget itself they are ignored.
WRONG = {
    "error": [{}, "x", [], 1, {"cause": 7}, {"cause": None, "message": "<b>"}],
    "signedIn": [{}, "x", [1], {"sessionId": "1"}, {"sessionId": 1, "sessionIdSignature": "2"}],
    "application": [{}, "x", {"state": "onSuccess"}, {"state": {}}, {"state": "__proto__"}],
    "targetSelected": ["x", [], 7, True],
    "unsupportedTarget": ["x", [], 7, True],
    "widgetSize": [{}, {"height": "9e9"}, {"height": None}, {"height": {}}, "x", {"height": []}],
    "started": [False, None, ""],
    "credentialEntered": [False, None, ""],
    "screenshot": [False, None, ""],
}
STATE_OF_PAGE = """() => [
  document.body.outerHTML.replace(/<script.*?<\\/script>/gs, ""), called.length, location.href,
  Object.keys(Object.prototype), ({}).polluted, ({}).kontomatik, typeof OpenSaldo.embed]"""
FRAME_BESIDE = """(address) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.onload = () => done();
  frame.src = address;
  document.body.append(frame); })"""
POST_ALL = "(all) => { for (const one of all) parent.postMessage(one, '*'); }"


@pytest.fixture
def careless(browser: Browser, host: Site, shop_site: Site) -> Iterator[Embedded]:
    """A shop whose policy lets anybody into a frame."""
    with opened(browser, serve_shop(shop_site, host, frames="*")) as found:
        yield found


@pytest.fixture
def stranger() -> Iterator[Site]:
    """A site that nobody invited."""
    with running_site() as site:
        site.serve("/", HTML, EMPTY_PAGE)
        yield site


def value(chance: random.Random, depth: int = 0) -> Any:
    """Anything JSON can say; deep, long or poisoned at times."""
    leaves = [None, True, 0, -1, 1e308, "", "x" * chance.choice([1, 50_000]), "<img src=x>", []]
    if depth > 4 or chance.random() < 0.4:
        return chance.choice(leaves)
    if chance.random() < 0.3:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    keys = chance.sample([*NAMES, *POISON, "kontomatik", "polluted"], 3)
    return {key: value(chance, depth + 1) for key in keys}


def nested(depth: int) -> str:
    return '{"kontomatik":' * depth + "1" + "}" * depth


def nonsense(chance: random.Random) -> Any:
    """A message that is none, as an object or as text."""
    name = chance.choice(NAMES)
    said = chance.choice(
        [
            value(chance),
            {"kontomatik": value(chance, 4)},
            {"kontomatik": {name: chance.choice(WRONG[name])}},
            {"kontomatik": {chance.choice(POISON): GOOD[name]}},
            {chance.choice(POISON): {"kontomatik": {name: GOOD[name]}}},
            {"kontomatikPdf": {name: GOOD[name]}},
            [{"kontomatik": {name: GOOD[name]}}],
            nested(chance.choice([2, 3000])),
            '{"kontomatik": {"' + name,
            f'{{"__proto__": {{"polluted": 1, "{name}": 1}}}}',
        ]
    )
    is_told = isinstance(said, dict) and is_message(said.get("kontomatik"))
    if is_told:
        return None
    return json.dumps(said) if chance.random() < 0.5 and not isinstance(said, str) else said


def is_message(said: Any) -> bool:
    """Whether by chance it became one."""
    if not isinstance(said, dict):
        return False
    first = next((name for name in NAMES if not is_absent(said.get(name))), None)
    return first is not None and json.dumps(said[first]) not in map(json.dumps, WRONG[first])


def is_absent(said: Any) -> bool:
    return said is None or said is False or said == ""


@pytest.mark.parametrize("seed", SEEDS)
def test_nonsense_from_the_widget_itself_does_nothing(embedded: Embedded, seed: int):
    chance = random.Random(seed)
    embedded.embed(dynamicHeight=True)
    frame = embedded.frame()
    before = embedded.page.evaluate(STATE_OF_PAGE)
    said = [nonsense(chance) for _ in range(MESSAGES_A_SEED)]
    frame.evaluate(POST_ALL, said)
    embedded.settle()
    assert embedded.page.evaluate(STATE_OF_PAGE) == before
    assert embedded.complaints == []
    embedded.post({"kontomatik": {"started": True}})
    embedded.called(1)


def test_good_messages_of_others_do_nothing(careless: Embedded, host: Site, stranger: Site):
    careless.embed(dynamicHeight=True)
    careless.frame()
    for address in (stranger.address + "/", host.address + "/signin/"):
        careless.page.evaluate(FRAME_BESIDE, address)
    before = careless.page.evaluate(STATE_OF_PAGE)
    good = [{"kontomatik": {name: GOOD[name]}} for name in NAMES]
    every = [*good, *map(json.dumps, good)]
    (widget, *beside) = careless.page.main_frame.child_frames
    assert len(beside) == 2
    for frame in beside:  # another origin; the sign-in host's origin in a frame nobody careless
        frame.evaluate(POST_ALL, every)
    careless.page.evaluate(POST_ALL.replace("parent", "window"), every)  # the page itself
    careless.settle()
    assert careless.page.evaluate(STATE_OF_PAGE) == before
    assert careless.complaints == []
    widget.evaluate(POST_ALL, good[-2:-1])
    careless.called(1)


def test_a_frame_that_was_led_elsewhere_is_not_believed(careless: Embedded, stranger: Site):
    careless.embed()
    frame = careless.frame()
    frame.goto(stranger.address + "/")
    frame.evaluate("(said) => parent.postMessage(said, '*')", {"kontomatik": {"started": True}})
    careless.called(0)
