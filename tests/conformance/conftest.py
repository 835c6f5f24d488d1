"""A mock bank and a seal for each file that names no others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from tests.support.bank import Bank, running_bank


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with running_bank(tmp_path_factory.mktemp("bank")) as started:
        yield started


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return Seal.open(tmp_path_factory.mktemp("seal"), clock=system_clock)
