"""What a bank file may say, and what is wrong with one that says something else."""

from __future__ import annotations

from dataclasses import asdict, replace
from enum import Enum
from typing import Any

import pytest

from opensaldo.connectors import bank_files
from opensaldo.connectors.bank_files import BankTarget, read_bank_files
from opensaldo.connectors.scope import FIELDS, Scope
from opensaldo.data import BadDataFile
from opensaldo.domain.target import Interface

FILES = read_bank_files()
GOOD = FILES["KontoBankApi"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "KontoBankApi_pl"},
        {"name": "Konto Bank"},
        {"institution": "KontoBank_cz"},
        {"country": "de"},
        {"country": "cz"},
        {"official_url": "http://bank.example.org"},
        {"protocol": "carrier_pigeon"},
        {"protocol": "online"},
        {"interface": Interface.FALLBACK},
        {"standard": ""},
        {"source": ""},
        {"account_types": ()},
        {"credentials": ()},
    ],
)
def test_what_no_target_can_be(changes: dict[str, Any]):
    with pytest.raises(ValueError, match=r"country|name|official_url|protocol|empty"):
        replace(GOOD, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "http://bank.example.org"},
        {"jwks_url": "ftp://bank.example.org"},
        {"version": "2/1"},
        {"calls_at_once_max": 0},
        {"calls_at_once_max": 1000},
        {"history_days_later": 0},
        {"history_days_later": 2000},
        {"history_days_initial": 99999},
        {"quirks": ("unheard_of",)},
    ],
)
def test_what_no_road_can_be(changes: dict[str, Any]):
    with pytest.raises(ValueError, match=r"addresses|version|calls_at_once|history|quirks"):
        replace(GOOD.road, **changes)


def _written(value: Any) -> Any:
    """A value as TOML has it."""
    if isinstance(value, dict):
        return {key: _written(one) for key, one in value.items() if one is not None}
    if isinstance(value, tuple):
        return [_written(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def _table(target: BankTarget) -> dict[str, Any]:
    table: dict[str, Any] = _written(asdict(target))
    return table


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["cz/banks/a.toml"], "the folder's country"),
        (["pl/banks/a.toml", "pl/banks/b.toml"], "a name used once"),
    ],
)
def test_files_must_fit_their_place(monkeypatch: pytest.MonkeyPatch, paths: list[str], words: str):
    monkeypatch.setattr(bank_files, "bank_files", lambda: paths)
    monkeypatch.setattr(bank_files, "load_toml", lambda _path: {"targets": [_table(GOOD)]})
    with pytest.raises(BadDataFile, match=words):
        read_bank_files()


def test_a_wrong_value_in_a_file_is_a_bad_file(monkeypatch: pytest.MonkeyPatch):
    table = _table(GOOD)
    table["road"]["version"] = "1/2"
    monkeypatch.setattr(bank_files, "bank_files", lambda: ["pl/banks/a.toml"])
    monkeypatch.setattr(bank_files, "load_toml", lambda _path: {"targets": [table]})
    with pytest.raises(BadDataFile, match=r"targets\[0\]\.road: expected version like"):
        read_bank_files()


@pytest.mark.parametrize(
    ("name", "fallback"),
    [("KontoBankApi", "Nowhere"), ("KontoBankApi", "Pko"), ("KontoBankApi", "KontoBankApi")],
)
def test_only_the_same_banks_fallback_stands_in(
    monkeypatch: pytest.MonkeyPatch, name: str, fallback: str
):
    tables = [_table(one) for one in (GOOD, FILES["Pko"])]
    tables[0]["fallback"] = fallback
    monkeypatch.setattr(bank_files, "bank_files", lambda: ["pl/banks/a.toml"])
    monkeypatch.setattr(bank_files, "load_toml", lambda _path: {"targets": tables})
    with pytest.raises(BadDataFile, match=r"targets\[0\]\.fallback: expected a fallback target"):
        read_bank_files()


@pytest.mark.parametrize(
    "changes",
    [{"owner": ("shoe_size",)}, {"account": ("currency", "iban")}, {"card": ("number", "number")}],
)
def test_a_scope_names_fields_of_the_noun_in_their_order(changes: dict[str, Any]):
    with pytest.raises(ValueError, match="in this order"):
        Scope(**changes)


def test_a_scope_knows_nothing_of_what_we_add_ourselves():
    assert not {"labels", "bank_id", "partial"} & {
        name for names in FIELDS.values() for name in names
    }
