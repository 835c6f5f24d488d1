import pytest

from opensaldo.data import COUNTRIES
from opensaldo.web.widget.languages import LANGUAGE_OF_COUNTRY, language_for


@pytest.mark.parametrize(
    ("locale", "country", "accept_language", "language"),
    [
        ("pl", None, "en", "pl"),
        ("PL_pl", "cz", None, "pl"),
        ("en", "pl", "pl", "en"),
        ("cz", "pl", "pl", "cs"),
        ("cs", None, None, "cs"),
        ("ee", None, None, "et"),
        ("et-EE", None, None, "et"),
        ("br", "es", None, "pt"),
        ("pt-BR", None, None, "pt"),
        ("mx", None, None, "es"),
        ("ru", "cz", "en", "pl"),
        ("xx", None, "en", "pl"),
        (None, "pl", "en-GB,en", "pl"),
        (None, "cz", "pl;q=0.8,en;q=0.5", "cs"),
        (None, "ee", "en", "et"),
        (None, None, "de-DE, de;q=0.9", "pl"),
        (None, None, "de-DE, lv;q=0.9", "lv"),
        (None, None, "en-US,pl;q=0.4", "en"),
        (None, None, "", "pl"),
        (None, None, None, "pl"),
        (None, None, ",;q=1,*", "pl"),
    ],
)
def test_the_language_is_the_locale_then_the_country_then_the_browsers(
    locale: str | None, country: str | None, accept_language: str | None, language: str
) -> None:
    assert language_for(locale, country, accept_language) == language


def test_what_has_no_texts_gets_the_language_the_operator_chose() -> None:
    assert language_for("ru", "cz", "cs", fallback="en") == "en"
    assert language_for(None, None, "de", fallback="es") == "es"


def test_every_country_has_a_language() -> None:
    assert sorted(LANGUAGE_OF_COUNTRY) == sorted(COUNTRIES)
