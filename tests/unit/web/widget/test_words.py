import string
from datetime import date

import pytest

from opensaldo import errors
from opensaldo.data import COUNTRIES
from opensaldo.web.widget.words import TABLES, Words, words_for

LANGUAGES = sorted(TABLES)


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_names_in_it(language: str) -> None:
    english, table = TABLES["en"], TABLES[language]
    assert list(table) == list(english)
    for key, text in table.items():
        assert text.strip() == text
        assert text
        assert _names(text) <= _names(english[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_ends_a_sentence_since_company_names_end_in_full_stops(language: str) -> None:
    for key, text in TABLES[language].items():
        assert "}." not in text, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_has_a_name(language: str) -> None:
    for country in COUNTRIES:
        assert f"country_{country}" in TABLES[language]


def test_every_exception_a_person_can_cause_has_a_text_of_its_own() -> None:
    of_banks = [errors.BankUnreachable, errors.BankUnavailable, errors.BankMaintenance]
    kinds: list[type[errors.OpenSaldoError]] = [*errors.PsuError.__subclasses__(), *of_banks]
    for kind in kinds:
        assert f"fault_{kind.wire_name}" in TABLES["en"], kind


def test_an_unknown_exception_gets_the_general_text() -> None:
    assert Words("en").fault("NeverHeardOf") == Words("en").fault(None)


def test_what_is_filled_in_is_escaped_and_set_apart() -> None:
    said = Words("en")("down_title", bank="<b>&Bank\u202e")
    assert "<bdi>&lt;b&gt;&amp;Bank\u202e</bdi>" in said
    assert "<b>" not in said


def test_a_plain_text_carries_no_markup() -> None:
    assert Words("en").plain("down_title", bank="KontoBank") == (
        "KontoBank does not answer right now"
    )


def test_days_are_written_as_the_language_writes_them() -> None:
    assert Words("pl").day(date(2027, 5, 1)) == "01.05.2027"
    assert Words("en").day(date(2027, 5, 1)) == "01 May 2027"


@pytest.mark.parametrize(
    ("locale", "country", "accept_language", "language"),
    [
        ("pl", None, "en", "pl"),
        ("PL_pl", "cz", None, "pl"),
        ("en", "pl", "pl", "en"),
        ("cz", "pl", "pl", "en"),
        (None, "pl", "en-GB,en", "pl"),
        (None, "cz", "cs,pl;q=0.8,en;q=0.5", "pl"),
        (None, None, "de-DE, de;q=0.9", "en"),
        (None, None, "en-US,pl;q=0.4", "en"),
        (None, None, "", "en"),
        (None, None, None, "en"),
        (None, "es", ",;q=1,*", "en"),
    ],
)
def test_the_language_is_the_locale_then_the_country_then_the_browsers(
    locale: str | None, country: str | None, accept_language: str | None, language: str
) -> None:
    assert words_for(locale, country, accept_language).language == language
