"""A text that must never be printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Secret:
    """Hide a text from every print, log and error; `reveal` is the only way to read it.

    >>> Secret("swordfish")
    ***
    >>> Secret("swordfish").reveal()
    'swordfish'
    """

    _text: str

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__
