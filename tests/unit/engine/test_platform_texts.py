"""The platform's own legal texts: complete in every language, short, and each its own."""

from __future__ import annotations

import re

import pytest

from opensaldo.domain.legal_text import TextKind, read_legal_text
from opensaldo.engine.legal_texts import LANGUAGES, platform_text
from opensaldo.web.widget import languages

CHARACTERS_MAX = 2500
SECTIONS = {TextKind.TERMS: 7, TextKind.PRIVACY: 6}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(TextKind))
def test_every_language_has_every_section_in_few_words(kind: TextKind, language: str):
    text = platform_text(kind, language).text
    numbers = [int(found) for found in re.findall(r"^(\d)\. \w", text, re.MULTILINE)]
    assert numbers == list(range(1, SECTIONS[kind] + 1))
    assert len(text) < CHARACTERS_MAX
    assert not re.search(r"[{}<>@]|https?:", text)
    assert read_legal_text(text.encode()) == text


def test_the_languages_are_those_of_the_pages():
    assert sorted(LANGUAGES) == sorted(languages.LANGUAGES)


def test_no_two_are_the_same():
    texts = {platform_text(kind, language).text for kind in TextKind for language in LANGUAGES}
    assert len(texts) == len(TextKind) * len(LANGUAGES)


def test_a_language_nobody_has_written_gets_english():
    assert platform_text(TextKind.TERMS, "de").text == platform_text(TextKind.TERMS, "en").text


@pytest.mark.parametrize("kind", list(TextKind))
def test_romanian_letters_have_commas_below_and_never_cedillas(kind: TextKind):
    assert not set("şţŞŢ") & set(platform_text(kind, "ro").text)
