"""Starting the mock bank as the separate program it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opensaldo.cli.beside import Program, beside, first_line

MockBank = Program


@contextmanager
def mock_bank(data_dir: Path) -> Iterator[MockBank]:
    """KontoBank starts on a free port and runs while the block lasts; `url_of` waits for it."""
    command = [sys.executable, "-m", "kontobank", "serve", "--port", "0"]
    with beside([*command, "--data-dir", str(data_dir)]) as process:
        yield process


def url_of(process: MockBank) -> str:
    """KontoBank's address, once it listens.

    Raises:
        OSError: it did not start; its own words are on the standard error.
    """
    try:
        return str(json.loads(first_line(process))["kontobank_url"])
    except (ValueError, KeyError):
        raise OSError("KontoBank did not start.") from None
