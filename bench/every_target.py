"""Every target of the test catalogue signs in and imports, played by KontoBank.

    python -m bench.every_target

Prints how many did and, for each that did not, why.
"""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path

import structlog

from bench.harness import console
from opensaldo.domain.client import Environment
from tests.support.bank import running_bank
from tests.support.platform import platform_thread, state_of

LIMITS = {"REQUESTS_PER_MINUTE": 1_000_000, "OPEN_SESSIONS": 1_000}
REASON_CHARACTERS = 300


def main() -> None:
    """Import once over each target."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    started, failed = time.perf_counter(), []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_bank(Path(folder) / "bank") as bank,
        platform_thread(Path(folder) / "platform", bank.url, **LIMITS) as running,
    ):
        api = running.api()
        targets = running.platform.catalog.targets(Environment.TEST)
        for target in targets:
            try:
                state = state_of(api.imported(target=target.name))
            except AssertionError as refused:
                state = str(refused)[:REASON_CHARACTERS]
            if state != "successful":
                failed.append((target.name, state))
    taken_s = time.perf_counter() - started
    console.print(f"{len(targets) - len(failed)} of {len(targets)} in {taken_s:.0f} s.")
    for name, state in failed:
        console.print(f"{name}: {state}", markup=False)


if __name__ == "__main__":
    main()
