"""Legal texts: what may be one, and that every byte of it counts."""

from __future__ import annotations

import hashlib

import pytest

from opensaldo.domain.legal_text import (
    BYTES_MAX,
    LegalText,
    LegalTexts,
    TextKind,
    read_legal_text,
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no text"),
        (b" \r\n\t\n", "no text"),
        (b"a" * (BYTES_MAX + 1), "at most"),
        ("zgoda ł".encode("cp1250"), "UTF-8"),
        (b"a\x00b", "U+0000"),
        (b"a\x1b[31mb", "U+001B"),
        ("safe \u202egnihtyna".encode(), "U+202E"),
        ("a\u2066b".encode(), "U+2066"),
        ("a\ue000b".encode(), "U+E000"),
    ],
)
def test_what_cannot_be_shown_as_it_stands_is_refused(content: bytes, why: str):
    with pytest.raises(ValueError, match=why.replace("+", r"\+")):
        read_legal_text(content)


def test_markup_is_text_like_any_other():
    assert read_legal_text(b"<b>1</b> & 2") == "<b>1</b> & 2\n"


def test_an_editors_marks_and_line_ends_do_not_make_another_version():
    ways = (b"One\n\nTwo", b"\xef\xbb\xbfOne\r\n\r\nTwo\r\n", b"One  \r\rTwo\n\n")
    assert len({read_legal_text(way) for way in ways}) == 1


def test_both_versions_are_the_hash_of_the_bytes_shown():
    terms, privacy = (
        LegalText(kind=kind, language="pl", text=f"zażółć {kind}\n") for kind in TextKind
    )
    accepted = LegalTexts(terms=terms, privacy=privacy).accepted()
    assert accepted.terms_version == hashlib.sha256("zażółć terms\n".encode()).hexdigest()
    assert accepted.privacy_version == hashlib.sha256("zażółć privacy\n".encode()).hexdigest()
    assert accepted.language == "pl"
