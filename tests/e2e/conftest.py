"""Every test here talks to real servers on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.fixtures import (
    api,
    bank,
    clock,
    cluster,
    database,
    houses,
    leave_before_others,
    settings,
    world,
)

__all__ = ["api", "bank", "clock", "cluster", "database", "houses", "settings", "world"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets are open here."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.enable_socket)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The platform does not outlive the tests that use it."""
    leave_before_others(item, nextitem)
