"""`opensaldo` at another time: `python -m tests.support.elsewhen serve`.

Its clock ticks as the real one, ahead by the seconds in the file that OTHER_TIME_FILE names, so a
test moves the time of a process it may kill.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from opensaldo.cli import main, serve
from opensaldo.domain.clock import system_clock

VARIABLE = "OTHER_TIME_FILE"


class OtherTime:
    """The real time and what the file adds to it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        return system_clock() + timedelta(seconds=int(self._file.read_text()))

    def advance(self, **more: float) -> int:
        """It is later, by these whole seconds, for everybody who looks at the file."""
        seconds = int(timedelta(**more).total_seconds())
        before = int(self._file.read_text()) if self._file.exists() else 0
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(before + seconds))
        fresh.replace(self._file)
        return seconds


if __name__ == "__main__":
    clock = OtherTime(Path(os.environ[VARIABLE]))
    serve.running = partial(serve.running, clock=clock)
    sys.exit(main(sys.argv[1:]))
