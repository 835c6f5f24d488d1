"""What is wrong with bank files: all faults, not only the first."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from opensaldo.connectors.bank_files import BankFile, checked_file, read_bank_files
from opensaldo.data import COUNTRIES, FILE_BYTES_MAX, BadDataFile, bank_files, load_toml, read_text

HEADER_WORDS = ("Source:", "Licence:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with one file, in words."""

    file: str
    text: str


def faults_of_all() -> list[Fault]:
    """The faults of each file of the catalogue; then, when there are none, of all together."""
    found: list[Fault] = []
    for path in bank_files():
        try:
            found += _header_faults(path, read_text(path))
            checked_file(load_toml(path), path)
        except BadDataFile as fault:
            found.append(_fault(path, fault))
    if not found:
        try:
            read_bank_files()
        except BadDataFile as fault:
            found.append(_fault(fault.file, fault))
    return found


def faults_of_file(path: Path) -> list[Fault]:
    """The faults of one file that may lie anywhere; its country is that of its folder, if any."""
    name = str(path)
    try:
        content = path.read_bytes()
        if len(content) > FILE_BYTES_MAX:
            return [Fault(file=name, text=f"more than {FILE_BYTES_MAX} bytes")]
        text = content.decode("utf-8")
        file = _file_of(tomllib.loads(text), path)
    except OSError as trouble:
        return [Fault(file=name, text=trouble.strerror or "it cannot be read")]
    except UnicodeDecodeError:
        return [Fault(file=name, text="expected UTF-8 text")]
    except tomllib.TOMLDecodeError as fault:
        return [Fault(file=name, text=f"expected TOML: {fault}")]
    except BadDataFile as fault:
        return [_fault(name, fault)]
    return [*_header_faults(name, text), *_stand_in_faults(name, file)]


def _file_of(table: dict[str, object], path: Path) -> BankFile:
    country = path.resolve().parent.parent.name
    return checked_file(table, str(path), country=country if country in COUNTRIES else None)


def _header_faults(path: str, text: str) -> list[Fault]:
    """The first comment says where the facts come from and under which licence they are."""
    lines = text.splitlines()
    end = next((number for number, line in enumerate(lines) if line[:1] != "#"), len(lines))
    header = "\n".join(lines[:end])
    return [
        Fault(file=path, text=f"the first comment lacks {word!r}")
        for word in HEADER_WORDS
        if word not in header
    ]


def _stand_in_faults(path: str, file: BankFile) -> list[Fault]:
    """A fallback stands in the same file, for a file is an institution."""
    names = {one.name for one in file.targets}
    return [
        Fault(file=path, text=f"{one.name}: its fallback {one.fallback} is not in this file")
        for one in file.targets
        if one.fallback and one.fallback not in names
    ]


def _fault(path: str, fault: BadDataFile) -> Fault:
    return Fault(file=path, text=fault.message.removeprefix(f"{fault.file}: "))
