"""The choice of a bank in a real browser: with the script and without, and when it is not there."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from opensaldo.domain.client import Environment
from opensaldo.domain.health import Trial
from opensaldo.engine.wishes import wishes_of
from opensaldo.store.queries.trials import note
from opensaldo.store.tables import trials
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.e2e.test_browser import (
    LOWEST_CONTRAST,
    browser,
    pytestmark,
    started,
    visiting,
)

__all__ = ["browser", "pytestmark"]

CHOICES = "#found button.choice"
FIRST = f"{CHOICES} >> nth=0"


@pytest.fixture(autouse=True)
def untried(world: World) -> None:
    assert world.house.platform is not None
    with world.house.platform.store.begin() as connection:
        connection.execute(trials.delete())


def listed(api: CheckedApi, **wished: Any) -> str:
    """A link on which no bank is chosen yet."""
    return started(api, target=None, **wished)


def fails(world: World, target: str, times: int) -> None:
    """So many sign-ins there have failed just now."""
    platform = world.house.platform
    assert platform is not None
    with platform.store.begin() as connection:
        for at in range(times):
            trial = Trial(at=platform.clock(), is_good=False)
            note(connection, Environment.TEST, target, f"{at:032x}", trial, 20)


def test_the_list_is_filtered_while_one_types_and_a_reload_keeps_it(
    browser: Browser, api: CheckedApi
):
    with visiting(browser) as visit:
        visit.page.goto(listed(api))
        assert visit.page.get_attribute(FIRST, "value") == "PkoApi"
        everything = visit.page.locator(CHOICES).count()
        visit.page.locator("#q").press_sequentially("milenium")
        expect(visit.page.locator(CHOICES)).to_have_count(1)
        assert visit.page.get_attribute(FIRST, "value") == "MillenniumApi"
        assert visit.page.inner_text("#count") == "Banks found: 1"
        assert visit.page.evaluate("document.activeElement.id") == "q"
        visit.page.reload()
        assert visit.page.locator(CHOICES).count() == 1
        assert visit.page.input_value("#q") == "milenium"
        visit.page.fill("#q", "")
        expect(visit.page.locator(CHOICES)).to_have_count(everything)
        visit.page.fill("#q", "zzzz")
        visit.page.wait_for_selector("#found ul", state="detached")
        assert "No bank found with this name" in visit.page.inner_text("#count")
        assert visit.complaints == []


def test_without_script_the_button_searches(browser: Browser, api: CheckedApi):
    with visiting(browser, java_script_enabled=False) as visit:
        visit.page.goto(listed(api))
        visit.page.fill("#q", "slaski bnak")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**q=slaski*")
        assert visit.page.get_attribute(FIRST, "value") == "IngApi"
        visit.page.click("text=Show all banks")
        assert visit.page.get_attribute(FIRST, "value") == "PkoApi"


@pytest.mark.parametrize("has_script", [True, False])
def test_a_bank_that_is_not_listed_is_named_counted_and_there_is_a_way_on(
    browser: Browser, world: World, api: CheckedApi, has_script: bool
):
    with visiting(browser, java_script_enabled=has_script) as visit:
        visit.page.goto(listed(api))
        visit.page.fill("#q", "Bank Widmo")
        visit.page.click("text=My bank is not on the list")
        assert visit.page.input_value("#bank") == "Bank Widmo"
        assert visit.page.input_value("#country") == "pl"
        visit.page.fill("#address", "not an address")
        visit.page.click("text=Send")
        assert visit.page.get_attribute("#address", "aria-invalid") == "true"
        assert visit.page.input_value("#bank") == "Bank Widmo"
        visit.page.fill("#address", "www.widmo.example/login?user=7")
        visit.page.click("text=Send")
        assert "noted" in visit.page.inner_text("h1")
        visit.page.click("a.button.strong")
        assert visit.page.locator(CHOICES).count() > 10
    (wish,) = world.house.run(lambda platform: wishes_of(platform.store, api.client_id))
    assert (wish.bank, wish.country, wish.count) == ("Bank Widmo", "pl", 1)
    assert wish.address == "https://www.widmo.example"


def test_a_bank_that_fails_is_warned_of_and_one_that_fails_everybody_is_kept_from(
    browser: Browser, world: World, api: CheckedApi
):
    fails(world, "PkoApi", 10)
    fails(world, "PekaoApi", 5)
    with visiting(browser) as visit:
        link = listed(api)
        visit.page.goto(link)
        assert "does not work right now" in visit.page.inner_text("button[value=PkoApi]")
        assert "often fails right now" in visit.page.inner_text("button[value=PekaoApi]")
        assert visit.page.locator(".leading").count() == 0
        asked = len(world.bank.log())
        visit.page.click("button[value=PkoApi]")
        assert "does not answer right now" in visit.page.inner_text("h1")
        assert visit.page.locator("button[value=agree]").count() == 0
        assert len(world.bank.log()) == asked
        assert visit.page.evaluate(LOWEST_CONTRAST)[0] >= 4.5
        visit.page.click("button[value=Pko]")
        visit.page.wait_for_selector("button[value=agree]")
        visit.page.goto(link)
        visit.page.click("button[value=PekaoApi]")
        assert "many sign-ins" in visit.page.inner_text(".warned")
        visit.page.wait_for_selector("button[value=agree]")
        answer = visit.page.goto(link + "/consent?target=PkoApi")
        assert answer is not None
        assert answer.status == 503


def test_the_badges_are_ours_and_shown_on_wish_only(browser: Browser, api: CheckedApi):
    with visiting(browser) as visit:
        visit.page.goto(listed(api))
        assert visit.page.locator("img.icon").count() == 0
        visit.page.goto(listed(api, showFavicons=True))
        visit.page.wait_for_load_state("networkidle")
        shown = "[...document.querySelectorAll('img.icon')].map((one) => one.naturalWidth > 0)"
        drawn = visit.page.evaluate(shown)
        assert len(drawn) > 10
        assert all(drawn)
        assert len(visit.origins) == 1
        assert visit.complaints == []
        assert visit.page.request.get(f"{visit.origin}/signin/static/icons/X.svg").status == 404


@pytest.mark.parametrize(
    ("wished", "leading", "beta", "missing"),
    [
        ({}, True, True, True),
        ({"showDefaultTarget": False}, False, True, True),
        ({"showBetaQualityLabels": False}, True, False, True),
        ({"showTargetMissingOption": False}, True, True, False),
    ],
)
def test_the_client_says_what_the_list_shows(
    browser: Browser,
    api: CheckedApi,
    wished: dict[str, Any],
    leading: bool,
    beta: bool,
    missing: bool,
):
    with visiting(browser) as visit:
        visit.page.goto(listed(api, **wished))
        assert bool(visit.page.locator(".leading").count()) is leading
        assert bool(visit.page.locator(".tag", has_text="beta").count()) is beta
        assert bool(visit.page.locator(".plain").count()) is missing


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [280, 1280])
def test_the_list_and_the_form_can_be_read_and_fit(
    browser: Browser, world: World, api: CheckedApi, scheme: Any, width: int
):
    fails(world, "PkoApi", 10)
    fails(world, "PekaoApi", 5)
    size = {"width": width, "height": 900}
    with visiting(browser, viewport=size, color_scheme=scheme) as visit:
        link = listed(api, showFavicons=True)
        for address in (link, link + "/missing?q=x", link + "/consent?target=PkoApi"):
            visit.page.goto(address)
            lowest, text = visit.page.evaluate(LOWEST_CONTRAST)
            assert lowest >= 4.5, text
            wide = "document.documentElement.scrollWidth"
            assert visit.page.evaluate(wide) <= width
