"""Every screen of a sign-in, in every language, judged as tests/e2e/test_accessibility.py does.

    python -m bench.accessibility [--short] [--locale lv]

Prints a row a screen and exits with 1 when anything is wrong on one of them. About six minutes;
`--short` judges the two fullest screens of each language.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright
from rich.table import Table

from bench.harness import console
from opensaldo.domain.client import Product
from opensaldo.web.widget.languages import LANGUAGES
from tests.e2e.fixtures import Houses
from tests.e2e.screens import WALKS, Stage, Walk, briefly
from tests.e2e.test_browser import CHROMIUM, FLAGS
from tests.support.accessibility import faults_of
from tests.support.postgres import Cluster

SETTINGS = {"REQUESTS_PER_MINUTE": 1_000_000}


def main() -> None:
    """Walk through all screens of all languages."""
    parser = argparse.ArgumentParser(prog="bench.accessibility", description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--locale", choices=LANGUAGES, action="append")
    asked = parser.parse_args()
    walks: tuple[Walk, ...] = (briefly,) if asked.short else WALKS
    table = Table("language", "screen", "faults")
    houses, found, screens = Houses(), 0, 0
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for locale in asked.locale or LANGUAGES:
                for screen, faults in _judged(houses, browser, walks, locale):
                    table.add_row(locale, screen, "\n".join(faults) or "none")
                    found, screens = found + len(faults), screens + 1
            browser.close()
    finally:
        houses.close()
    console.print(table)
    console.print(f"{screens} screens, {found} faults.")
    sys.exit(1 if found else 0)


def _judged(
    houses: Houses, browser: Browser, walks: tuple[Walk, ...], locale: str
) -> Iterator[tuple[str, list[str]]]:
    """Each screen's name and what is wrong with it."""
    for walk in walks:
        world = houses.world("sqlite", _no_cluster, **SETTINGS)
        context = browser.new_context(reduced_motion="reduce")
        page = context.new_page()
        api = world.client(Product.MULTIPLE_ACCESS)
        for screen in walk(Stage(world=world, api=api, page=page, locale=locale)):
            yield screen, faults_of(page)
        context.close()


def _no_cluster() -> Cluster:
    raise AssertionError("SQLite needs no cluster")


if __name__ == "__main__":
    main()
