"""Tables: what stands in them can be copied, on a narrow terminal and where there is none."""

from __future__ import annotations

import pytest
from rich.table import Table

from opensaldo.cli.tables import print_table

HASH = "7f" * 32


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_long_value_is_whole_in_however_few_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_terminal: bool
):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR" if is_terminal else "NO_COLOR", "1")
    table = Table("id", "version", box=None, show_header=False)
    table.add_row("961081825", HASH)
    print_table(table)
    lines = capsys.readouterr().out.splitlines()
    assert "".join("".join(lines).split()).replace("961081825", "") == HASH
    assert (len(lines) == 1) is not is_terminal
