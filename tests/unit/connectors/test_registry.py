"""From files to targets and connectors."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from opensaldo.connectors import registry
from opensaldo.connectors.http import Door
from opensaldo.connectors.registry import (
    BankTarget,
    Catalog,
    Road,
    load_catalog,
    read_bank_files,
)
from opensaldo.connectors.signing import Seal
from opensaldo.data import COUNTRIES, BadDataFile
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import system_clock
from opensaldo.domain.target import AccountType, Interface

TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return Seal.open(tmp_path_factory.mktemp("seal"), clock=system_clock)


def catalog_of(seal: Seal, url: str | None = "http://127.0.0.1:8600/") -> Catalog:
    return load_catalog(kontobank_url=url, door=Door(), seal=seal, clock=system_clock)


def test_kontobank_is_offered_in_every_country_on_test(seal: Seal):
    targets = catalog_of(seal).targets(TEST)
    assert [target.country for target in targets] == sorted(COUNTRIES)
    assert {target.institution.partition("_")[0] for target in targets} == {"KontoBank"}
    (polish,) = [target for target in targets if target.country == "pl"]
    assert (polish.name, polish.institution) == ("KontoBankApi", "KontoBank")
    assert polish.interface is Interface.PSD2
    assert polish.account_types == (AccountType.INDIVIDUAL,)
    assert polish.commands == ("DefaultImportCommand",)
    assert polish.credentials == ("API_SETUP",)
    assert polish.beta
    assert polish.multiple_access


def test_kontobank_is_offered_only_with_its_address(seal: Seal):
    assert catalog_of(seal, None).targets(TEST) == ()
    assert catalog_of(seal, "").targets(TEST) == ()


def test_test_targets_never_show_in_production(seal: Seal):
    catalog = catalog_of(seal)
    assert catalog.targets(PRODUCTION) == ()
    assert catalog.find("KontoBankApi", PRODUCTION) is None


def test_a_target_is_found_by_its_exact_name(seal: Seal):
    catalog = catalog_of(seal)
    target = catalog.find("KontoBankApi_cz", TEST)
    assert target is not None
    assert target.country == "cz"
    assert catalog.find("kontobankapi_cz", TEST) is None
    assert catalog.find("", TEST) is None


def test_a_target_has_one_connector(seal: Seal):
    catalog = catalog_of(seal)
    target = catalog.targets(TEST)[0]
    assert catalog.connector(target) is catalog.connector(target)
    able = catalog.connector(target).capabilities
    assert able.lists == ("getTransactionsDone", "getTransactionsPending", "getHolds")
    assert (able.account_endpoint, able.accounts_endpoint) == ("getAccount", "getAccounts")
    assert able.calls_at_once_max == 8
    assert (able.history_days_initial, able.history_days_later) == (1460, 90)


GOOD = read_bank_files()["KontoBankApi"]


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
        {"commands": ()},
        {"account_types": ()},
        {"credentials": ()},
    ],
)
def test_what_no_target_can_be(changes: dict[str, Any]):
    with pytest.raises(ValueError, match=r"country|name|official_url|protocol|account_types"):
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


def test_a_real_bank_needs_no_kontobank(seal: Seal, monkeypatch: pytest.MonkeyPatch):
    road = replace(GOOD.road, base_url="https://api.example.org", jwks_url="https://x.example.org")
    real = replace(GOOD, name="ExampleApi", test_only=False, road=road)
    monkeypatch.setattr(registry, "read_bank_files", lambda: {"ExampleApi": real})
    catalog = catalog_of(seal, None)
    assert [target.name for target in catalog.targets(PRODUCTION)] == ["ExampleApi"]


def _written(value: Any) -> Any:
    """A value as TOML has it."""
    if isinstance(value, dict):
        return {key: _written(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_written(one) for one in value]
    return value


def _table(target: BankTarget) -> dict[str, Any]:
    table = {key: value for key, value in asdict(target).items() if value is not None}
    road = asdict(target.road)
    table["road"] = {key: _written(value) for key, value in road.items()}
    for key in ("account_types", "commands", "credentials"):
        table[key] = [str(word) for word in table[key]]
    return table


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["cz/banks/a.toml"], "the folder's country"),
        (["pl/banks/a.toml", "pl/banks/b.toml"], "a name used once"),
    ],
)
def test_files_must_fit_their_place(monkeypatch: pytest.MonkeyPatch, paths: list[str], words: str):
    monkeypatch.setattr(registry, "bank_files", lambda: paths)
    monkeypatch.setattr(registry, "load_toml", lambda _path: {"targets": [_table(GOOD)]})
    with pytest.raises(BadDataFile, match=words):
        read_bank_files()


def test_a_wrong_value_in_a_file_is_a_bad_file(monkeypatch: pytest.MonkeyPatch):
    table = _table(GOOD)
    table["road"]["version"] = "1/2"
    monkeypatch.setattr(registry, "bank_files", lambda: ["pl/banks/a.toml"])
    monkeypatch.setattr(registry, "load_toml", lambda _path: {"targets": [table]})
    with pytest.raises(BadDataFile, match=r"targets\[0\]\.road: expected version like"):
        read_bank_files()


def test_the_table_of_protocols_makes_what_it_names(seal: Seal, tmp_path: Path):
    assert set(registry.PROTOCOLS) == {one.protocol for one in read_bank_files().values()}
    assert isinstance(GOOD.road, Road)
