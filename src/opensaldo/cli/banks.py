"""`opensaldo banks list|show|check`: the catalogue as the bank files have it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from opensaldo.cli.tables import print_table
from opensaldo.connectors.bank_checks import Fault, faults_of_all, faults_of_file
from opensaldo.connectors.bank_files import BankTarget, Status, read_bank_files
from opensaldo.connectors.registry import PROTOCOLS
from opensaldo.errors import InvalidArgument

EXIT_FAULTS = 1
LEGEND = "`banks show TARGET` tells more."
COLOURS = {Status.PROVEN: "green", Status.DOCUMENTED: "cyan", Status.UNPROVEN: "yellow"}


def list_banks(options: argparse.Namespace) -> int:
    """Show the targets, one line each."""
    found = [
        one
        for one in read_bank_files().values()
        if options.country in (None, one.country) and options.status in (None, one.status.value)
    ]
    if options.json:
        print(json.dumps({"targets": [_plain(one) for one in found]}))
        return 0
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("target", "bank", "standard", "for", "cards", "multi", "status"):
        table.add_column(name, no_wrap=name != "bank")
    for one in found:
        table.add_row(*_row(one))
    print_table(table)
    print(f"{len(found)} targets. For: I people, S sole traders, C companies. {LEGEND}")
    return 0


def show(options: argparse.Namespace) -> int:
    """Show everything one target's file says."""
    one = read_bank_files().get(options.target)
    if one is None:
        raise InvalidArgument(f"There is no target {options.target!r}; `opensaldo banks list`.")
    if options.json:
        print(json.dumps(_plain(one)))
        return 0
    table = Table("fact", "value", title=one.name, title_justify="left")
    for name, value in _facts(_plain(one)):
        table.add_row(name, Text(value))
    print_table(table)
    return 0


def check(options: argparse.Namespace) -> int:
    """Say what is wrong with the bank files, or with one file anywhere; 1 when anything is."""
    faults = faults_of_file(options.file) if options.file else faults_of_all()
    for fault in faults:
        print(_line(fault))
    if not faults:
        print(
            "The file is fine." if options.file else f"{len(read_bank_files())} targets, no fault."
        )
    return EXIT_FAULTS if faults else 0


def _line(fault: Fault) -> str:
    return f"{fault.file}: {fault.text}"


def _row(one: BankTarget) -> tuple[str | Text, ...]:
    is_served = one.protocol in PROTOCOLS
    return (
        one.name,
        Text(one.official_name),
        Text(one.protocol, style="" if is_served else "dim"),
        "".join(kind.value[0] for kind in one.account_types),
        "yes" if one.cards else "no",
        "yes" if one.multiple_access else "no",
        Text(one.status.value, style=COLOURS[one.status]),
    )


def _plain(one: BankTarget) -> dict[str, Any]:
    """The target as JSON has it, with what follows from its facts."""
    whole: dict[str, Any] = json.loads(json.dumps(asdict(one), default=str))
    return whole | {"commands": list(one.commands), "served": one.protocol in PROTOCOLS}


def _facts(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """The facts in lines: tables inside by a dotted name, lists with blanks."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _facts(value, f"{before}{name}.")
        elif value not in (None, "", []):
            said = " ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield before + name, {"True": "yes", "False": "no"}.get(said, said)
