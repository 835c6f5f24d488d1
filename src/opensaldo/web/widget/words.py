"""The words of the sign-in pages: one file per language in texts/, read when first needed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from markupsafe import Markup

from opensaldo.domain.target import AccountType, Target
from opensaldo.errors import BankUnavailable, SignInCancelled
from opensaldo.web.widget.languages import FALLBACK, language_for
from opensaldo.web.widget.plurals import category

COUNT = "count"
NO_BREAK = "\u00a0"
# Where printing forbids a line to end in a word of one letter: "v bance", "w banku".
LETTERS_KEPT = frozenset({"cs", "pl"})
_LETTER = re.compile(r"\b(\w) ")
# What a bank's "it did not work" is read as.
WITHOUT_A_REASON = frozenset({SignInCancelled.wire_name, BankUnavailable.wire_name})


@dataclass(frozen=True, slots=True)
class Table:
    """What one language says: texts by key, and nouns by name in the forms its numbers take."""

    texts: Mapping[str, str]
    nouns: Mapping[str, Mapping[str, str]]


@cache
def table(language: str) -> Table:
    """The file of this language."""
    file = resources.files(__package__).joinpath("texts", f"{language}.toml")
    read = tomllib.loads(file.read_text("utf-8"))
    return Table(
        texts={key: one for key, one in read.items() if isinstance(one, str)},
        nouns={key: one for key, one in read.items() if isinstance(one, dict)},
    )


@dataclass(frozen=True, slots=True)
class Words:
    """The texts in one language; what is filled in is escaped.

    A whole number filled in under the name of a noun is written with that noun: `hours=2` gives
    "2 hours", "2 godziny", and no line ends between the two.
    """

    language: str

    def __call__(self, key: str, **values: object) -> Markup:
        """The text under `key` with its `{names}` filled in, each set apart from its neighbours.

        A client's or bank's name may run from right to left; `<bdi>` keeps it from reordering
        the sentence around it.
        """
        apart = {
            name: Markup("<bdi>{}</bdi>").format(value)
            for name, value in self._counted(values).items()
        }
        return Markup(self._text(key)).format(**apart)  # noqa: S704 - our own data file

    def plain(self, key: str, **values: object) -> str:
        """The text without any markup, for a page's title; the template escapes it."""
        return self._text(key).format(**self._counted(values))

    def fault(self, wire_name: str | None, target: Target | None = None) -> Markup:
        """What happened and what to do, by the exception's name.

        Most banks keep a company's accounts closed to such services and say no more than that it
        did not work: what they leave out is told where the bank serves companies.
        """
        said = self(f"fault_{wire_name}" if self._is_known(wire_name) else "fault_other")
        is_left_out = self.is_left_out(wire_name, target)
        return said + " " + self("fault_corporate") if is_left_out else said

    def is_left_out(self, wire_name: str | None, target: Target | None) -> bool:
        """Whether a bank that serves companies may have said less than it should."""
        if target is None or AccountType.CORPORATE not in target.account_types:
            return False
        return wire_name in WITHOUT_A_REASON or not self._is_known(wire_name)

    def credential(self, kind: str) -> Markup | None:
        """What a credential of the catalogue is called; None for a kind without a name of ours."""
        key = f"credential_{kind}"
        return self(key) if key in table(self.language).texts else None

    def day(self, day: date) -> str:
        """The date as this language writes it, in figures where a month's name would be declined.

        >>> Words("en").day(date(2026, 3, 2)), Words("pl").day(date(2026, 3, 2))
        ('02 March 2026', '02.03.2026')
        """
        return day.strftime(self._text("date_form"))

    def _is_known(self, wire_name: str | None) -> bool:
        return f"fault_{wire_name}" in table(self.language).texts

    def _counted(self, values: Mapping[str, object]) -> dict[str, object]:
        nouns = table(self.language).nouns
        return {
            name: self._together(nouns[name], value)
            if isinstance(value, int) and name in nouns
            else value
            for name, value in values.items()
        }

    def _together(self, noun: Mapping[str, str], count: int) -> str:
        form = noun[category(self.language, count)]
        return form.format(**{COUNT: count}).replace(" ", NO_BREAK)

    def _text(self, key: str) -> str:
        text = table(self.language).texts[key]
        kept = rf"\1{NO_BREAK}"
        return _LETTER.sub(kept, text) if self.language in LETTERS_KEPT else text


def words_for(
    locale: str | None, country: str | None, accept_language: str | None, fallback: str = FALLBACK
) -> Words:
    """The words of the language asked for."""
    return Words(language_for(locale, country, accept_language, fallback))
