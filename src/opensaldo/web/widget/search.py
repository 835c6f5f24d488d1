"""Finding a bank by name, forgiving diacritics, spaces, the order of words and typing errors."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from opensaldo.domain.target import Interface, Target

QUERY_LENGTH_MAX = 100
LONG_LENGTH_MIN = 8  # from here on two typing errors are forgiven, below one
BEGINNING_LENGTH_MIN = 4  # shorter texts are no beginning with an error, or anything would be
ERRORS_MAX = 2
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


class Likeness(IntEnum):
    """How a bank answers to what was typed, the best first."""

    IS = 0
    BEGINS = 1
    HOLDS = 2
    RESEMBLES = 3


@dataclass(frozen=True, slots=True)
class _Names:
    """What a bank is called, folded: each name without spaces, all words, and all of it."""

    whole: tuple[str, ...]
    words: tuple[str, ...]
    text: str


def fold(text: str) -> str:
    """The text in lower case without diacritics, every run of other signs one space.

    >>> fold("ČSOB – Česká spořitelna"), fold("Łódź")
    ('csob ceska sporitelna', 'lodz')
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_PLAIN)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare).split())


def matching(targets: Iterable[Target], query: str) -> tuple[Target, ...]:
    """The targets that answer to the query, the likeliest first; all of them without one.

    First the name that it is, but for one typing error at most; then names that begin with it, that
    hold it, that it resembles. Among equals the country's largest banks come first, then by name.
    """
    wanted = fold(query[:QUERY_LENGTH_MAX])
    if not wanted:
        return tuple(sorted(targets, key=_place))
    found = ((_likeness(_names_of(one), wanted), one) for one in targets)
    kept = [(likeness, _place(one), one) for likeness, one in found if likeness is not None]
    return tuple(one for *_order, one in sorted(kept, key=lambda each: each[:2]))


def _place(target: Target) -> tuple[bool, int, str, bool, str]:
    """Where a target stands in the list: the largest first, a bank's interface before others."""
    is_fallback = target.interface is Interface.FALLBACK
    name = fold(target.official_name)
    return target.popular is None, target.popular or 0, name, is_fallback, target.name


@cache
def _names_of(target: Target) -> _Names:
    systems = (_stem(target.institution), _stem(target.name))
    folded = tuple(fold(name) for name in (target.official_name, *target.also_known_as, *systems))
    return _Names(
        whole=tuple(dict.fromkeys(name.replace(" ", "") for name in folded)),
        words=tuple(dict.fromkeys(word for name in folded for word in name.split())),
        text=" " + " ".join(folded),
    )


def _stem(name: str) -> str:
    """A name of the catalogue without its endings for the country and the interface."""
    return name.partition("_")[0].removesuffix("Api")


def _likeness(names: _Names, wanted: str) -> tuple[Likeness, int] | None:
    """How well the names answer, with the typing errors that count; None when they do not."""
    text = wanted.replace(" ", "")
    pairs = [_errors(text, name) for name in names.whole]
    whole, beginning = min(one for one, _ in pairs), min(one for _, one in pairs)
    if whole <= 1:
        return Likeness.IS, whole
    if any(name.startswith(text) for name in names.whole):
        return Likeness.BEGINS, 0
    if _holds(names, wanted, text):
        return Likeness.HOLDS, 0
    errors = min(whole, beginning, _errors_by_word(names, wanted))
    return (Likeness.RESEMBLES, errors) if errors <= ERRORS_MAX else None


def _holds(names: _Names, wanted: str, text: str) -> bool:
    """Whether the words, or all of the text run together, lie within; two letters begin a word."""
    if len(text) <= 2:
        return f" {text}" in names.text
    is_inside = any(text in name for name in names.whole)
    return is_inside or all(word in names.text for word in wanted.split())


def _errors_by_word(names: _Names, wanted: str) -> int:
    """The errors of the worst word; more than are forgiven when a word is like no word."""
    return max(
        0 if word in names.text else min(min(_errors(word, one)) for one in names.words)
        for word in wanted.split()
    )


def _errors(typed: str, name: str) -> tuple[int, int]:
    """The typing errors that lead from a name, or from a beginning of it, to what was typed.

    An error is a letter more, less or other, or two neighbours the wrong way round (optimal string
    alignment). More than what was typed is forgiven count as one more than is ever forgiven.
    """
    none = ERRORS_MAX + 1
    forgiven = _forgiven(typed)
    if not forgiven or len(name) <= 2:
        return (0, 0) if typed == name else (none, none)
    name = name[: len(typed) + forgiven + 1]
    older: list[int] = []
    last, row = older, list(range(len(name) + 1))
    for at, sign in enumerate(typed):
        older, last, row = last, row, [at + 1]
        for place, other in enumerate(name):
            least = min(last[place] + (sign != other), last[place + 1] + 1, row[place] + 1)
            if at and place and sign == name[place - 1] and typed[at - 1] == other:
                least = min(least, older[place - 1] + 1)
            row.append(least)
        if min(row) > forgiven:
            return none, none
    beginning = min(row) if len(typed) >= BEGINNING_LENGTH_MIN else none
    return row[-1] if row[-1] <= forgiven else none, beginning


def _forgiven(typed: str) -> int:
    if len(typed) < 2:
        return 0
    return ERRORS_MAX if len(typed) >= LONG_LENGTH_MIN else 1
