"""What keeps a person from using a page: axe-core's findings, and what it does not look at."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from playwright.sync_api import Page

PACKAGE = "axe_playwright_python"  # installed for its copy of axe-core alone
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OPTIONS = {
    "runOnly": {"type": "tag", "values": RULES},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
TARGET_PX = 24
NARROW, HALF = {"width": 280, "height": 640}, {"width": 640, "height": 512}
USUAL = {"width": 1280, "height": 1024}
# Pages lead with a heading, an error or the first thing to type; the keyboard starts there.
FOCUS = """() => {
  const on = document.activeElement;
  return on && on.closest("main") ? "" : "focus: nothing in main has it";
}"""
SMALL = """(least) => [...document.querySelectorAll("a[href], button, input, select, summary")]
  .filter((one) => one.type !== "hidden" && one.checkVisibility())
  .map((one) => one.closest("label") || one)
  .filter((one) => {
    const { width, height } = one.getBoundingClientRect();
    return width < least || height < least;
  })
  .map((one) => `small target: ${one.outerHTML.slice(0, 120)}`)"""
MOVING = """() => [...document.querySelectorAll("*")]
  .filter((one) => {
    const { transitionDuration, animationName } = getComputedStyle(one);
    return animationName !== "none" || transitionDuration.split(", ").some((s) => s !== "0s");
  })
  .map((one) => `moves: ${one.outerHTML.slice(0, 120)}`)"""
LOST = """(what) => {
  const root = document.documentElement, wide = root.scrollWidth > root.clientWidth;
  const cut = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
    && getComputedStyle(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1
    && one.tagName !== "INPUT" && !one.closest("svg"));
  return [...(wide ? [`${what}: ${root.scrollWidth} of ${root.clientWidth} px wide`] : []),
    ...cut.map((one) => `${what}: cut: ${one.outerHTML.slice(0, 120)}`)];
}"""


def faults_of(page: Page) -> list[str]:
    """All that is wrong with the page that is open; it asked for no motion."""
    focus = page.evaluate(FOCUS)
    found = [focus] if focus else []
    found += axe_findings(page)
    found += page.evaluate(SMALL, TARGET_PX)
    found += page.evaluate(MOVING)
    return found + _lost(page)


def axe_findings(page: Page) -> list[str]:
    """What axe-core finds, of any impact: impact, rule and the first element it is about."""
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", OPTIONS)
    return [
        f"{one['impact']}: {one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
    ]


def _lost(page: Page) -> list[str]:
    """What a narrow window, a zoom of 200 % and text twice as large lose."""
    found = []
    for what, size, text in (
        ("280 px", NARROW, "100%"),
        ("zoom 200 %", HALF, "100%"),
        ("text 200 %", HALF, "200%"),
    ):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", text)
        found += page.evaluate(LOST, what)
    page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
    page.set_viewport_size(USUAL)  # type: ignore[arg-type]
    return found


@cache
def _axe() -> str:
    return resources.files(PACKAGE).joinpath("axe.min.js").read_text("utf-8")
