"""Which form of a noun goes with a number, by language.

The categories and rules are those of Unicode's CLDR 48, for whole numbers below a million; what is
told apart there for fractions and for millions does not occur on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Rule = Callable[[int], str]


def category(language: str, count: int) -> str:
    """The form that goes with this number.

    >>> [category("pl", count) for count in (1, 2, 5, 12, 22)]
    ['one', 'few', 'many', 'many', 'few']
    """
    return RULES[language](count)


def _one(count: int) -> str:
    return "one" if count == 1 else "other"


def _czech(count: int) -> str:
    return "few" if 2 <= count <= 4 else _one(count)


def _polish(count: int) -> str:
    if count == 1:
        return "one"
    is_few = 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14
    return "few" if is_few else "many"


def _romanian(count: int) -> str:
    if count == 1:
        return "one"
    return "few" if count == 0 or 1 <= count % 100 <= 19 else "other"


def _lithuanian(count: int) -> str:
    if count % 10 == 0 or 11 <= count % 100 <= 19:
        return "other"
    return "one" if count % 10 == 1 else "few"


def _latvian(count: int) -> str:
    if count % 10 == 0 or 11 <= count % 100 <= 19:
        return "zero"
    return "one" if count % 10 == 1 else "other"


RULES: Mapping[str, Rule] = {
    "cs": _czech,
    "en": _one,
    "es": _one,
    "et": _one,
    "lt": _lithuanian,
    "lv": _latvian,
    "pl": _polish,
    "pt": _one,
    "ro": _romanian,
}
