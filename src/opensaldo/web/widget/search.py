"""Finding a bank by name, forgiving case, diacritics and the order of words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from opensaldo.domain.target import Target

QUERY_LENGTH_MAX = 100
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


def fold(text: str) -> str:
    """The text in lower case without diacritics, every run of other signs one space.

    >>> fold("ČSOB – Česká spořitelna"), fold("Łódź")
    ('csob ceska sporitelna', 'lodz')
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_PLAIN)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in bare).split())


def matching(targets: Iterable[Target], query: str) -> tuple[Target, ...]:
    """The targets each of whose query words begins or lies within a name, by official name."""
    wanted = fold(query[:QUERY_LENGTH_MAX]).split()
    found = (one for one in targets if all(word in _names(one) for word in wanted))
    return tuple(sorted(found, key=lambda one: (fold(one.official_name), one.name)))


def _names(target: Target) -> str:
    return fold(f"{target.official_name} {target.institution} {target.name}")
