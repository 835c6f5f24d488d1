"""The languages of the sign-in pages, and which of them a person gets."""

from __future__ import annotations

LANGUAGES = ("cs", "en", "es", "et", "lt", "lv", "pl", "pt", "ro")
FALLBACK = "pl"
LANGUAGE_OF_LOCALE = {"cz": "cs", "br": "pt", "mx": "es", "ee": "et"}
LANGUAGE_OF_COUNTRY = {
    "pl": "pl",
    "cz": "cs",
    "es": "es",
    "pt": "pt",
    "ro": "ro",
    "lt": "lt",
    "lv": "lv",
    "ee": "et",
}
ACCEPT_LANGUAGE_LENGTH_MAX = 200


def served(locale: str) -> str | None:
    """The language of a locale in any of its spellings; None when nobody has written its texts.

    >>> served("cz"), served("PT_br"), served("ru")
    ('cs', 'pt', None)
    """
    language = locale.replace("_", "-").partition("-")[0].strip().lower()
    language = LANGUAGE_OF_LOCALE.get(language, language)
    return language if language in LANGUAGES else None


def language_for(
    locale: str | None, country: str | None, accept_language: str | None, fallback: str = FALLBACK
) -> str:
    """The language asked for: by locale, then country, then browser, else the fallback.

    A locale whose texts nobody has written gets the fallback, whatever the country and browser.
    """
    if locale:
        return served(locale) or fallback
    if country in LANGUAGE_OF_COUNTRY:
        return LANGUAGE_OF_COUNTRY[country]
    return _preferred(accept_language or "") or fallback


def _preferred(accept_language: str) -> str | None:
    """The first language of the header that has texts; browsers list them by preference."""
    for part in accept_language[:ACCEPT_LANGUAGE_LENGTH_MAX].split(","):
        language = served(part.partition(";")[0])
        if language is not None:
            return language
    return None
