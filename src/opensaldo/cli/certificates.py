"""`opensaldo certificates …`: test certificates made, ours inspected, their end announced."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from rich.table import Table

from opensaldo.app import CERTIFICATE_FOLDER, SEAL_FOLDER
from opensaldo.cli.tables import console, print_table
from opensaldo.config import Config
from opensaldo.connectors.authority import Issued, issue, make_authority
from opensaldo.connectors.certificates import SEAL_FILE, open_seal
from opensaldo.connectors.inspection import WARN_DAYS, Inspected, inspect, inspect_folder
from opensaldo.domain.clock import system_clock
from opensaldo.errors import InvalidArgument

AUTHORITY_FILE = "test-authority.pem"
AUTHORITY_CERTIFICATE_FILE = "test-authority.crt.pem"
EXIT_AT_END = 1


def make(options: argparse.Namespace) -> int:
    """Make a test authority, a QWAC and a QSEAL of one organizationIdentifier."""
    config, now = Config.from_env(), system_clock()
    folder = config.key_dir / CERTIFICATE_FOLDER
    tpp_id = options.tpp_id or open_seal(config.key_dir / SEAL_FOLDER, now).tpp_id
    authority = make_authority(now)
    content = {AUTHORITY_FILE: _whole(authority)}
    content[AUTHORITY_CERTIFICATE_FILE] = authority.certificate_pem
    for kind in ("QWAC", "QSEAL"):
        issued = issue(authority, kind, tpp_id, now)
        content[f"{kind.lower()}.pem"] = _whole(issued) + authority.certificate_pem
    _refuse_to_replace(folder, content, is_forced=options.replace)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, pem in content.items():
        _write_private(folder / name, pem)
    print(f"Made for {tpp_id} in {folder}:")
    print("  qwac.pem                 the TLS client certificate banks ask for")
    print(f"  qseal.pem                for signatures; to use it, copy it to {_seal(config)}")
    print(f"  {AUTHORITY_CERTIFICATE_FILE}   give it to KontoBank: --client-authority")
    print("They are for tests: a bank takes only those of a qualified trust service.")
    return 0


def show(options: argparse.Namespace) -> int:
    """Show one certificate or all of ours; the exit code is 1 when one is at its end."""
    config, now = Config.from_env(), system_clock()
    if options.file is not None:
        found = [inspect(options.file, now)]
    else:
        found = [
            *inspect_folder(config.key_dir / SEAL_FOLDER, now),
            *inspect_folder(config.key_dir / CERTIFICATE_FOLDER, now),
        ]
    if options.json:
        print(json.dumps({"certificates": [_plain(one) for one in found]}))
    else:
        _print(found)
    return EXIT_AT_END if any(one.days_left < WARN_DAYS for one in found) else 0


def _print(found: list[Inspected]) -> None:
    out = console()
    if not found:
        out.print("There is no certificate yet; `opensaldo certificates make` makes test ones.")
        return
    table = Table("file", "who", "what", "until", "days left", title="Certificates")
    for one in found:
        colour = "red" if one.days_left < 0 else "yellow" if one.faults else "green"
        kind = one.statement.kind if one.statement and one.statement.kind else "-"
        roles = " ".join(one.statement.roles) if one.statement else ""
        until = one.valid_until.date().isoformat()
        left = f"[{colour}]{one.days_left}[/]"
        table.add_row(one.file, one.tpp_id or "-", f"{kind} {roles}".strip(), until, left)
    print_table(table)
    for one in found:
        for fault in one.faults:
            out.print(f"{one.file} {fault}.", markup=False)


def _plain(one: Inspected) -> dict[str, object]:
    statement = one.statement
    return {
        "file": one.file,
        "subject": one.subject,
        "organization_identifier": one.tpp_id,
        "issuer": one.issuer,
        "serial": one.serial_hex,
        "valid_from": one.valid_from.isoformat(),
        "valid_until": one.valid_until.isoformat(),
        "days_left": one.days_left,
        "kind": statement.kind if statement else None,
        "roles": list(statement.roles) if statement else [],
        "authority": statement.authority_name if statement else None,
        "has_key": one.has_key,
        "faults": list(one.faults),
    }


def _whole(issued: Issued) -> bytes:
    return issued.key_pem + issued.certificate_pem


def _seal(config: Config) -> Path:
    return config.key_dir / SEAL_FOLDER / SEAL_FILE


def _refuse_to_replace(folder: Path, names: dict[str, bytes], *, is_forced: bool) -> None:
    there = [name for name in names if (folder / name).exists()]
    if there and not is_forced:
        raise InvalidArgument(
            f"{folder} holds {', '.join(there)} already; banks know what is there."
            " --replace makes new ones."
        )


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
