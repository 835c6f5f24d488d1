"""The pages as a person and as a simple program see them; no platform behind."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from markupsafe import Markup
from starlette.responses import Response

from opensaldo import errors
from opensaldo.connectors.base import (
    Ask,
    Field,
    FieldKind,
    PsuContext,
    SignInRequest,
    Wait,
    WaitingStep,
)
from opensaldo.data import COUNTRIES
from opensaldo.domain.client import Client, Environment
from opensaldo.domain.health import Health
from opensaldo.domain.legal_text import LegalText, LegalTexts, TextKind
from opensaldo.domain.session import Redirection, RedirectionState, Session, SessionState
from opensaldo.domain.target import AccessMode, AccountType
from opensaldo.engine.legal_texts import platform_text
from opensaldo.engine.mock import read_page
from opensaldo.engine.redirections import SignInView
from opensaldo.engine.standing import Standing
from opensaldo.web.api.openapi_examples import TARGET
from opensaldo.web.widget import asking, ending, languages, missing, shown
from opensaldo.web.widget.choice import Choice
from opensaldo.web.widget.files import STATIC_PATH
from opensaldo.web.widget.forms import CrossSitePost
from opensaldo.web.widget.words import Words
from tests.support.scripted import PICTURE

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ID = "6c802c6c50268620ce8fed860acb4bdd"
HOSTILE = "<script>alert(1)</script> \"'&"
BANK = replace(TARGET, official_name="Bank " + HOSTILE)
TEXTS = LegalTexts(
    terms=LegalText(kind=TextKind.TERMS, language="en", text=HOSTILE),
    privacy=platform_text(TextKind.PRIVACY, "en"),
)
NAMED = missing.Missing(bank=HOSTILE, country="pl", address=HOSTILE)
FAULTS = frozenset({"bank", "address"})
ONCE = shown.Asked(since=date(2025, 12, 2), until=None, kept_hours=24, texts=TEXTS)
REPEATED = replace(ONCE, until=date(2026, 8, 29))
LANGUAGES = [Words(one) for one in languages.LANGUAGES]
ASK = Ask(
    fields=(
        Field(name="a" + HOSTILE, kind=FieldKind.TEXT, credential="STATIC_LOGIN", label=HOSTILE),
        Field(name="b", kind=FieldKind.HIDDEN),
        Field(name="c", kind=FieldKind.CODE, label=HOSTILE),
        Field(name="d", kind=FieldKind.CHOICE, options=((HOSTILE, HOSTILE), ("2", "2"))),
    ),
    text=HOSTILE,
    picture=PICTURE,
    picture_type="image/png",
)
WAIT = Wait(text=HOSTILE, every_s=0.2)


def a_standing(step: WaitingStep, **changes: object) -> Standing:
    request = SignInRequest(
        target=replace(BANK, simulated=True),
        grant="g",
        return_url="",
        state="",
        psu=PsuContext(ip_address="", user_agent=""),
        repeated=False,
        history_days=90,
        valid_until=NOW,
    )
    standing = Standing(request=request, step=step, token="t", asked_at=NOW)
    return replace(standing, **changes)  # type: ignore[arg-type]


def _view(**changes: object) -> SignInView:
    redirection = Redirection(
        id=ID,
        session_id="501000111",
        client_id="acme-test",
        environment=Environment.TEST,
        state=RedirectionState.PENDING,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    session = Session(
        id="501000111",
        client_id="acme-test",
        environment=Environment.TEST,
        state=SessionState.CREATED,
        access_mode=AccessMode.SINGLE,
        created_at=NOW,
        owner_external_id="loan-7781",
    )
    return SignInView(
        redirection=replace(redirection, **changes),  # type: ignore[arg-type]
        session=session,
        client=Client(id="acme-test", environment=Environment.TEST, legal_name="Acme " + HOSTILE),
        targets=(BANK,),
    )


def _choice(**changes: object) -> Choice:
    choice = Choice(country="pl", can_change_country=True, sought=HOSTILE, banks=(BANK,))
    return replace(choice, **changes)  # type: ignore[arg-type]


def _pages(words: Words) -> dict[str, Response]:
    view = _view()
    ended = replace(view.redirection, state=RedirectionState.SUCCESS)
    failed = replace(ended, state=RedirectionState.ERROR, exception_name="AccessBlocked")
    return {
        "countries": shown.countries(view, words, ("pl", "cz")),
        "banks": shown.banks(view, words, _choice()),
        "no such bank": shown.banks(view, words, _choice(banks=())),
        "no bank": shown.banks(view, words, _choice(banks=(), sought="", country=None)),
        "a bank that fails": shown.banks(view, words, _choice(health={BANK.name: Health.BLOCKED})),
        "blocked": shown.blocked(view, words, BANK, _choice()),
        "missing": missing.form(view, words, NAMED),
        "missing again": missing.form(view, words, replace(NAMED, faults=FAULTS)),
        "noted": missing.noted(view, words, NAMED),
        "not named": missing.noted(view, words, replace(NAMED, bank="")),
        "warned": shown.consent(view, words, BANK, ONCE, None, is_warned=True),
        "consent": shown.consent(view, words, BANK, ONCE, HOSTILE),
        "consent anew": shown.consent(view, words, BANK, ONCE, None, has_changed=True),
        "consent repeated": shown.consent(view, words, BANK, REPEATED, None),
        "down": shown.down(view, words, BANK, "pl", errors.BankUnavailable(), TEXTS.accepted()),
        "done": ending.closing(view, words, ended),
        "failed": ending.closing(view, words, failed),
        "ask": asking.ask(view, words, a_standing(ASK), ASK),
        "ask again": asking.ask(view, words, a_standing(ASK, refusals=1), ASK),
        "wait": asking.wait(view, words, a_standing(WAIT), WAIT),
        "busy": asking.busy(view, words, a_standing(ASK)),
        "restart": asking.restart(view, words),
        "sorry": ending.sorry(errors.InvalidTarget(), words, view),
    }


@pytest.mark.parametrize(
    ("language", "codes"),
    [("en", ["cz", "ee", "lv", "lt", "pl", "pt", "ro", "es"]),
     ("pl", ["cz", "ee", "es", "lt", "lv", "pl", "pt", "ro"])],
)  # fmt: skip
def test_countries_are_in_the_order_of_the_names_shown(language: str, codes: list[str]):
    body = bytes(shown.countries(_view(), Words(language), COUNTRIES).body).decode()
    assert re.findall(r"\?country=(..)", body) == codes


PAGES = [
    pytest.param(words, page, id=f"{words.language} {name}")
    for words in LANGUAGES
    for name, page in _pages(words).items()
]


class _Outline(HTMLParser):
    """Tags that must close, labels, landmarks and headings."""

    VOID = frozenset({"meta", "link", "input", "br", "img"})

    def __init__(self, page: Response) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.feed(bytes(page.body).decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.seen.append(tag)
        if values.get("id"):
            self.ids.append(values["id"] or "")
        if tag == "label":
            self.labels.append(values["for"] or "")
        assert not any(name.startswith("on") or name == "style" for name in values)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("words", "page"), PAGES)
def test_a_page_is_well_formed_named_and_has_one_heading_and_landmarks(
    words: Words, page: Response
) -> None:
    outline = _Outline(page)
    assert outline.open == []
    assert outline.seen.count("h1") == outline.seen.count("main") == 1
    assert outline.seen.count("title") == outline.seen.count("footer") == 1
    assert len(set(outline.ids)) == len(outline.ids)
    assert set(outline.labels) <= set(outline.ids)
    assert f'<html lang="{words.language}">' in bytes(page.body).decode()


@pytest.mark.parametrize(("words", "page"), PAGES)
def test_what_clients_banks_and_browsers_say_is_text_only(words: Words, page: Response) -> None:
    scripts = [one.partition(">")[0] for one in bytes(page.body).decode().split("<script")[1:]]
    assert scripts[0] == f' src="{STATIC_PATH}/signin.js" defer'
    assert scripts[1:] in ([], [f' src="{STATIC_PATH}/banks.js" type="module"'])


@pytest.mark.parametrize("words", LANGUAGES)
def test_the_agreement_says_who_what_how_far_back_how_long_and_how_to_withdraw(
    words: Words,
) -> None:
    view = _view(client_identity="Kredyt Próbny Spółka z o.o.")
    once = bytes(shown.consent(view, words, TARGET, ONCE, None).body).decode()
    repeated = bytes(shown.consent(view, words, TARGET, REPEATED, None).body).decode()
    for text in (once, repeated):
        assert "Kredyt Próbny Spółka z o.o." in text
        assert text.count("Acme") == 1  # through whom
        assert words.day(ONCE.since) in text
        for key in ("what_owner", "what_accounts", "what_balances", "withdraw_title", "never_pay"):
            assert words(key) in text
    assert words.day(date(2026, 8, 29)) in repeated
    assert words.day(date(2026, 8, 29)) not in once


def test_a_program_finds_the_banks_in_the_first_form() -> None:
    found = read_page(bytes(shown.banks(_view(), Words("en"), _choice(sought="")).body).decode())
    assert found.action == f"/redirection/{ID}/consent"
    assert found.submits == [("target", BANK.name)]
    assert ("country", "pl") in found.fields


@pytest.mark.parametrize("page", ["consent", "down"])
def test_a_program_agrees_by_the_first_button_and_can_cancel(page: str) -> None:
    found = read_page(bytes(_pages(Words("en"))[page].body).decode())
    assert found.action == f"/redirection/{ID}/consent"
    assert ("target", BANK.name) in found.fields
    assert found.submits == [("decision", "agree"), ("decision", "cancel")]
    assert found.filled({})[-1] == ("decision", "agree")
    assert ("terms", TEXTS.terms.version) in found.fields
    assert ("privacy", TEXTS.privacy.version) in found.fields


@pytest.mark.parametrize("words", LANGUAGES, ids=lambda words: words.language)
def test_the_agreement_shows_both_texts_and_says_when_they_have_changed(words: Words) -> None:
    pages = _pages(words)
    for name, is_said, status in (("consent", False, 200), ("consent anew", True, 409)):
        text = bytes(pages[name].body).decode()
        assert str(Markup.escape(TEXTS.terms.text)) in text
        assert str(Markup.escape(TEXTS.privacy.text)) in text
        assert (words("terms_changed") in text) is is_said
        assert pages[name].status_code == status


def test_the_agreement_names_who_receives_the_data_and_through_whom() -> None:
    words, lender = Words("en"), "Pożyczki Testowe Sp. z o.o."
    through = _view().client.legal_name
    alone = bytes(shown.consent(_view(), words, BANK, ONCE, None).body).decode()
    assert Markup("<p><bdi>{}</bdi></p>").format(through) in alone
    both = _view(client_identity=lender)
    named = bytes(shown.consent(both, words, BANK, ONCE, None).body).decode()
    assert words("who_both", client=lender, through=through) in named


def test_who_will_be_asked_twice_is_told_before_leaving() -> None:
    words = Words("en")
    for asked, is_said in ((ONCE, False), (replace(ONCE, asks_twice=True), True)):
        text = bytes(shown.consent(_view(), words, TARGET, asked, None).body).decode()
        assert (words("twice_note", bank=TARGET.official_name) in text) is is_said


def test_a_preselected_bank_leaves_no_way_to_another() -> None:
    view, words = _view(preselected_target=BANK.name), Words("en")
    for page in (
        shown.consent(view, words, BANK, ONCE, None),
        shown.down(view, words, BANK, None, errors.BankUnavailable()),
    ):
        assert words("another_bank") not in bytes(page.body).decode()


def test_account_kinds_show_unless_the_bank_serves_persons_only() -> None:
    words = Words("en")
    firm = replace(TARGET, account_types=(AccountType.CORPORATE,), test_only=True)
    for bank, is_shown in ((TARGET, False), (firm, True)):
        text = bytes(shown.banks(_view(), words, _choice(banks=(bank,))).body).decode()
        assert ("<small>company</small>" in text) is is_shown
        assert (words("tag_test") in text) is is_shown


def test_only_the_test_environment_says_that_nothing_is_real() -> None:
    words = Words("pl")
    real = _view(environment=Environment.PRODUCTION)
    for view, is_said in ((_view(), True), (real, False)):
        text = bytes(shown.consent(view, words, TARGET, ONCE, None).body).decode()
        assert (words("test_notice") in text) is is_said


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.InvalidRedirectionId(), 404, "unknown"),
        (errors.SignInTimeout(), 410, "expired"),
        (errors.AlreadySignedIn(), 409, "used"),
        (errors.InvalidTarget(), 400, "target"),
        (CrossSitePost(), 403, "crossed"),
        (errors.BankUnreachable(), 503, "busy"),
        (errors.PlatformUnavailable(retry_after_s=7), 503, "busy"),
        (errors.Defect(), 500, "defect"),
        (errors.InvalidParameter("secret words"), 400, "request"),
        (errors.PayloadTooLarge(), 413, "request"),
        (errors.UnsupportedMediaType(), 415, "request"),
    ],
)
def test_an_error_is_told_in_our_words_with_its_status(
    error: errors.OpenSaldoError, status: int, kind: str
) -> None:
    words = Words("en")
    page = ending.sorry(error, words, None)
    text = bytes(page.body).decode()
    assert page.status_code == status
    assert words(f"{kind}_title") in text
    assert words(f"{kind}_lead") in text
    assert error.message not in text
    assert page.headers.get("retry-after") == (
        str(error.retry_after_s) if error.retry_after_s else None
    )


@pytest.mark.parametrize(
    "error", [errors.TooManyRequests(), errors.ConcurrentSessionsLimitExceed()]
)
def test_a_limit_is_told_as_one_in_the_frame_and_outside(error: errors.LimitError) -> None:
    words = Words("en")
    for page in (
        ending.sorry(error, words, None),
        ending.unembedded(error, words, "https://shop.example.com", None),
    ):
        assert page.status_code == 429
        assert words(f"fault_{error.wire_name}") in bytes(page.body).decode()


@pytest.mark.parametrize(
    ("view", "is_framed", "ancestors"),
    [(None, False, "'none'"), (None, True, "*"), (_view(), True, "'none'")],
)
def test_an_error_without_a_sign_in_may_be_framed_by_anybody(
    view: SignInView | None, is_framed: bool, ancestors: str
) -> None:
    page = ending.sorry(errors.InvalidRedirectionId(), Words("en"), view, is_framed=is_framed)
    policy = page.headers["content-security-policy"]
    assert policy.rpartition("frame-ancestors ")[2] == ancestors


def test_a_bank_that_is_down_keeps_the_link_and_says_when_to_try_again() -> None:
    error = errors.BankRateLimited("the bank's own words", retry_after_s=30)
    page = shown.down(_view(), Words("en"), TARGET, "pl", error)
    assert page.status_code == 503
    assert page.headers["retry-after"] == "30"
    assert "the bank's own words" not in bytes(page.body).decode()


def test_the_agreements_address_carries_bank_and_country() -> None:
    assert shown.consent_address(ID, "A b", None) == f"/redirection/{ID}/consent?target=A+b"
    assert re.search(r"\?target=A&country=pl$", shown.consent_address(ID, "A", "pl"))
