"""`opensaldo demo`: starts the mock bank first, so that both programs load side by side."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from opensaldo.cli.kontobank import mock_bank


def demo(options: argparse.Namespace) -> int:
    """Run the main job once; then serve until Ctrl-C unless `--once`."""
    started_s = perf_counter()
    folder: Path = options.data_dir.absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with mock_bank(folder / "kontobank") as bank:
        with interrupts_kept():
            from opensaldo.cli.tour import tour

        return tour(options, folder, bank, started_s)


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Ctrl-C in the block ends the program, also where Python drops what its handler raised.

    Raised inside a destructor or a weak reference's callback, as happens while modules load, a
    KeyboardInterrupt is printed and forgotten.
    """
    told: list[int] = []

    def note(number: int, _frame: object) -> None:
        told.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if told:
            raise KeyboardInterrupt
