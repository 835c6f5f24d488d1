"""One bank per test, one key per session, time stands still."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kontobank.app import create_app
from kontobank.clock import Clock
from tests.unit.kontobank.tpp import Tpp

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def bank_dir(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("kontobank")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(bank_dir, clock):
    return create_app(seed=1, data_dir=bank_dir, clock=clock)


@pytest.fixture
def tpp(app) -> Tpp:
    return Tpp(app)
