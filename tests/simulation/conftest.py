"""Every test here runs bank and platform in this process, under one clock, on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.fixtures import houses

__all__ = ["houses"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets are open here."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.enable_socket)


@pytest.fixture(autouse=True)
def nobody_else(houses) -> None:
    """The one platform of this process is the test's own."""
    houses.leave()
