"""The SignIn Widget as a person meets it: the real script, pages, bank and browser."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page

from opensaldo import errors
from opensaldo.connectors.base import Wait
from opensaldo.domain.client import Product
from opensaldo.domain.command import Command
from opensaldo.store.queries import commands
from tests.e2e.checked import CheckedApi, days_of
from tests.e2e.embedded import Embedded, browser, opened, pytestmark, shop_page, shop_site
from tests.e2e.fixtures import World
from tests.e2e.test_browser import AGREE, APPROVE, CHROMIUM, FLAGS
from tests.support.embedding import Site, serve_shop
from tests.support.platform import state_of
from tests.support.scripted import CODE, METHOD, PICTURE, ScriptedBank, a_target, an_ask, offer

__all__ = ["browser", "pytestmark", "shop_page", "shop_site"]

STRONG = "main button:not(.quiet):not([type=button])"
SIX_MONTHS_AGO = "2025-09-02"
FRAMING_REFUSED = {"net::ERR_BLOCKED_BY_RESPONSE", "NS_ERROR_CSP_FRAME_ANCESTOR_VIOLATION"}
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
    shop_page: Embedded, world: World, api: CheckedApi
):
    asked: set[str] = set()
    shop_page.page.context.on("request", lambda one: asked.add("/".join(one.url.split("/")[:3])))
    frame = begin(shop_page, api, ownerExternalId="loan-7781")
    choose(frame, "KontoBankApi")
    bank = to_bank(shop_page, frame)
    frame.wait_for_selector("#open-bank")
    with bank.expect_event("close"):
        at_bank(bank)
    target, session_id, signature, options = until_called(shop_page, "onSuccess")
    assert (target, options["officialName"]) == ("KontoBankApi", "KontoBank")
    assert options["ownerExternalId"] == "loan-7781"
    assert "multipleAccessId" not in options
    assert api.finished((session_id, signature)).xml.find(".//result") is not None
    named = [name for _mark, name, *_given in shop_page.called()]
    assert [name for name, _ in itertools.groupby(named)] == [
        "onInitialized",
        "onStarted",
        "onTargetSelected",
        "onSuccess",
    ]
    assert calls(shop_page, "onInitialized") == [[{"application": {"state": "widgetInitialized"}}]]
    chosen = {"name": "KontoBankApi", "officialName": "KontoBank"}
    assert calls(shop_page, "onTargetSelected") == [[chosen]]
    assert shop_page.complaints == []
    assert asked == {world.address, world.bank.url}


def test_who_refuses_at_the_bank_is_told_how_to_go_on_and_may_try_again(
    shop_page: Embedded, api: CheckedApi
):
    frame = begin(shop_page, api)
    choose(frame, "KontoBankApi")
    at_bank(to_bank(shop_page, frame), "button[value=cancel], button[value=reject]")
    cause, told = until_called(shop_page, "onError")
    assert (cause, told["target"]) == ("SignInCancelled", "KontoBankApi")
    frame.wait_for_selector("[role=alert]")
    assert frame.inner_text("#session-id") == told["sessionId"]
    assert told["message"]
    frame.click(STRONG)
    choose(frame, "KontoBankApi")
    at_bank(to_bank(shop_page, frame))
    _target, session_id, *_ = until_called(shop_page, "onSuccess")
    assert session_id != told["sessionId"]


def test_a_blocked_window_is_opened_by_a_press(shop_page: Embedded, api: CheckedApi):
    shop_page.page.context.add_init_script("window.open = () => null")
    frame = begin(shop_page, api)
    choose(frame, "KontoBankApi")
    frame.click(AGREE)
    frame.wait_for_selector("[role=alert]")
    with shop_page.page.context.expect_page() as opening:
        frame.click("#open-bank")
    at_bank(opening.value)
    until_called(shop_page, "onSuccess")


def test_a_page_that_was_loaded_again_goes_on_where_it_was(shop_page: Embedded, api: CheckedApi):
    frame = begin(shop_page, api, ownerExternalId="loan-1")
    choose(frame, "KontoBankApi")
    bank = to_bank(shop_page, frame)
    frame.wait_for_selector("#open-bank")
    shop_page.page.reload()
    frame = begin(shop_page, api, ownerExternalId="loan-1")
    frame.wait_for_selector("#open-bank")
    assert "We continue where you left off." in frame.inner_text("main")
    at_bank(bank)
    until_called(shop_page, "onSuccess")


def test_after_a_success_the_same_page_begins_anew(shop_page: Embedded, api: CheckedApi):
    for _ in range(2):
        frame = begin(shop_page, api, ownerExternalId="loan-1")
        choose(frame, "KontoBankApi")
        at_bank(to_bank(shop_page, frame))
        frame.wait_for_selector("[role=status]")
        frame.wait_for_selector("#session-id")
    first, second = calls(shop_page, "onSuccess")
    assert first[1] != second[1]


def test_an_online_login_is_typed_in_the_frame(shop_page: Embedded, api: CheckedApi):
    frame = begin(shop_page, api)
    choose(frame, "KontoBank")
    frame.click(AGREE)
    frame.wait_for_selector("input[data-asks=login]")
    frame.fill("input[data-asks=login]", "test1")
    frame.fill("input[data-asks=password]", "Test123")
    frame.click("form.ask button")
    until_called(shop_page, "onCredentialEntered")
    assert len(shop_page.page.context.pages) == 1
    assert "Test123" not in str(shop_page.called())


def test_two_widgets_on_a_page_keep_apart(shop_page: Embedded, api: CheckedApi):
    begin(shop_page, api)
    shop_page.embed(mark="second", divId="other", client=api.client_id, locale="en", country="cz")
    other = shop_page.frame("#other")
    choose(other, "KontoBankApi_cz")
    at_bank(to_bank(shop_page, other))
    until_called(shop_page, "onSuccess")
    assert {mark for mark, name, *_ in shop_page.called() if name == "onSuccess"} == {"second"}


def test_the_popup_tells_its_opener_and_closes(shop_page: Embedded, api: CheckedApi):
    options = {"client": api.client_id, "locale": "en", "country": "pl"}
    shop_page.embed("embedKontomatikPopup", **options)
    with shop_page.page.context.expect_page() as opening:
        shop_page.page.click("#kontomatik-button")
    popup = opening.value
    popup.click("button[value=KontoBankApi]")
    with shop_page.page.context.expect_page() as opening:
        popup.click(AGREE)
    with popup.expect_event("close"):
        at_bank(opening.value)
    assert until_called(shop_page, "onSuccess")[0] == "KontoBankApi"


def test_what_cannot_begin_is_said_to_person_and_page(shop_page: Embedded, api: CheckedApi):
    frame = begin(shop_page, api, maxImportDate="yesterday")
    assert frame.locator("button").count() == 0
    cause, told = until_called(shop_page, "onError")
    assert (cause, told["sessionId"]) == ("InvalidParameter", None)
    assert "maxImportDate" in told["message"]


def test_the_page_hears_of_the_bank_that_is_not_listed_from_its_form(
    shop_page: Embedded, api: CheckedApi
):
    frame = begin(shop_page, api)
    frame.fill("#q", "Bank Widmo")
    frame.click(".missing button")
    frame.wait_for_selector("#bank")
    assert frame.input_value("#bank") == "Bank Widmo"
    assert calls(shop_page, "onUnsupportedTarget") == []
    frame.fill("#address", "widmo.example/login?session=7")
    frame.click("form.ask button")
    told = {"target": "Bank Widmo", "country": "pl", "address": "https://widmo.example"}
    assert until_called(shop_page, "onUnsupportedTarget") == [told]
    assert calls(shop_page, "onError") == []


def test_without_the_form_the_page_hears_what_was_searched_for(
    shop_page: Embedded, api: CheckedApi
):
    frame = begin(shop_page, api, showTargetMissingForm=False)
    frame.fill("#q", "Bank Widmo")
    frame.click(".missing button")
    told = {"target": "Bank Widmo", "country": "pl", "address": ""}
    assert until_called(shop_page, "onUnsupportedTarget") == [told]
    assert frame.query_selector("#bank") is None


def test_an_import_by_itself_is_refused_with_repeated_access(shop_page: Embedded, world: World):
    api = world.client(Product.MULTIPLE_ACCESS)
    frame = begin(shop_page, api, autoImport=True, psd2={"accessMode": "MULTIPLE"})
    assert frame.locator("button").count() == 0
    cause, told = until_called(shop_page, "onError")
    assert (cause, told["sessionId"]) == ("InvalidParameter", None)
    assert "autoImport" in told["message"]


def test_months_of_history_are_imported_although_the_page_is_closed_at_once(
    shop_page: Embedded, world: World, api: CheckedApi
):
    frame = begin(shop_page, api, autoImport=6, ownerExternalId="loan-7790")
    choose(frame, "KontoBankApi")
    at_bank(to_bank(shop_page, frame))
    _target, session_id, *_ = until_called(shop_page, "onSuccess")
    shop_page.page.close()
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
    shop_page: Embedded, world: World, api: CheckedApi
):
    theirs = world.client(production=True)
    frame = begin(shop_page, theirs)
    assert frame.inner_text("h1") == "This sign-in cannot be shown here"
    assert calls(shop_page, "onError") == []


def test_nobody_but_the_page_it_was_made_for_may_frame_a_sign_in(
    shop_page: Embedded, api: CheckedApi, shop_site: Site
):
    frame = begin(shop_page, api)
    thief = shop_site.address.replace("127.0.0.1", "localhost")
    shop_page.page.goto(thief)
    address = frame.url
    with shop_page.page.expect_event("requestfailed", lambda one: one.url == address) as refused:
        shop_page.page.evaluate(
            """(address) => { const frame = document.createElement('iframe');
            frame.src = address; document.body.append(frame); }""",
            address,
        )
    assert refused.value.failure in FRAMING_REFUSED


def test_the_keyboard_is_enough_in_the_frame(shop_page: Embedded, api: CheckedApi):
    begin(shop_page, api)
    keys = shop_page.page.keyboard
    tab_to(shop_page, "button[value=KontoBankApi]")
    keys.press("Enter")
    shop_page.frame().wait_for_selector(AGREE)
    tab_to(shop_page, AGREE)
    with shop_page.page.context.expect_page() as opening:
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
    until_called(shop_page, "onSuccess")


def tab_to(found: Embedded, selector: str) -> None:
    """The focus is here in the frame, reached by Tab from wherever it was."""
    for _ in range(60):
        found.page.keyboard.press("Tab")
        frame = found.frame()
        if frame.evaluate("(what) => document.activeElement.matches(what)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab")


def test_back_in_the_frame_leads_to_no_dead_end(shop_page: Embedded, api: CheckedApi):
    frame = begin(shop_page, api)
    choose(frame, "KontoBankApi")
    frame.evaluate("history.back()")
    frame.wait_for_selector("button[value=KontoBankApi]")
    choose(frame, "KontoBankApi")
    at_bank(to_bank(shop_page, frame))
    until_called(shop_page, "onSuccess")
    frame.wait_for_selector("#session-id")
    frame.evaluate("history.back()")
    frame.wait_for_selector("#session-id")


@pytest.mark.parametrize("name", sorted(SAID_TO_PERSONS))
def test_every_refusal_is_said_with_what_to_do_and_told_to_the_page(
    shop_page: Embedded, api: CheckedApi, bank_of_steps: ScriptedBank, name: str
):
    bank_of_steps.script = [SAID_TO_PERSONS[name]()]
    frame = begin(shop_page, api, target="ProbnyBank")
    frame.click(AGREE)
    cause, told = until_called(shop_page, "onError")
    assert (cause, told["target"]) == (SAID_TO_PERSONS[name].wire_name, "ProbnyBank")
    frame.wait_for_selector("[role=alert]")
    assert frame.inner_text("[role=alert]") == told["message"]
    assert frame.inner_text("#session-id") == told["sessionId"]


def test_every_step_is_taken_in_the_frame(
    shop_page: Embedded, world: World, api: CheckedApi, bank_of_steps: ScriptedBank
):
    bank_of_steps.script = [
        an_ask(),
        errors.InvalidCredentials(),
        an_ask(METHOD),
        an_ask(CODE, picture=PICTURE, picture_type="image/png"),
        Wait(every_s=1),
        Wait(every_s=1),
    ]
    frame = begin(shop_page, api, target="ProbnyBank")
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
    while not calls(shop_page, "onSuccess"):
        world.clock.advance(seconds=2)
        shop_page.page.wait_for_timeout(200)
    assert len(calls(shop_page, "onCredentialEntered")) == 4
    assert [one for one in shop_page.complaints if "autofocus" not in one] == []


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


def test_what_cannot_begin_is_said_in_the_language_asked_for(shop_page: Embedded, api: CheckedApi):
    frame = begin(shop_page, api, locale="pl", maxImportDate="yesterday")
    assert frame.get_attribute("html", "lang") == "pl"
