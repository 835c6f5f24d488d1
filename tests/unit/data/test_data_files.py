"""The data files: every one loads, and a bad one says what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from opensaldo import data
from opensaldo.connectors.bank_files import BankTarget
from opensaldo.connectors.road import Road
from opensaldo.connectors.scope import Scope
from opensaldo.data import BadDataFile, bank_files, fill, load_toml, read_text


class Shade(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, kw_only=True)
class Wheel:
    size: int

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError("a size above 0")


@dataclass(frozen=True, kw_only=True)
class Car:
    name: str
    shade: Shade
    wheels: tuple[Wheel, ...]
    tags: tuple[str, ...] = ()
    nick: str | None = None
    is_fast: bool = False
    built_on: date = date(2020, 1, 1)
    doors: tuple[int, ...] = field(default_factory=tuple)


GOOD = {"name": "a", "shade": "red", "wheels": [{"size": 1}]}


def filled(**changes: Any) -> Car:
    table = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}
    return fill(Car, table, file="cars.toml", key="car")


def test_a_table_becomes_its_record():
    car = filled(tags=["x", "y"], nick="n", is_fast=True, doors=[2], built_on=date(2021, 5, 4))
    assert car == Car(
        name="a",
        shade=Shade.RED,
        wheels=(Wheel(size=1),),
        tags=("x", "y"),
        nick="n",
        is_fast=True,
        doors=(2,),
        built_on=date(2021, 5, 4),
    )
    assert filled() == Car(name="a", shade=Shade.RED, wheels=(Wheel(size=1),))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ...}, "cars.toml: car.name: expected text, received nothing"),
        ({"shade": ...}, "car.shade: expected one of red, blue, received nothing"),
        ({"wheels": ...}, "car.wheels: expected a list, each a table, received nothing"),
        ({"name": 5}, "car.name: expected text, received a whole number: 5"),
        ({"name": 5.5}, "car.name: expected text, received float: 5.5"),
        ({"is_fast": 1}, "car.is_fast: expected true or false, received a whole number: 1"),
        ({"doors": [True]}, "car.doors[0]: expected a whole number, received true or false: True"),
        ({"nick": []}, "car.nick: expected text, received a list: []"),
        ({"built_on": "2020-01-01"}, "car.built_on: expected a day, received text"),
        ({"tags": "x"}, "car.tags: expected a list, each text, received text: 'x'"),
        ({"tags": ["x", 1]}, "car.tags[1]: expected text, received a whole number: 1"),
        ({"shade": "green"}, "car.shade: expected one of red, blue, received 'green'"),
        ({"wheels": [3]}, "car.wheels[0]: expected a table, received a whole number: 3"),
        ({"wheels": [{"size": 0}]}, "car.wheels[0]: expected a size above 0, received"),
        ({"paint": 1}, "car.paint: expected a key of the schema, received an unknown key"),
    ],
)
def test_a_bad_table_says_file_key_expected_and_received(changes: dict[str, Any], words: str):
    with pytest.raises(BadDataFile) as caught:
        filled(**changes)
    assert words in caught.value.message
    assert caught.value.file == "cars.toml"


def test_an_optional_key_says_what_it_wants():
    @dataclass(frozen=True, kw_only=True)
    class Note:
        text: str | None

    with pytest.raises(BadDataFile, match=r"note\.text: expected text, received nothing"):
        fill(Note, {}, file="f", key="note")


def test_a_missing_file_is_named():
    with pytest.raises(BadDataFile, match=r"pl/none\.toml: file: expected a readable file"):
        load_toml("pl/none.toml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resources, "files", lambda _package: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff", "expected UTF-8 text"),
        (b"a = ", "expected TOML"),
        (b"#" * (data.FILE_BYTES_MAX + 1), "expected at most"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(folder: Path, content: bytes, words: str):
    (folder / "a.toml").write_bytes(content)
    with pytest.raises(BadDataFile, match=words):
        load_toml("a.toml")


def test_every_bank_file_is_listed_once_in_order():
    paths = list(bank_files())
    assert list(dict.fromkeys(path.partition("/")[0] for path in paths)) == list(data.COUNTRIES)
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("path", list(bank_files()))
def test_every_bank_file_says_where_it_comes_from(path: str):
    head = read_text(path).partition("\n\n")[0]
    assert all(line.startswith("#") for line in head.splitlines())
    assert "Source:" in head
    assert "Licence:" in head


OF_ITS_COUNTRY = {"name", "country", "institution", "fallback", "cards", "multiple_access"}
OF_ITS_STANDARD = {"protocol", "standard", "road", "scope"}


def test_the_kontobank_files_agree_in_all_but_their_country_and_standard():
    seen: dict[str, list[dict[str, Any]]] = {}
    for country in data.COUNTRIES:
        for target in load_toml(f"{country}/banks/kontobank.toml")["targets"]:
            own = OF_ITS_COUNTRY | (OF_ITS_STANDARD if target["interface"] == "psd2" else {"scope"})
            if target["interface"] == "fallback":
                assert target["road"].pop("base_url").endswith(f"/{country}")
            common = {key: value for key, value in target.items() if key not in own}
            seen.setdefault(target["interface"], []).append(common)
    assert {interface: len(targets) for interface, targets in seen.items()} == {
        "psd2": 8,
        "fallback": 7,
    }
    assert all(each == targets[0] for targets in seen.values() for each in targets)


def test_the_readme_names_every_field():
    readme = read_text("README.md")
    for record in (BankTarget, Road, Scope):
        for one in fields(record):
            assert f"`{one.name}`" in readme, one.name
