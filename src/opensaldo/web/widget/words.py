"""The words of the sign-in pages: one table per language, read from texts.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources

from markupsafe import Markup

ENGLISH = "en"
LANGUAGE_OF_LOCALE = {"cz": "cs", "br": "pt", "mx": "es", "ee": "et"}
LANGUAGE_OF_COUNTRY = {"pl": "pl"}
ACCEPT_LANGUAGE_LENGTH_MAX = 200

TABLES: Mapping[str, Mapping[str, str]] = tomllib.loads(
    resources.files(__package__).joinpath("texts.toml").read_text("utf-8")
)


@dataclass(frozen=True, slots=True)
class Words:
    """The texts in one language; what is filled in is escaped."""

    language: str

    def __call__(self, key: str, **values: object) -> Markup:
        """The text under `key` with its `{names}` filled in, each set apart from its neighbours.

        A client's or bank's name may run from right to left; `<bdi>` keeps it from reordering
        the sentence around it.
        """
        apart = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()}
        return Markup(self._text(key)).format(**apart)  # noqa: S704 - our own data file

    def plain(self, key: str, **values: object) -> str:
        """The text without any markup, for a page's title; the template escapes it."""
        return self._text(key).format(**values)

    def fault(self, wire_name: str | None) -> Markup:
        """What happened and what to do, by the exception's name; others get a general text."""
        key = f"fault_{wire_name}"
        return self(key if key in TABLES[ENGLISH] else "fault_other")

    def credential(self, kind: str) -> Markup | None:
        """What a credential of the catalogue is called; None for a kind without a name of ours."""
        key = f"credential_{kind}"
        return self(key) if key in TABLES[ENGLISH] else None

    def day(self, day: date) -> str:
        """The date as this language writes it.

        >>> Words("en").day(date(2026, 3, 2)), Words("pl").day(date(2026, 3, 2))
        ('02 March 2026', '02.03.2026')
        """
        return day.strftime(self._text("date_form"))

    def _text(self, key: str) -> str:
        return TABLES[self.language][key]


def words_for(locale: str | None, country: str | None, accept_language: str | None) -> Words:
    """The words of the language asked for: by locale, then country, then browser, else English.

    A locale whose texts nobody has written yet falls back to English.
    """
    if locale:
        return Words(_served(locale) or ENGLISH)
    if country in LANGUAGE_OF_COUNTRY:
        return Words(LANGUAGE_OF_COUNTRY[country])
    return Words(_preferred(accept_language or ""))


def _served(locale: str) -> str | None:
    language = locale.replace("_", "-").partition("-")[0].strip().lower()
    language = LANGUAGE_OF_LOCALE.get(language, language)
    return language if language in TABLES else None


def _preferred(accept_language: str) -> str:
    """The first language of the header that has texts; browsers list them by preference."""
    for part in accept_language[:ACCEPT_LANGUAGE_LENGTH_MAX].split(","):
        language = _served(part.partition(";")[0])
        if language is not None:
            return language
    return ENGLISH
