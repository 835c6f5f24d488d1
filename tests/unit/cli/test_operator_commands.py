"""`migrate`, `purge`, `check-config`, `worker`, `serve` and everybody's mistakes."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from opensaldo import __version__
from opensaldo.cli import serve as serving
from opensaldo.config import VARIABLES
from tests.unit.cli.conftest import Opensaldo

PASSWORD = "sw0rdfish"
POSTGRES = f"postgresql://saldo:{PASSWORD}@127.0.0.1:1/saldo"


# --- the whole -----------------------------------------------------------------------------------
def test_the_version_is_printed(opensaldo: Opensaldo):
    said = opensaldo("--version")
    assert (said.code, said.out) == (0, f"opensaldo {__version__}\n")


def test_help_names_every_subcommand(opensaldo: Opensaldo):
    said = opensaldo("--help")
    assert said.code == 0
    for name in ("demo", "serve", "worker", "migrate", "purge", "check-config", "client"):
        assert name in said.out


@pytest.mark.parametrize("name", ["demo", "serve", "worker", "migrate", "purge", "client"])
def test_every_subcommand_explains_itself(opensaldo: Opensaldo, name: str):
    said = opensaldo(name, "--help")
    assert said.code == 0
    assert said.out.startswith(f"usage: opensaldo {name}")


@pytest.mark.parametrize("arguments", [(), ("conquer",), ("client", "conquer"), ("migrate", "x")])
def test_a_command_that_is_none_gets_the_usage(opensaldo: Opensaldo, arguments: tuple[str, ...]):
    said = opensaldo(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("usage: opensaldo")


@pytest.mark.parametrize("port", ["-1", "65536", "http", "８０"])
def test_the_demos_port_is_a_port(opensaldo: Opensaldo, port: str):
    said = opensaldo("demo", f"--port={port}")
    assert said.code == 2
    assert "expected a port from 0 to 65535" in said.err


# --- upkeep --------------------------------------------------------------------------------------
def test_migrating_twice_applies_everything_once(opensaldo: Opensaldo, tmp_path: Path):
    first, second = opensaldo("migrate"), opensaldo("migrate")
    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("applied 0001")
    assert second.out == "The database is up to date.\n"
    assert (tmp_path / "data" / "opensaldo.db").stat().st_mode & 0o077 == 0


def test_purging_an_empty_database_deletes_nothing(opensaldo: Opensaldo):
    for _twice in range(2):
        said = opensaldo("purge")
        assert (said.code, said.out) == (0, "Deleted 0 documents that were due.\n")


def test_the_configuration_is_shown_with_every_variable(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENSALDO_TRUSTED_PROXIES", "10.0.0.5,10.1.0.0/16")
    said = opensaldo("check-config")
    assert said.code == 0
    for variable in VARIABLES:
        assert f"OPENSALDO_{variable.name}" in said.out
    assert "10.0.0.5/32, 10.1.0.0/16" in said.out
    assert said.out.endswith("The configuration is complete.\n")


def test_the_configuration_is_shown_without_its_secrets(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENSALDO_DATABASE_URL", POSTGRES)
    said = opensaldo("check-config")
    assert said.code == 0
    assert PASSWORD not in said.out + said.err
    assert "***" in said.out


def test_a_value_of_zero_is_shown_as_zero(opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENSALDO_PORT", "0")
    (line,) = [one for one in opensaldo("check-config").out.splitlines() if "_PORT" in one][:1]
    assert line.split("│")[2].strip() == "0"


def test_the_configuration_says_which_database_and_switches_as_they_are_written(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("OPENSALDO_RECORD_IMPORTS", "on")
    lines = {
        line.split("│")[1].strip(): line
        for line in opensaldo("check-config").out.splitlines()
        if "│" in line
    }
    assert f"sqlite:///{tmp_path}/data/opensaldo.db" in lines["OPENSALDO_DATABASE_URL"]
    assert "│ on " in lines["OPENSALDO_RECORD_IMPORTS"]
    assert "│ off " in lines["OPENSALDO_READ_IN_STEP"]


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        ("PRICES_FILE", "prices.toml", "prices.toml: file: expected TOML"),
        ("BANK_CA_FILE", "ca.pem", "OPENSALDO_BANK_CA_FILE: expected a file of PEM certificates"),
        ("BANK_SETTINGS_DIR", "banks/test/PkoApi.toml", "PkoApi.toml: file: expected TOML"),
        ("BANK_SETTINGS_DIR", "banks/test/Nobody.toml", "expected the name of a target"),
    ],
)
def test_a_file_that_would_stop_the_start_is_found_by_the_check(
    opensaldo: Opensaldo,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    file: str,
    expected: str,
):
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("" if "Nobody" in file else "no such thing")
    monkeypatch.setenv(f"OPENSALDO_{name}", str(tmp_path / file.partition("/")[0]))
    said = opensaldo("check-config")
    assert said.code != 0
    assert expected in said.err
    assert "complete" not in said.out


@pytest.mark.parametrize(
    "program",
    [
        ("opensaldo", "banks", "list", "--json"),
        ("kontobank", "truth", "alive-anna", "--day", "2026-11-21"),
    ],
)
def test_a_reader_who_has_seen_enough_is_no_mistake(program: tuple[str, ...]):
    command = [sys.executable, "-m", *program]
    with subprocess.Popen(
        command,
        env={"PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_terminal_without_our_letters_gets_signs_instead_of_a_traceback(tmp_path: Path):
    said = subprocess.run(
        [sys.executable, "-m", "opensaldo", "--help"],
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, b"")
    assert b"OPENSALDO_\\u2026 variables" in said.stdout


# --- mistakes ------------------------------------------------------------------------------------
@pytest.mark.parametrize("command", ["check-config", "migrate", "purge", "serve", "worker"])
@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("PORT", "http", "OPENSALDO_PORT: expected a port"),
        ("PUBLIC_URL", "http://api.example.org", "OPENSALDO_PUBLIC_URL: expected an https"),
        ("DATABASE_URL", f"mysql://u:{PASSWORD}@h/n", "OPENSALDO_DATABASE_URL: expected"),
    ],
)
def test_a_bad_setting_is_one_line(
    opensaldo: Opensaldo,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    name: str,
    text: str,
    expected: str,
):
    monkeypatch.setenv(f"OPENSALDO_{name}", text)
    said = opensaldo(command)
    assert said.code == 2
    assert said.complaint.startswith(expected)
    assert PASSWORD not in said.complaint


@pytest.mark.parametrize("url", ["sqlite:///relative.db", "postgresql://u:p@host:port/name"])
@pytest.mark.parametrize("command", ["migrate", "purge"])
def test_a_database_address_that_cannot_be_used_is_one_line(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch, command: str, url: str
):
    monkeypatch.setenv("OPENSALDO_DATABASE_URL", url)
    said = opensaldo(command)
    assert said.code == 2
    assert "OPENSALDO_DATABASE_URL" in said.complaint


def test_keys_inside_the_data_folder_are_one_line(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("OPENSALDO_KEY_DIR", str(tmp_path / "data" / "keys"))
    assert "must lie outside OPENSALDO_DATA_DIR" in opensaldo("migrate").complaint


def test_a_worker_refuses_sqlite_in_one_sentence(opensaldo: Opensaldo):
    said = opensaldo("worker")
    assert said.code == 2
    assert said.complaint == ("SQLite is one process, `opensaldo serve`; workers need PostgreSQL.")


def test_a_data_folder_that_cannot_be_made_is_named(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("OPENSALDO_DATA_DIR", str(tmp_path / "file" / "data"))
    said = opensaldo("migrate")
    assert said.code == 1
    assert str(tmp_path / "file") in said.complaint


@pytest.mark.enable_socket
@pytest.mark.parametrize("command", [("migrate",), ("client", "list"), ("purge",)])
def test_a_database_that_is_away_is_one_line_that_says_why_without_the_password(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
):
    monkeypatch.setenv("OPENSALDO_DATABASE_URL", POSTGRES)
    said = opensaldo(*command)
    assert said.code == 1
    assert said.complaint.startswith("The database cannot be used: ")
    assert "refused" in said.complaint
    assert PASSWORD not in said.complaint


def test_a_list_of_less_than_one_import_is_refused(opensaldo: Opensaldo):
    assert "--count" in opensaldo("imports", "list", "--count", "-1").complaint


READERS = [("imports", "list"), ("audit", "head"), ("banks", "wished")]


@pytest.mark.parametrize("command", READERS)
def test_a_reader_of_no_database_names_the_command_that_makes_one(
    opensaldo: Opensaldo, command: tuple[str, ...]
):
    said = opensaldo(*command)
    assert said.code == 1
    assert "opensaldo migrate" in said.complaint


@pytest.mark.parametrize("command", [*READERS, ("client", "list"), ("migrate",)])
def test_a_database_of_a_newer_version_is_left_alone_in_one_line(
    migrated: None, opensaldo: Opensaldo, tmp_path: Path, command: tuple[str, ...]
):
    with closing(sqlite3.connect(tmp_path / "data" / "opensaldo.db")) as database, database:
        database.execute("UPDATE opensaldo_revision SET version_num = '9999'")
    said = opensaldo(*command)
    assert said.code == 1
    assert "A newer OpenSaldo made this database (revision 9999)" in said.complaint


@pytest.mark.parametrize("command", [*READERS, ("client", "list")])
def test_a_file_that_is_no_database_is_one_line(
    opensaldo: Opensaldo, tmp_path: Path, command: tuple[str, ...]
):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "opensaldo.db").write_bytes(bytes(range(256)) * 40)
    said = opensaldo(*command)
    assert said.code == 1
    assert "file is not a database" in said.complaint


# --- ports ---------------------------------------------------------------------------------------
@pytest.fixture
def taken() -> Iterator[int]:
    """A port of loopback that somebody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.mark.enable_socket
def test_a_port_in_use_is_one_line_that_names_it(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch, taken: int
):
    monkeypatch.setattr(serving, "serve_metrics", lambda _host, _port: 0)
    monkeypatch.setenv("OPENSALDO_PORT", str(taken))
    said = opensaldo("serve")
    assert said.code == 1
    assert f"127.0.0.1:{taken}" in said.complaint
    assert "choose another port" in said.complaint


@pytest.mark.enable_socket
def test_a_host_that_is_not_this_machines_is_said_to_be_it(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(serving, "serve_metrics", lambda _host, _port: 0)
    monkeypatch.setenv("OPENSALDO_HOST", "192.0.2.1")
    said = opensaldo("serve")
    assert said.code == 1
    assert "OPENSALDO_HOST" in said.complaint
    assert "port" not in said.complaint


@pytest.mark.enable_socket
def test_a_metrics_port_in_use_is_one_line_that_names_it(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch, taken: int
):
    monkeypatch.setenv("OPENSALDO_METRICS_PORT", str(taken))
    monkeypatch.setenv("OPENSALDO_PORT", "0")
    said = opensaldo("serve")
    assert said.code == 1
    assert str(taken) in said.complaint


@pytest.mark.enable_socket
@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_a_host_that_is_not_ours_is_one_line(
    opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch, host: str
):
    monkeypatch.setattr(serving, "serve_metrics", lambda _host, _port: 0)
    monkeypatch.setenv("OPENSALDO_HOST", host)
    monkeypatch.setenv("OPENSALDO_PORT", "0")
    said = opensaldo("serve")
    assert said.code == 1
    assert host in said.complaint
