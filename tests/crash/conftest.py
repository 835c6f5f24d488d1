"""A bank for crash tests: it survives, whatever is killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.bank import Bank, running_bank


@pytest.fixture(scope="session")
def crash_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """A KontoBank that all guards' tests share."""
    with running_bank(tmp_path_factory.mktemp("kontobank")) as bank:
        yield bank
