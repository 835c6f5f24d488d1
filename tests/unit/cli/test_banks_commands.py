"""`opensaldo banks`: the catalogue listed, shown and checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from opensaldo.connectors import bank_checks
from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.data import BadDataFile, bank_files, read_text
from tests.unit.cli.conftest import Opensaldo

GOOD = read_text("pl/banks/pko.toml")


def test_the_list_names_every_target(opensaldo: Opensaldo):
    said = opensaldo("banks", "list")
    assert said.code == 0
    assert all(name in said.out for name in read_bank_files())
    assert f"{len(read_bank_files())} targets" in said.out


def test_the_list_narrows_to_a_country_and_a_status(opensaldo: Opensaldo):
    said = opensaldo("banks", "list", "--country", "ro", "--status", "documented", "--json")
    found = {one["name"]: one for one in json.loads(said.out)["targets"]}
    assert set(found) == {"BancaTransilvaniaApi_ro", "KontoBankApi_ro", "UnicreditApi_ro"}
    assert found["UnicreditApi_ro"]["read_on"] == "2026-11-21"


def test_one_target_is_shown_whole(opensaldo: Opensaldo):
    said = opensaldo("banks", "show", "PekaoApi")
    assert said.code == 0
    assert "PolishAPI 2.1.1" in said.out
    assert "ImportCreditCardsCommand" in said.out
    table = json.loads(opensaldo("banks", "show", "PekaoApi", "--json").out)
    assert table["road"]["history_days_later"] == 90


def test_an_unknown_target_is_a_mistake(opensaldo: Opensaldo):
    said = opensaldo("banks", "show", "Nobody")
    assert said.code == 2
    assert "Nobody" in said.complaint


def test_all_files_are_without_fault(opensaldo: Opensaldo):
    said = opensaldo("banks", "check")
    assert (said.code, said.out) == (0, f"{len(read_bank_files())} targets, no fault.\n")


def checked(opensaldo: Opensaldo, tmp_path: Path, text: str | bytes, country: str = "pl") -> str:
    path = tmp_path / country / "banks" / "new.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = opensaldo("banks", "check", str(path))
    assert said.code == (0 if said.out == "The file is fine.\n" else 1)
    return said.out


def test_a_good_file_anywhere_is_fine(opensaldo: Opensaldo, tmp_path: Path):
    assert checked(opensaldo, tmp_path, GOOD) == "The file is fine.\n"
    assert checked(opensaldo, tmp_path / "b", GOOD, "my-drafts") == "The file is fine.\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace('"polish_api"', '"pigeon_post"'), "expected protocol to be one of"),
        (GOOD.replace('country = "pl"', 'country = "cz"'), "targets[0]: expected name"),
        (
            GOOD.replace('status = "documented"', 'status = "sure"'),
            "targets[0].status: expected one",
        ),
        (
            GOOD.replace("calls_at_once_max = 4", "calls_at_once_max = 400"),
            "road: expected calls_at",
        ),
        (GOOD.replace("Licence:", "License:"), "the first comment lacks 'Licence:'"),
        (GOOD.replace('fallback = "Pko"', 'fallback = "Plus"'), "PkoApi: its fallback Plus is not"),
        (GOOD.replace('"owner', "owner").replace("[[", "[", 1), "expected"),
        ("nonsense", "expected TOML"),
        (b"\xff\xfe", "expected UTF-8 text"),
        (b"#" * (5 * 1024 * 1024), "more than"),
    ],
)
def test_a_faulty_file_is_told_its_fault(
    opensaldo: Opensaldo, tmp_path: Path, text: str | bytes, words: str
):
    assert words in checked(opensaldo, tmp_path, text)


def test_a_file_in_a_countrys_folder_is_of_that_country(opensaldo: Opensaldo, tmp_path: Path):
    assert "the folder's country" in checked(opensaldo, tmp_path, GOOD, "cz")


def test_a_file_that_is_not_there_is_a_fault(opensaldo: Opensaldo, tmp_path: Path):
    said = opensaldo("banks", "check", str(tmp_path / "none.toml"))
    assert (said.code, "No such file" in said.out) == (1, True)


def test_every_fault_of_every_file_is_said(opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch):
    def broken(path: str) -> object:
        raise BadDataFile(path, "file", "TOML", "something else")

    monkeypatch.setattr(bank_checks, "load_toml", broken)
    said = opensaldo("banks", "check")
    assert said.code == 1
    assert said.out.count("\n") == len([*bank_files()])


def test_a_fault_between_files_is_said(opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch):
    def clash() -> None:
        raise BadDataFile("pl/banks/pko.toml", "targets[0].name", "a name used once", "PkoApi")

    monkeypatch.setattr(bank_checks, "read_bank_files", clash)
    said = opensaldo("banks", "check")
    assert (said.code, "a name used once" in said.out) == (1, True)
