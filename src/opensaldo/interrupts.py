"""Ctrl-C while modules load: heard, but not in the middle of them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Ctrl-C in the block ends the program right after it.

    Raised inside a weak reference's callback, of which each import has one, a KeyboardInterrupt
    would be printed and forgotten.

    Raises:
        KeyboardInterrupt: it was pressed.
    """
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        raise KeyboardInterrupt
