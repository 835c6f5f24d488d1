"""`opensaldo client terms …`: texts are set from files, shown byte for byte, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from opensaldo.domain.legal_text import TextKind, version_of
from opensaldo.engine.legal_texts import platform_text
from tests.unit.cli.conftest import Opensaldo

TERMS = ("client", "terms", "acme-test", "--kind", "terms", "--locale", "pl")


def test_a_text_is_set_shown_and_taken_back(acme: Opensaldo, tmp_path: Path):
    file = tmp_path / "terms.txt"
    file.write_bytes("Regulamin [bold]próby[/]\r\n".encode())
    version = version_of("Regulamin [bold]próby[/]\n")
    said = acme(*TERMS, "--file", str(file))
    assert said.out == f"acme-test shows its own terms in pl, version {version}.\n"
    assert acme(*TERMS).out == "Regulamin [bold]próby[/]\n"
    assert version in acme("client", "terms", "acme-test").out
    assert acme("audit", "text", version).out == "Regulamin [bold]próby[/]\n"
    assert acme(*TERMS, "--remove").out == "acme-test shows the platform's terms in pl again.\n"
    assert acme(*TERMS).out == platform_text(TextKind.TERMS, "pl").text
    assert version not in acme("client", "terms", "acme-test").out


def test_the_contracts_spelling_of_a_locale_is_understood(acme: Opensaldo):
    of_cz = acme("client", "terms", "acme-test", "--kind", "privacy", "--locale", "cz")
    assert of_cz.out == platform_text(TextKind.PRIVACY, "cs").text


@pytest.mark.parametrize("wish", [("--file", "text.txt"), ("--remove",), ("--locale", "pl")])
def test_a_change_without_its_kind_is_refused_and_not_taken_for_a_list(
    acme: Opensaldo, wish: tuple[str, ...]
):
    said = acme("client", "terms", "acme-test", *wish)
    assert said.code == 2
    assert "--kind" in said.complaint


def test_mistakes_are_refused_in_one_line(acme: Opensaldo, tmp_path: Path):
    (tmp_path / "empty").touch()
    assert acme(*TERMS, "--file", str(tmp_path / "empty")).complaint == (
        "This text cannot be used: there is no text in it."
    )
    assert acme(*TERMS, "--remove").complaint == "acme-test has no terms of its own in pl."
    unknown = acme("client", "terms", "acme-test", "--kind", "terms", "--locale", "xx")
    assert unknown.complaint.startswith("--locale: one of en, pl")
    assert acme("client", "terms", "nobody-test").complaint == "There is no client nobody-test."
    assert acme("audit", "show", "501000111").complaint == "The chain says nothing of 501000111."
