"""Starting the mock bank as the separate program it is."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

READY_WITHIN_S = 20
STOP_WITHIN_S = 5


@asynccontextmanager
async def mock_bank(data_dir: Path) -> AsyncIterator[str]:
    """KontoBank runs on a free port while the block lasts; yields its address.

    Raises:
        OSError: it did not start.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kontobank", "serve", "--port", "0"),
        *("--data-dir", str(data_dir)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield await _address_of(process)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            process.kill()


async def _address_of(process: asyncio.subprocess.Process) -> str:
    if process.stdout is None:
        raise OSError("KontoBank's output cannot be read.")
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN_S)
        return str(json.loads(line)["kontobank_url"])
    except (TimeoutError, ValueError, KeyError):
        raise OSError("KontoBank did not start.") from None
