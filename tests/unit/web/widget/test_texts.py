"""The texts of every language are complete, say the same, and nobody left one untranslated."""

import re
import string
from importlib import resources
from itertools import combinations

import pytest

from opensaldo import errors
from opensaldo.data import COUNTRIES
from opensaldo.domain.legal_text import TextKind
from opensaldo.engine.legal_texts import platform_text
from opensaldo.web import widget
from opensaldo.web.widget.languages import LANGUAGES
from opensaldo.web.widget.plurals import category
from opensaldo.web.widget.words import table

ENGLISH = table("en")
# Names that are spelt as in English.
SPELT_AS_IN_ENGLISH = {"Bank", "Login", "Estonia", "Portugal", "beta"}
SAME_IN_MANY = frozenset({"date_form"})
COUNTS = range(200)
QUOTES = {
    "cs": "„“",
    "en": "“”",
    "es": "«»",
    "et": "„“",
    "lt": "„“",
    "lv": "„”",
    "pl": "„”",
    "pt": "«»",
    "ro": "„”",
}
CEDILLAS = set("şţŞŢ")
QUOTE_MARKS = '"„“”«»‹›'
# Words whose form depends on the gender of the name after them.
WANTS_A_GENDER = {
    "es": "el la los las al del este esta",
    "pt": "o os as ao aos à às do da dos das no na nos nas pelo pela este esta",
    "ro": "lui al ai ale acest această",
}
NAME = r"{(?:bank|client|through)}"
# A name is never declined: a noun that is stands between it and what asks for a case.
PREPOSITIONS = {
    "cs": "do k ke na o od pro přes s se u v ve z ze za",
    "lt": "apie dėl iki iš į nuo per pas pagal po prie su už",
    "lv": "ar caur līdz no par pēc pie uz",
    "pl": "dla do ku na o od po przez przy u w we z ze za",
}
# How the person is not addressed.
NOT_SO = {
    "cs": r"\b(ty|tvůj|tvoje|tvé|tebe)\b|(?<!^)(?<!\. )\b(Vy|Vás|Vám|Vaš\w+|Váš)\b",
    "et": r"\b(sa|sina|sinu|sul|sind)\b|(?<!^)(?<!\. )\b(Te|Teie|Teid|Teil)\b",
    "lt": r"\b(tu|tavo|tau|tave|jūs|jūsų|jums|jus)\b",
    "lv": r"\b(tu|tavs|tavu|tev|jūs|jūsu|jums)\b",
    "pl": r"\b(ty|twój|twoja|twoje|twoich|ciebie|tobie|ci|cię|pan|pani|państwo)\b",
}
# What the client's program alone is told; the rest of the tree can end a person's sign-in.
NEVER_SHOWN = {
    "CommandNotAvailable",
    "CursorExpired",
    "DefaultImportAlreadyExecuted",
    "IdempotencyAnswerLost",
    "IdempotencyKeyInUse",
    "IdempotencyKeyReused",
    "InvalidArgument",
    "InvalidCommandId",
    "InvalidIban",
    "InvalidOwnerExternalId",
    "InvalidSessionId",
    "InvalidSessionIdSignature",
    "InvalidSince",
    "MethodNotAllowed",
    "NoDataToCalculateScore",
    "NotSignedIn",
    "PayloadTooLarge",
    "Unauthorized",
    "UnsupportedMediaType",
}
# What the pages tell in a page of their own instead of a sentence.
HAVE_A_PAGE = {"AlreadySignedIn", "InvalidRedirectionId", "NotFound", "InvalidCursor"}


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _end(text: str) -> str:
    return text[-1] if text[-1] in ".?:" else ""


def _tree(kind: type[errors.OpenSaldoError]) -> list[type[errors.OpenSaldoError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in _tree(below))]


def test_there_is_a_file_for_every_language_and_no_other() -> None:
    files = resources.files(widget).joinpath("texts").iterdir()
    assert sorted(file.name for file in files) == [f"{one}.toml" for one in LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_too_many_or_empty(language: str) -> None:
    texts = table(language).texts
    assert list(texts) == list(ENGLISH.texts)
    assert list(table(language).nouns) == list(ENGLISH.nouns)
    for key, text in texts.items():
        assert text, key
        assert " ".join(text.split()) == text, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_names_are_filled_in(language: str) -> None:
    for key, text in table(language).texts.items():
        assert _names(text) == _names(ENGLISH.texts[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_stays_a_sentence_and_a_question_a_question(language: str) -> None:
    for key, text in table(language).texts.items():
        assert _end(text) == _end(ENGLISH.texts[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_noun_has_exactly_the_forms_that_numbers_need(language: str) -> None:
    needed = {category(language, count) for count in COUNTS}
    for noun, forms in table(language).nouns.items():
        assert set(forms) == needed, noun
        for form in forms.values():
            assert _names(form) == {"count"}, noun


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_nothing_was_left_in_english(language: str) -> None:
    for key, text in table(language).texts.items():
        if key not in SAME_IN_MANY and text not in SPELT_AS_IN_ENGLISH:
            assert text != ENGLISH.texts[key], key


def test_no_sentence_of_one_language_stands_in_another() -> None:
    for one, other in combinations(LANGUAGES, 2):
        for key, text in table(one).texts.items():
            if len(re.findall(r"\w{2,}", re.sub(r"{\w+}", "", text))) > 3:
                assert text != table(other).texts[key], (one, other, key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_ends_a_sentence_since_company_names_end_in_full_stops(language: str) -> None:
    for key, text in table(language).texts.items():
        assert "}." not in text, key


@pytest.mark.parametrize("language", WANTS_A_GENDER)
def test_no_word_before_a_name_depends_on_its_gender(language: str) -> None:
    words = "|".join(WANTS_A_GENDER[language].split())
    for key, text in table(language).texts.items():
        assert not re.search(rf"\b(?:{words}) {NAME}", text, re.IGNORECASE), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotation_marks_are_the_languages_own(language: str) -> None:
    opening, closing = QUOTES[language]
    for key, text in table(language).texts.items():
        marks = [mark for mark in text if mark in QUOTE_MARKS]
        assert marks == [opening, closing] * (len(marks) // 2), key


def test_romanian_letters_have_commas_below_and_never_cedillas() -> None:
    for key, text in table("ro").texts.items():
        assert not CEDILLAS & set(text), key


def test_a_spanish_question_is_opened_where_it_begins() -> None:
    for key, text in table("es").texts.items():
        assert text.count("¿") == text.count("?"), key
        assert text.count("¡") == text.count("!"), key


@pytest.mark.parametrize("language", PREPOSITIONS)
def test_no_name_stands_where_it_would_be_declined(language: str) -> None:
    asks_for_a_case = "|".join(PREPOSITIONS[language].split())
    declined = re.compile(rf"\b({asks_for_a_case})[ :]+{NAME}", re.IGNORECASE)
    for key, text in table(language).texts.items():
        assert not declined.search(text), key


@pytest.mark.parametrize("language", NOT_SO)
def test_the_person_is_addressed_in_one_way(language: str) -> None:
    legal = {kind.value: platform_text(kind, language).text for kind in TextKind}
    for key, text in (table(language).texts | legal).items():
        assert not re.search(NOT_SO[language], text, re.MULTILINE), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_has_a_name(language: str) -> None:
    for country in COUNTRIES:
        assert f"country_{country}" in table(language).texts


def test_every_exception_that_can_reach_a_person_has_a_text_of_its_own() -> None:
    names = {kind.wire_name for kind in _tree(errors.OpenSaldoError)}
    told = {key.removeprefix("fault_") for key in ENGLISH.texts if key.startswith("fault_")}
    assert names - NEVER_SHOWN - HAVE_A_PAGE == told - {"corporate", "other"}
