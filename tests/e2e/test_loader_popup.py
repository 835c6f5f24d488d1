"""The widget behind a button: a window, what it tells, and what is told when it is closed."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.e2e.embedded import Embedded, browser, embedded, host, pytestmark, shop_site

__all__ = ["browser", "embedded", "host", "pytestmark", "shop_site"]

BUTTON = "#kontomatik-button"
CLOSED_SEEN_MS = 1500  # the loader looks every half second, and twice
SIGNED_IN = {"target": "KontoBankApi", "sessionId": "50100011", "sessionIdSignature": "42ea"}
FAILED = {"cause": "AccessBlocked", "target": "KontoBankApi", "sessionId": "7", "message": "no"}


def pressed(embedded: Embedded, **options: Any) -> Page:
    """The window that the button opened, loaded."""
    embedded.embed(by="embedKontomatikPopup", **options)
    with embedded.page.expect_popup() as opening:
        embedded.page.click(BUTTON)
    opening.value.wait_for_selector("p")
    return opening.value


def tell(window: Page, **said: Any) -> None:
    window.evaluate("(said) => opener.postMessage({kontomatik: said}, '*')", said)


def after_closing(embedded: Embedded, window: Page) -> list[Any]:
    """The calls of the page some time after the window was closed."""
    window.close()
    embedded.page.wait_for_timeout(2 * CLOSED_SEEN_MS)
    return [call[1:] for call in embedded.called()]


def test_the_button_opens_a_window_of_the_contracts_size(embedded: Embedded):
    window = pressed(embedded, country="cz")
    assert embedded.page.inner_text(BUTTON) == "Kontomatik SignIn"
    assert "/popup/signin/?client=acme-test&country=cz&isPopup=true&" in window.url
    assert window.evaluate("[innerWidth, innerHeight]") == [500, 600]


def test_the_button_can_be_named_and_what_the_window_tells_arrives(embedded: Embedded):
    window = pressed(embedded, buttonLabel="<b>Bank</b>")
    assert embedded.page.inner_text(BUTTON) == "<b>Bank</b>"
    assert "buttonLabel" not in window.url
    tell(window, signedIn=SIGNED_IN)
    assert embedded.called(1) == [["first", "onSuccess", *SIGNED_IN.values(), {}]]
    assert after_closing(embedded, window) == [["onSuccess", *SIGNED_IN.values(), {}]]


def test_a_window_closed_without_a_result_is_told_once_and_can_be_opened_again(embedded: Embedded):
    calls = after_closing(embedded, pressed(embedded))
    message = "The sign-in window was closed."
    details = {"target": None, "sessionId": None, "message": message}
    assert calls == [["onError", "SignInCancelled", details]]
    with embedded.page.expect_popup() as again:
        embedded.page.click(BUTTON)
    again.value.wait_for_selector("p")
    tell(again.value, signedIn=SIGNED_IN)
    assert [call[1] for call in embedded.called(2)] == ["onError", "onSuccess"]


def test_an_error_that_was_told_is_not_told_again_as_a_closed_window(embedded: Embedded):
    window = pressed(embedded)
    tell(window, error=FAILED)
    assert [call[:2] for call in after_closing(embedded, window)] == [["onError", "AccessBlocked"]]


def test_pressing_again_shows_the_same_window(embedded: Embedded):
    window = pressed(embedded)
    embedded.page.click(BUTTON)
    embedded.settle()
    assert embedded.page.context.pages == [embedded.page, window]


def test_a_blocked_window_becomes_a_frame_in_the_page(embedded: Embedded):
    embedded.page.evaluate("() => { window.open = () => null; }")
    embedded.embed(by="embedKontomatikPopup")
    embedded.page.click(BUTTON)
    assert "/signin/?client=acme-test&isPopup=false" in embedded.frame().url
    embedded.post({"kontomatik": {"started": True}})
    assert embedded.called(1) == [["first", "onStarted"]]
    (warning,) = embedded.complaints
    assert "blocked the sign-in window" in warning
    embedded.page.evaluate("handles.first.destroy()")
    assert embedded.page.inner_html("#kontomatik") == ""


def test_destroy_closes_the_window_and_tells_nobody(embedded: Embedded):
    window = pressed(embedded)
    with window.expect_event("close"):
        embedded.page.evaluate("handles.first.destroy()")
    embedded.page.wait_for_timeout(2 * CLOSED_SEEN_MS)
    embedded.called(0)
    assert embedded.page.inner_html("#kontomatik") == ""
