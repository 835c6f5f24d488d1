"""The SignIn Widget as a person meets it: the real script, pages, bank and browser."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page

from opensaldo import errors
from opensaldo.connectors.base import Wait
from opensaldo.domain.client import Product
from opensaldo.domain.command import Command
from opensaldo.store.queries import commands
from tests.e2e.checked import CheckedApi, days_of
from tests.e2e.embedded import Embedded, browser, opened, pytestmark, shop_site
from tests.e2e.fixtures import World
from tests.e2e.test_browser import AGREE, APPROVE, CHROMIUM, FLAGS
from tests.support.embedding import Site, serve_shop
from tests.support.platform import state_of
from tests.support.scripted import CODE, METHOD, PICTURE, ScriptedBank, a_target, an_ask, offer

__all__ = ["browser", "pytestmark", "shop_site"]

STRONG = "main button:not(.quiet):not([type=button])"
SIX_MONTHS_AGO = "2025-09-02"
NO_COOKIES = ["--test-third-party-cookie-phaseout"]
REFUSE_STORAGE = """Object.defineProperty(window, 'sessionStorage', {
  get() { throw new DOMException('', 'SecurityError'); } });"""
SAID_TO_PERSONS = {
    one.__name__: one for one in (errors.InvalidCredentials, *errors.PsuError.__subclasses__())
}


@pytest.fixture
def bank_of_steps(monkeypatch: pytest.MonkeyPatch) -> ScriptedBank:
    """A bank in the catalogue that follows a script."""
    bank = ScriptedBank()
    offer(monkeypatch, bank, a_target())
    return bank


@pytest.fixture
def embedded(
    browser: Browser, world: World, api: CheckedApi, shop_site: Site
) -> Iterator[Embedded]:
    """The shop's page with the platform's own script, and nothing embedded yet."""
    with opened(browser, serve_shop(shop_site, Site(world.address))) as found:
        yield found


def begin(found: Embedded, api: CheckedApi, **options: Any) -> Frame:
    """The shop embeds the widget of this client; the frame shows our first page."""
    found.embed(**{"client": api.client_id, "locale": "en", "country": "pl", **options})
    handle = found.page.wait_for_selector("#kontomatik iframe")
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    frame.wait_for_selector("h1")
    return frame


def choose(frame: Frame, bank: str) -> None:
    frame.click(f"button[value={bank}]")
    frame.wait_for_selector(AGREE)


def to_bank(found: Embedded, frame: Frame) -> Page:
    """The person agrees; the bank opens in a window of its own."""
    with found.page.context.expect_page() as opening:
        frame.click(AGREE)
    opening.value.wait_for_selector("#login")
    return opening.value


def at_bank(page: Page, decision: str = APPROVE) -> None:
    """Through the bank's three pages."""
    page.fill("#login", "test1")
    page.fill("#password", "Test123")
    page.click(STRONG)
    page.fill("#code", "Test123")
    page.click(STRONG)
    page.click(decision)


def calls(found: Embedded, name: str) -> list[Any]:
    """What this callback was called with so far."""
    return [given for _mark, called, *given in found.called() if called == name]


def until_called(found: Embedded, name: str) -> Any:
    """The arguments of the callback's only call, once it has come."""
    found.page.wait_for_function("(name) => called.some((one) => one[1] === name)", arg=name)
    (given,) = calls(found, name)
    return given


def test_the_page_gets_a_session_it_can_import_from_and_nobody_else_is_asked(
    embedded: Embedded, world: World, api: CheckedApi
):
    asked: set[str] = set()
    embedded.page.context.on("request", lambda one: asked.add("/".join(one.url.split("/")[:3])))
    frame = begin(embedded, api, ownerExternalId="loan-7781")
    choose(frame, "KontoBankApi")
    bank = to_bank(embedded, frame)
    frame.wait_for_selector("#open-bank")
    with bank.expect_event("close"):
        at_bank(bank)
    target, session_id, signature, options = until_called(embedded, "onSuccess")
    assert (target, options["officialName"]) == ("KontoBankApi", "KontoBank")
    assert options["ownerExternalId"] == "loan-7781"
    assert "multipleAccessId" not in options
    assert api.finished((session_id, signature)).xml.find(".//result") is not None
    named = [name for _mark, name, *_given in embedded.called()]
    assert [name for name, _ in itertools.groupby(named)] == [
        "onInitialized",
        "onStarted",
        "onTargetSelected",
        "onSuccess",
    ]
    assert calls(embedded, "onInitialized") == [[{"application": {"state": "widgetInitialized"}}]]
    chosen = {"name": "KontoBankApi", "officialName": "KontoBank"}
    assert calls(embedded, "onTargetSelected") == [[chosen]]
    assert embedded.complaints == []
    assert asked == {world.address, world.bank.url}


def test_who_refuses_at_the_bank_is_told_how_to_go_on_and_may_try_again(
    embedded: Embedded, api: CheckedApi
):
    frame = begin(embedded, api)
    choose(frame, "KontoBankApi")
    at_bank(to_bank(embedded, frame), "button[value=cancel], button[value=reject]")
    cause, told = until_called(embedded, "onError")
    assert (cause, told["target"]) == ("SignInCancelled", "KontoBankApi")
    frame.wait_for_selector("[role=alert]")
    assert frame.inner_text("#session-id") == told["sessionId"]
    assert told["message"]
    frame.click(STRONG)
    choose(frame, "KontoBankApi")
    at_bank(to_bank(embedded, frame))
    _target, session_id, *_ = until_called(embedded, "onSuccess")
    assert session_id != told["sessionId"]


def test_a_blocked_window_is_opened_by_a_press(embedded: Embedded, api: CheckedApi):
    embedded.page.context.add_init_script("window.open = () => null")
    frame = begin(embedded, api)
    choose(frame, "KontoBankApi")
    frame.click(AGREE)
    frame.wait_for_selector("[role=alert]")
    with embedded.page.context.expect_page() as opening:
        frame.click("#open-bank")
    at_bank(opening.value)
    until_called(embedded, "onSuccess")


def test_a_page_that_was_loaded_again_goes_on_where_it_was(embedded: Embedded, api: CheckedApi):
    frame = begin(embedded, api, ownerExternalId="loan-1")
    choose(frame, "KontoBankApi")
    bank = to_bank(embedded, frame)
    frame.wait_for_selector("#open-bank")
    embedded.page.reload()
    frame = begin(embedded, api, ownerExternalId="loan-1")
    frame.wait_for_selector("#open-bank")
    assert "We continue where you left off." in frame.inner_text("main")
    at_bank(bank)
    until_called(embedded, "onSuccess")


def test_after_a_success_the_same_page_begins_anew(embedded: Embedded, api: CheckedApi):
    for _ in range(2):
        frame = begin(embedded, api, ownerExternalId="loan-1")
        choose(frame, "KontoBankApi")
        at_bank(to_bank(embedded, frame))
        frame.wait_for_selector("[role=status]")
        frame.wait_for_selector("#session-id")
    first, second = calls(embedded, "onSuccess")
    assert first[1] != second[1]


def test_an_online_login_is_typed_in_the_frame(embedded: Embedded, api: CheckedApi):
    frame = begin(embedded, api)
    choose(frame, "KontoBank")
    frame.click(AGREE)
    frame.wait_for_selector("input[data-asks=login]")
    frame.fill("input[data-asks=login]", "test1")
    frame.fill("input[data-asks=password]", "Test123")
    frame.click("form.ask button")
    until_called(embedded, "onCredentialEntered")
    assert len(embedded.page.context.pages) == 1
    assert "Test123" not in str(embedded.called())


def test_two_widgets_on_a_page_keep_apart(embedded: Embedded, api: CheckedApi):
    begin(embedded, api)
    embedded.embed(mark="second", divId="other", client=api.client_id, locale="en", country="cz")
    other = embedded.frame("#other")
    choose(other, "KontoBankApi_cz")
    at_bank(to_bank(embedded, other))
    until_called(embedded, "onSuccess")
    assert {mark for mark, name, *_ in embedded.called() if name == "onSuccess"} == {"second"}


def test_the_popup_tells_its_opener_and_closes(embedded: Embedded, api: CheckedApi):
    options = {"client": api.client_id, "locale": "en", "country": "pl"}
    embedded.embed("embedKontomatikPopup", **options)
    with embedded.page.context.expect_page() as opening:
        embedded.page.click("#kontomatik-button")
    popup = opening.value
    popup.click("button[value=KontoBankApi]")
    with embedded.page.context.expect_page() as opening:
        popup.click(AGREE)
    with popup.expect_event("close"):
        at_bank(opening.value)
    assert until_called(embedded, "onSuccess")[0] == "KontoBankApi"


def test_what_cannot_begin_is_said_to_person_and_page(embedded: Embedded, api: CheckedApi):
    frame = begin(embedded, api, maxImportDate="yesterday")
    assert frame.locator("button").count() == 0
    cause, told = until_called(embedded, "onError")
    assert (cause, told["sessionId"]) == ("InvalidParameter", None)
    assert "maxImportDate" in told["message"]


def test_the_page_hears_of_the_bank_that_is_not_listed_from_its_form(
    embedded: Embedded, api: CheckedApi
):
    frame = begin(embedded, api)
    frame.fill("#q", "Bank Widmo")
    frame.click(".missing button")
    frame.wait_for_selector("#bank")
    assert frame.input_value("#bank") == "Bank Widmo"
    assert calls(embedded, "onUnsupportedTarget") == []
    frame.fill("#address", "widmo.example/login?session=7")
    frame.click("form.ask button")
    told = {"target": "Bank Widmo", "country": "pl", "address": "https://widmo.example"}
    assert until_called(embedded, "onUnsupportedTarget") == [told]
    assert calls(embedded, "onError") == []


def test_without_the_form_the_page_hears_what_was_searched_for(embedded: Embedded, api: CheckedApi):
    frame = begin(embedded, api, showTargetMissingForm=False)
    frame.fill("#q", "Bank Widmo")
    frame.click(".missing button")
    told = {"target": "Bank Widmo", "country": "pl", "address": ""}
    assert until_called(embedded, "onUnsupportedTarget") == [told]
    assert frame.query_selector("#bank") is None


def test_an_import_by_itself_is_refused_with_repeated_access(embedded: Embedded, world: World):
    api = world.client(Product.MULTIPLE_ACCESS)
    frame = begin(embedded, api, autoImport=True, psd2={"accessMode": "MULTIPLE"})
    assert frame.locator("button").count() == 0
    cause, told = until_called(embedded, "onError")
    assert (cause, told["sessionId"]) == ("InvalidParameter", None)
    assert "autoImport" in told["message"]


def test_months_of_history_are_imported_although_the_page_is_closed_at_once(
    embedded: Embedded, world: World, api: CheckedApi
):
    frame = begin(embedded, api, autoImport=6, ownerExternalId="loan-7790")
    choose(frame, "KontoBankApi")
    at_bank(to_bank(embedded, frame))
    _target, session_id, *_ = until_called(embedded, "onSuccess")
    embedded.page.close()
    (command,) = imports_of(world, session_id)
    assert state_of(api.poll(command.id)) == "successful"
    days = days_of(api.data("loan-7790"))
    assert days
    assert min(days) >= SIX_MONTHS_AGO
    assert len(imports_of(world, session_id)) == 1


def imports_of(world: World, session_id: str) -> tuple[Command, ...]:
    assert world.house.platform is not None
    with world.house.platform.store.read() as connection:
        return commands.commands_of_session(connection, session_id)


def test_pages_that_are_not_registered_cannot_embed(
    embedded: Embedded, world: World, api: CheckedApi
):
    theirs = world.client(production=True)
    frame = begin(embedded, theirs)
    assert frame.inner_text("h1") == "This sign-in cannot be shown here"
    assert calls(embedded, "onError") == []


def test_nobody_but_the_page_it_was_made_for_may_frame_a_sign_in(
    embedded: Embedded, api: CheckedApi, shop_site: Site
):
    frame = begin(embedded, api)
    thief = shop_site.address.replace("127.0.0.1", "localhost")
    embedded.page.goto(thief)
    embedded.page.evaluate(
        """(address) => { const frame = document.createElement('iframe');
        frame.id = 'stolen'; frame.src = address; document.body.append(frame); }""",
        frame.url,
    )
    embedded.page.wait_for_timeout(500)
    stolen = embedded.page.query_selector("#stolen")
    inside = stolen.content_frame() if stolen else None
    assert inside is not None
    assert inside.url.startswith("chrome-error:")


def test_the_keyboard_is_enough_in_the_frame(embedded: Embedded, api: CheckedApi):
    begin(embedded, api)
    keys = embedded.page.keyboard
    tab_to(embedded, "button[value=KontoBankApi]")
    keys.press("Enter")
    embedded.frame().wait_for_selector(AGREE)
    tab_to(embedded, AGREE)
    with embedded.page.context.expect_page() as opening:
        keys.press("Space")
    opening.value.wait_for_selector("#login:focus")
    opening.value.keyboard.type("test1")
    opening.value.keyboard.press("Tab")
    opening.value.keyboard.type("Test123")
    opening.value.keyboard.press("Enter")
    opening.value.wait_for_selector("#code:focus")
    opening.value.keyboard.type("Test123")
    opening.value.keyboard.press("Enter")
    opening.value.focus(APPROVE)
    opening.value.keyboard.press("Enter")
    until_called(embedded, "onSuccess")


def tab_to(found: Embedded, selector: str) -> None:
    """The focus is here in the frame, reached by Tab from wherever it was."""
    for _ in range(60):
        found.page.keyboard.press("Tab")
        frame = found.frame()
        if frame.evaluate("(what) => document.activeElement.matches(what)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")


def test_back_in_the_frame_leads_to_no_dead_end(embedded: Embedded, api: CheckedApi):
    frame = begin(embedded, api)
    choose(frame, "KontoBankApi")
    frame.evaluate("history.back()")
    frame.wait_for_selector("button[value=KontoBankApi]")
    choose(frame, "KontoBankApi")
    at_bank(to_bank(embedded, frame))
    until_called(embedded, "onSuccess")
    frame.wait_for_selector("#session-id")
    frame.evaluate("history.back()")
    frame.wait_for_selector("#session-id")


@pytest.mark.parametrize("name", sorted(SAID_TO_PERSONS))
def test_every_refusal_is_said_with_what_to_do_and_told_to_the_page(
    embedded: Embedded, api: CheckedApi, bank_of_steps: ScriptedBank, name: str
):
    bank_of_steps.script = [SAID_TO_PERSONS[name]()]
    frame = begin(embedded, api, target="ProbnyBank")
    frame.click(AGREE)
    cause, told = until_called(embedded, "onError")
    assert (cause, told["target"]) == (SAID_TO_PERSONS[name].wire_name, "ProbnyBank")
    frame.wait_for_selector("[role=alert]")
    assert frame.inner_text("[role=alert]") == told["message"]
    assert frame.inner_text("#session-id") == told["sessionId"]


def test_every_step_is_taken_in_the_frame(
    embedded: Embedded, world: World, api: CheckedApi, bank_of_steps: ScriptedBank
):
    bank_of_steps.script = [
        an_ask(),
        errors.InvalidCredentials(),
        an_ask(METHOD),
        an_ask(CODE, picture=PICTURE, picture_type="image/png"),
        Wait(every_s=1),
        Wait(every_s=1),
    ]
    frame = begin(embedded, api, target="ProbnyBank")
    frame.click(AGREE)
    for password in ("wrong", "Test123"):
        frame.fill("#field-0", "test1")
        frame.fill("#field-1", password)
        frame.click(STRONG)
        frame.wait_for_selector("[role=alert]" if password == "wrong" else "input[value=app]")
    frame.check("input[value=app]")
    frame.click(STRONG)
    frame.wait_for_selector("img.picture")
    frame.fill("#field-0", "777")
    frame.click(STRONG)
    frame.wait_for_selector(".waits")
    while not calls(embedded, "onSuccess"):
        world.clock.advance(seconds=2)
        embedded.page.wait_for_timeout(200)
    assert len(calls(embedded, "onCredentialEntered")) == 4
    assert [one for one in embedded.complaints if "autofocus" not in one] == []


def test_it_works_where_foreign_frames_may_keep_nothing(
    browser: Browser, world: World, api: CheckedApi, shop_site: Site
):
    strict = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, *NO_COOKIES])
    try:
        elsewhere = Site(world.address.replace("127.0.0.1", "localhost"))
        with opened(strict, serve_shop(shop_site, elsewhere)) as found:
            found.page.context.add_init_script(REFUSE_STORAGE)
            frame = begin(found, api)
            assert frame.evaluate("document.cookie") == ""
            choose(frame, "KontoBankApi")
            at_bank(to_bank(found, frame))
            until_called(found, "onSuccess")
            assert found.page.context.cookies() == []
    finally:
        strict.close()


def test_what_cannot_begin_is_said_in_the_language_asked_for(embedded: Embedded, api: CheckedApi):
    frame = begin(embedded, api, locale="pl", maxImportDate="yesterday")
    assert frame.get_attribute("html", "lang") == "pl"
