"""`opensaldo demo`: starts the mock bank first, so that both programs load side by side."""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

from opensaldo.cli.kontobank import mock_bank
from opensaldo.interrupts import interrupts_kept


def demo(options: argparse.Namespace) -> int:
    """Run the main job once; then serve until Ctrl-C unless `--once`."""
    started_s = perf_counter()
    folder: Path = options.data_dir.absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with mock_bank(folder / "kontobank") as bank:
        with interrupts_kept():
            from opensaldo.cli.tour import tour

        return tour(options, folder, bank, started_s)
