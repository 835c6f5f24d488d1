"""The command line as an operator has it: variables, an empty folder, and what was printed."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from opensaldo.cli import main


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line a mistake is answered with."""
        assert self.err.startswith("opensaldo: "), self.err
        assert self.err.count("\n") == 1, self.err
        assert self.out == ""
        return self.err.removeprefix("opensaldo: ").rstrip("\n")


Opensaldo = Callable[..., Said]


@pytest.fixture(autouse=True)
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable of the developer's own, an empty folder, logs as a new program has them."""
    for name in [name for name in os.environ if name.startswith("OPENSALDO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENSALDO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("OPENSALDO_KEY_DIR", str(tmp_path / "keys"))
    monkeypatch.setenv("COLUMNS", "200")
    root = logging.getLogger()
    handlers, level, kept = root.handlers[:], root.level, structlog.get_config()
    structlog.reset_defaults()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**kept)


@pytest.fixture
def migrated(operator: None, tmp_path: Path, migrated_sqlite: Path) -> None:
    """The folder already has a database, for tests that are not about the first command."""
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.copy(migrated_sqlite, tmp_path / "data" / "opensaldo.db")


@pytest.fixture
def opensaldo(capsys: pytest.CaptureFixture[str]) -> Opensaldo:
    """Runs one command line; whatever happens, no traceback is shown."""

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Said(code, printed.out, printed.err)

    return run


@pytest.fixture
def acme(migrated: None, opensaldo: Opensaldo) -> Opensaldo:
    """The command line where one client exists, `acme-test`."""
    made = opensaldo("client", "create", "acme-test", "--legal-name", "Acme Próba")
    assert made.code == 0, made.err
    return opensaldo
