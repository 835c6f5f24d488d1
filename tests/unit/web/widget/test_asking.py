"""The pages of the steps taken here: labels, secrets, pictures and waiting."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from starlette.responses import Response

from opensaldo.connectors.base import Ask, Field, FieldKind, Wait
from opensaldo.engine.mock import MockPerson, read_page
from opensaldo.web.widget import asking, shown
from opensaldo.web.widget.languages import LANGUAGES
from opensaldo.web.widget.words import Words
from opensaldo.wire.params import Params
from tests.support.scripted import LOGIN, METHOD, PASSWORD, PICTURE, a_target
from tests.unit.web.widget.test_shown import ASK, ONCE, TARGET, WAIT, _view, a_standing

KINDS = [
    "STATIC_LOGIN",
    "DOCUMENT",
    "QUALIFIED_CERTIFICATE",
    "PASSPORT",
    "CARD_NUMBER",
    "CLIENT_CERTIFICATE",
    "PERSONAL_NUMBER",
    "TAX_NUMBER",
    "CORPORATE_TAX_NUMBER",
    "FOREIGN_CITIZEN_NUMBER",
    "COMPANY_LOGIN",
    "CHOICE",
]
ENGLISH = Words("en")


def text_of(page: Response) -> str:
    return bytes(page.body).decode()


def labels(*fields: Field, words: Words = ENGLISH, login_name: str | None = None) -> list[str]:
    """The labels of a form with these fields, as text."""
    step = Ask(fields=fields)
    standing = a_standing(step)
    target = replace(standing.request.target, login_name=login_name)
    standing = replace(standing, request=replace(standing.request, target=target))
    body = text_of(asking.ask(_view(), words, standing, step))
    found = re.findall(r"<label for=[^>]*>(.*?)</label>|<legend>(.*?)</legend>", body)
    return [unescape(re.sub(r"</?bdi>", "", "".join(one))) for one in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_credential_of_the_catalogue_has_a_name(language: str) -> None:
    for kind in KINDS:
        assert Words(language).credential(kind)
    assert Words(language).credential("NEVER_HEARD_OF") is None


def test_a_field_is_called_by_its_credential_then_by_the_bank_then_by_its_kind() -> None:
    text = Field(name="a", kind=FieldKind.TEXT)
    assert labels(LOGIN, PASSWORD, METHOD) == ["Login", "Password", "How to confirm"]
    assert labels(LOGIN, PASSWORD, words=Words("pl")) == ["Login", "Hasło"]
    assert labels(replace(text, label="Client number")) == ["Client number"]
    assert labels(text, login_name="Mock username") == ["Mock username"]
    assert labels(text) == ["Login"]
    assert labels(Field(name="a", kind=FieldKind.CODE)) == ["Code"]


def test_a_choice_among_credentials_is_in_plain_words() -> None:
    field = Field(
        name="kind",
        kind=FieldKind.CHOICE,
        options=(("STATIC_LOGIN", "STATIC_LOGIN"), ("x", "Branch <1>")),
    )
    step = Ask(fields=(field,))
    body = text_of(asking.ask(_view(), Words("pl"), a_standing(step), step))
    assert 'value="STATIC_LOGIN"' in body
    assert "<bdi>Login</bdi>" in body
    assert "<bdi>Branch &lt;1&gt;</bdi>" in body


def test_secrets_are_not_shown_and_nothing_is_filled_in_by_the_browser() -> None:
    body = text_of(asking.ask(_view(), ENGLISH, a_standing(ASK), ASK))
    inputs = [one for one in re.findall(r"<input[^>]*>", body) if 'type="hidden"' not in one]
    kinds = [re.search(r' type="(\w+)"', one)[1] for one in inputs]  # type: ignore[index]
    assert kinds == ["text", "password", "text", "radio", "radio"]
    assert 'autocomplete="off"' in inputs[1]
    assert 'autocomplete="one-time-code"' in inputs[2]
    assert not re.search(r"value=", inputs[0] + inputs[1] + inputs[2])


def test_a_program_fills_in_the_form() -> None:
    found = read_page(text_of(asking.ask(_view(), ENGLISH, a_standing(ASK), ASK)))
    filled = found.filled(MockPerson(login="test2").fields())
    assert filled[0] == ("token", "t")
    assert [value for _name, value in filled[1:4]] == ["test2", "Test123", "Test123"]
    assert filled[-1] == ("decision", "agree")


@pytest.mark.parametrize(
    ("picture", "kind", "is_shown"),
    [
        (PICTURE, "image/png", True),
        (b"GIF89a..", "image/gif", True),
        (b"\xff\xd8\xff\xe0", "image/jpeg", True),
        (PICTURE, "image/gif", False),
        (b"<svg onload=alert(1)>", "image/svg+xml", False),
        (b"<svg onload=alert(1)>", "image/png", False),
        (PICTURE, "text/html", False),
    ],
)
def test_a_picture_is_shown_only_if_it_is_one(picture: bytes, kind: str, is_shown: bool) -> None:
    step = Ask(fields=(LOGIN,), picture=picture, picture_type=kind)
    page = asking.ask(_view(), ENGLISH, a_standing(step), step)
    assert (f'src="data:{kind};base64,' in text_of(page)) is is_shown
    assert (ENGLISH("picture_unshown") in text_of(page)) is not is_shown
    assert ("img-src 'self' data:;" in page.headers["content-security-policy"]) is is_shown


@pytest.mark.parametrize(("every_s", "shown_s"), [(0, 1), (0.2, 1), (2.5, 3), (1e9, 30)])
def test_waiting_looks_again_by_itself_within_bounds(every_s: float, shown_s: int) -> None:
    step = Wait(every_s=every_s)
    page = asking.wait(_view(), ENGLISH, a_standing(step), step)
    assert read_page(text_of(page)).refresh_s == shown_s


def test_what_is_typed_is_read_by_field_name() -> None:
    form = Params.read(b"", b"token=t&answer.login=a+b&answer.=x&answerlogin=y&answer.empty=")
    assert asking.typed(form) == {"login": "a b", "": "x"}


def test_where_passwords_are_typed_is_said_truthfully() -> None:
    words = ENGLISH
    for target, promise in ((TARGET, "promise"), (a_target(), "promise_here")):
        page = text_of(shown.consent(_view(), words, target, ONCE, None))
        assert words(promise) in page
        assert (words("promise") in page) is (promise == "promise")
    both = replace(_view(), targets=(TARGET, a_target()))
    choice = shown.Choice(country="pl", can_change_country=False, sought="", banks=both.targets)
    assert words("promise_either") in text_of(shown.banks(both, words, choice))
    assert words("promise_here") in text_of(asking.ask(both, words, a_standing(ASK), ASK))
    assert words("promise") in text_of(asking.wait(both, words, a_standing(WAIT), WAIT))
