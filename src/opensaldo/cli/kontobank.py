"""Starting the mock bank as the separate program it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STOP_WITHIN_S = 5

MockBank = subprocess.Popen[bytes]


@contextmanager
def mock_bank(data_dir: Path) -> Iterator[MockBank]:
    """KontoBank starts on a free port and runs while the block lasts; `url_of` waits for it."""
    command = [sys.executable, "-m", "kontobank", "serve", "--port", "0"]
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*command, "--data-dir", str(data_dir)], stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdout is not None:
            process.stdout.close()


def url_of(process: MockBank) -> str:
    """KontoBank's address, once it listens.

    Raises:
        OSError: it did not start; its own words are on the standard error.
    """
    line = process.stdout.readline() if process.stdout is not None else b""
    try:
        return str(json.loads(line)["kontobank_url"])
    except (ValueError, KeyError):
        raise OSError("KontoBank did not start.") from None
