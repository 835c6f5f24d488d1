"""Legal texts: the terms and the privacy notice a person is shown before anything is read."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

BYTES_MAX = 32 * 1024
_LINES = {"\n", "\t"}
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class TextKind(StrEnum):
    """Which of the two a text is."""

    TERMS = "terms"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalText:
    """One text in one language, shown as it stands: plain text, no markup of any kind.

    `client_id` is whose own text it is, None for the platform's.
    """

    kind: TextKind
    language: str
    text: str
    client_id: str | None = None

    @property
    def version(self) -> str:
        """What tells this text from every other: SHA-256 of its bytes in UTF-8, as hex digits."""
        return version_of(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """That a person agreed, by the language and the versions of the two texts they were shown."""

    language: str
    terms_version: str
    privacy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalTexts:
    """The two texts that are shown together."""

    terms: LegalText
    privacy: LegalText

    def __iter__(self) -> Iterator[LegalText]:
        return iter((self.terms, self.privacy))

    def accepted(self) -> Acceptance:
        """What a person accepts who agrees to these two."""
        return Acceptance(
            language=self.terms.language,
            terms_version=self.terms.version,
            privacy_version=self.privacy.version,
        )


def version_of(text: str) -> str:
    r"""The version of a text.

    >>> version_of("Terms\n")[:12]
    '41d8aef4fd2f'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def read_legal_text(content: bytes) -> str:
    r"""The text in a file: lines end in one line feed, and nothing is in it that cannot be seen.

    >>> read_legal_text(b"\xef\xbb\xbf One\r\n\r\nTwo  \r\n\r\n")
    'One\n\nTwo\n'

    Raises:
        ValueError: empty, too long, not UTF-8, or it holds characters that are not shown as they
            stand; says which.
    """
    if len(content) > BYTES_MAX:
        raise ValueError(f"a text has at most {BYTES_MAX} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("a text is plain text in UTF-8") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    plain = "\n".join(line.rstrip() for line in lines).strip()
    if not plain:
        raise ValueError("there is no text in it")
    for sign in plain:
        is_control = unicodedata.category(sign) in {"Cc", "Cs", "Co"} and sign not in _LINES
        if is_control or sign in _REORDERING:
            raise ValueError(f"the character U+{ord(sign):04X} cannot be shown as it stands")
    return plain + "\n"
