"""The widget's loader in a real browser: what it shows, asks for, and calls the page with."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Error

from tests.e2e.embedded import (
    CLIENT,
    Embedded,
    browser,
    embedded,
    host,
    opened,
    pytestmark,
    shop_site,
)
from tests.support.embedding import HTML, NONCE, SCRIPT, WIDGET, Site, serve_shop

__all__ = ["browser", "embedded", "host", "pytestmark", "shop_site"]

SIGNED_IN = {
    "target": "KontoBankApi",
    "sessionId": "50100011",
    "sessionIdSignature": "42ea",
    "options": {"officialName": "KontoBank", "multipleAccessId": "b50f"},
}
FAILED = {"cause": "InvalidCredentials", "target": "KontoBank", "sessionId": "7", "message": "no"}
MISSING = {"target": "My bank", "country": "pl", "address": "https://bank.example.com"}
CHOSEN = {"name": "KontoBankApi", "officialName": "KontoBank"}
STATE = "application"
# Section 14.3 of the wire contract, in the order in which its messages are tested.
MESSAGES: list[tuple[str, Any, list[Any]]] = [
    ("screenshot", {"src": "data:,"}, ["onScreenshotClicked", {"src": "data:,"}]),
    (
        "error",
        FAILED,
        [
            "onError",
            "InvalidCredentials",
            {k: FAILED[k] for k in ("target", "sessionId", "message")},
        ],
    ),
    ("unsupportedTarget", MISSING, ["onUnsupportedTarget", MISSING]),
    ("signedIn", SIGNED_IN, ["onSuccess", *SIGNED_IN.values()]),
    (
        STATE,
        {"state": "widgetInitialized"},
        ["onInitialized", {STATE: {"state": "widgetInitialized"}}],
    ),
    (STATE, {"state": "unloaded"}, ["onUnloaded", {STATE: {"state": "unloaded"}}]),
    ("targetSelected", CHOSEN, ["onTargetSelected", CHOSEN]),
    ("credentialEntered", True, ["onCredentialEntered"]),
    ("started", {}, ["onStarted"]),
]


@pytest.mark.parametrize("form", ["object", "text"])
def test_each_message_calls_its_callback(embedded: Embedded, form: str):
    embedded.embed()
    for name, said, _call in MESSAGES:
        message = {"kontomatik": {name: said}}
        embedded.post(json.dumps(message) if form == "text" else message)
    assert embedded.called() == [["first", *call] for _name, _said, call in MESSAGES]


def test_of_several_in_one_message_the_contracts_first_counts(embedded: Embedded):
    embedded.embed()
    waiting = {name: said for name, said, _call in reversed(MESSAGES)}
    firsts = list(dict.fromkeys(name for name, _said, _call in MESSAGES))
    for _ in firsts:
        embedded.post({"kontomatik": waiting})
        first = next(name for name in firsts if name in waiting)
        del waiting[first]
    expected = [call[0] for name, _said, call in MESSAGES if call[0] != "onUnloaded"]
    assert [call[1] for call in embedded.called(len(firsts))] == expected


def test_the_frame_is_as_the_contract_says_and_can_be_named_by_screen_readers(embedded: Embedded):
    embedded.embed(locale="pl")
    style = embedded.look("(one) => one.getAttribute('style')")
    wanted = {"width": "100%", "min-width": "280px", "max-width": "400px", "height": "560px"}
    found = dict(part.split(": ", 1) for part in style.rstrip(";").split("; "))
    assert wanted.items() <= found.items()
    assert found["overflow"] == "hidden"
    assert embedded.look("(one) => getComputedStyle(one).borderTopWidth") == "0px"
    assert embedded.look("(one) => one.scrolling") == "no"
    assert embedded.look("(one) => one.title") == "Logowanie do banku"
    assert embedded.look("(one) => one.referrerPolicy") == "no-referrer"
    assert embedded.page.inner_text("#kontomatik") == ""
    embedded.embed(layout=True)
    assert embedded.look("(one) => one.style.maxWidth") == ""


def test_a_strict_policy_is_enough_and_the_browser_complains_of_nothing(
    browser: Browser, host: Site, shop_site: Site
):
    with opened(browser, serve_shop(shop_site, host)) as embedded:
        embedded.embed(styles={"textColor": "#222222"}, dynamicHeight=True)
        embedded.frame()
        assert embedded.complaints == []


def test_the_query_has_the_known_names_nested_and_nothing_empty(embedded: Embedded, host: Site):
    deep = {"a": {"b": {"c": {"d": {"e": {"f": "too deep"}, "g": "deep"}}}}}
    embedded.embed(
        ownerExternalId="loan 7&781",
        country="pl",
        locale="",
        target=None,
        showFavicons=False,
        psd2={"accessMode": "MIXED", "forceSca": True, "maxImportDate": None} | deep,
        styles={"btnBgColor": "#fff", "borderRadius": 8},
        autoImport={"months": 6},
        unknown="gone",
        divId="kontomatik",
    )
    embedded.frame()
    (asked,) = [one for one in host.asked if one.startswith("/signin/")]
    assert sorted(parse_qsl(urlsplit(asked).query, keep_blank_values=True)) == sorted(
        {
            "client": CLIENT,
            "ownerExternalId": "loan 7&781",
            "country": "pl",
            "showFavicons": "false",
            "styles[btnBgColor]": "#fff",
            "styles[borderRadius]": "8",
            "autoImport[months]": "6",
            "psd2[accessMode]": "MIXED",
            "psd2[forceSca]": "true",
            "psd2[a][b][c][d][g]": "deep",
            "screenshotZoomIn": "true",
            "isPopup": "false",
            "widgetEmbeddedUrl": embedded.page.url,
        }.items()
    )


def test_what_follows_the_pages_path_stays_on_the_page(
    browser: Browser, host: Site, shop_site: Site
):
    with opened(browser, serve_shop(shop_site, host) + "?token=secret#part") as embedded:
        embedded.embed()
        embedded.frame()
    query = parse_qs(urlsplit(host.asked[-1]).query)
    assert query["widgetEmbeddedUrl"] == [shop_site.address + "/"]


def test_a_container_that_is_missing_is_said_aloud(embedded: Embedded):
    with pytest.raises(Error, match="no element with the id nowhere"):
        embedded.embed(divId="nowhere")
    assert embedded.alerts == ["OpenSaldo: there is no element with the id nowhere on this page"]


@pytest.mark.parametrize("options", [{"client": None}, {"client": ""}, {"client": 7}])
def test_without_a_client_the_shape_is_said_and_no_value(embedded: Embedded, options: Any):
    with pytest.raises(Error) as refused:
        embedded.embed(ownerExternalId="Jan Próbny", **options)
    assert "client: string, divId?: string" in refused.value.message
    assert "ownerExternalId: string" in refused.value.message
    assert "Próbny" not in refused.value.message
    assert embedded.page.inner_text("#kontomatik") == "waits"


def test_what_does_not_fit_is_said_by_name_and_kind(embedded: Embedded):
    psd2 = {"accesMode": "MULTIPLE", "forceSca": "yes"}
    wrong = {"ownerExternalID": "loan-7", "styles": ["#fff"], "dynamicHeight": "yes", "psd2": psd2}
    embedded.embed(onError=None, **wrong)
    assert sorted(embedded.complaints) == [
        "OpenSaldo: option dynamicHeight: expected boolean, got string",
        "OpenSaldo: option psd2.forceSca: expected boolean, got string",
        "OpenSaldo: option styles: expected object, got array",
        "OpenSaldo: the page does not handle onError",
        "OpenSaldo: there is no option ownerExternalID. Is it ownerExternalId?",
        "OpenSaldo: there is no option psd2.accesMode. Is it psd2.accessMode?",
    ]
    embedded.frame()


def test_a_second_script_tag_changes_nothing(embedded: Embedded):
    embedded.embed()
    embedded.frame()
    add = """([src, nonce]) => new Promise((done) => {
        const before = [OpenSaldo, embedKontomatik], tag = document.createElement("script");
        Object.assign(tag, {src, nonce, onload: () =>
            done(before[0] === OpenSaldo && before[1] === embedKontomatik)});
        document.head.append(tag); })"""
    source = embedded.page.eval_on_selector("script[src]", "(one) => one.src")
    assert embedded.page.evaluate(add, [source, NONCE])
    embedded.post({"kontomatik": {"started": True}})
    assert embedded.called(1) == [["first", "onStarted"]]


def test_embedding_again_takes_the_place_of_the_first(embedded: Embedded):
    embedded.embed(mark="first")
    embedded.frame()
    embedded.embed(mark="second")
    embedded.post({"kontomatik": {"started": True}})
    assert embedded.called(1) == [["second", "onStarted"]]
    assert embedded.page.locator("iframe").count() == 1
    embedded.page.evaluate("handles.first.destroy()")
    assert embedded.page.locator("iframe").count() == 1


def test_two_widgets_on_a_page_have_callbacks_of_their_own(embedded: Embedded):
    embedded.embed(mark="first")
    embedded.embed(mark="second", divId="other")
    embedded.post({"kontomatik": {"signedIn": SIGNED_IN}}, "#other")
    embedded.post({"kontomatik": {"started": True}})
    calls = embedded.called(2)
    assert sorted(call[:2] for call in calls) == [["first", "onStarted"], ["second", "onSuccess"]]


def test_destroy_leaves_an_empty_container_and_calls_nobody_any_more(embedded: Embedded):
    embedded.embed()
    frame = embedded.frame()
    frame.evaluate("parent.postMessage({kontomatik: {started: true}}, '*')")
    embedded.called(1)
    farewell = "onpagehide = () => parent.postMessage({kontomatik: {started: true}}, '*')"
    frame.evaluate(f"() => {{ {farewell} }}")
    embedded.page.evaluate("handles.first.destroy(); handles.first.destroy()")
    assert embedded.page.inner_html("#kontomatik") == ""
    embedded.called(1)


def test_a_callback_that_throws_breaks_nothing(embedded: Embedded):
    embedded.embed()
    embedded.page.evaluate(
        "() => embedKontomatik({...noting('x'), client: 'c', onStarted() { throw Error('mine'); }})"
    )
    embedded.post({"kontomatik": {"started": True}})
    embedded.post({"kontomatik": {"signedIn": SIGNED_IN}})
    assert [call[1] for call in embedded.called(1)] == ["onSuccess"]
    assert ["mine" in said for said in embedded.complaints] == [True]


@pytest.mark.parametrize(
    ("said", "height"), [(700.2, "701px"), (1, "200px"), (1e9, "8000px"), ("900", "560px")]
)
def test_the_height_follows_what_is_shown_within_bounds(embedded: Embedded, said: Any, height: str):
    embedded.embed(dynamicHeight=True)
    embedded.post({"kontomatik": {"widgetSize": {"height": said}}})
    embedded.called(0)
    assert embedded.look("(one) => one.style.height") == height


def test_the_height_stays_unless_it_may_follow(embedded: Embedded):
    embedded.embed()
    embedded.post({"kontomatik": {"widgetSize": {"height": 700}}})
    embedded.called(0)
    assert embedded.look("(one) => one.style.height") == "560px"


def test_the_frame_cannot_lead_the_page_away(embedded: Embedded):
    embedded.embed()
    frame = embedded.frame()
    with pytest.raises(Error):
        frame.evaluate("top.location = 'about:blank'")
    assert frame.evaluate("Boolean(open('about:blank'))")


def test_old_and_neutral_names_do_the_same(embedded: Embedded):
    for _ in range(2):
        embedded.embed(by="embedKontox")
        embedded.frame()
    (warning,) = embedded.complaints
    assert "embedKontox is an old name" in warning
    embedded.page.evaluate("OpenSaldo.embed({...noting('ours'), client: 'acme-test'})")
    embedded.post({"kontomatik": {"started": True}})
    assert embedded.called(1) == [["ours", "onStarted"]]


def test_the_snippet_in_the_guide_runs(browser: Browser, host: Site, shop_site: Site):
    guide = (WIDGET.parent / "docs/guides/signin-widget.md").read_text("utf-8")
    snippet = guide.split("```html\n")[1].split("```")[0]
    page = snippet.replace("https://signin.example.org", host.address)
    with opened(browser, shop_site.serve("/", HTML, page)) as embedded:
        embedded.post({"kontomatik": {"signedIn": SIGNED_IN}})
        embedded.settle()
        assert embedded.page.title() == "Signed in at KontoBank"


def test_a_copy_on_the_shops_own_site_says_where_the_sign_in_is(
    browser: Browser, host: Site, shop_site: Site
):
    shop_site.serve("/copy.js", SCRIPT, (WIDGET / "signin-widget.js").read_bytes())
    tag = f'<script nonce="{NONCE}" src="/copy.js" data-signin-url="{host.address}"></script>'
    with opened(browser, serve_shop(shop_site, host, script=tag)) as embedded:
        embedded.embed()
        embedded.post({"kontomatik": {"started": True}})
        embedded.called(1)
        assert embedded.frame().url.startswith(host.address + "/signin/?")
