import pytest

from tests.unit.kontobank.xs2a import Xs2a


@pytest.fixture
def bank(app) -> Xs2a:
    return Xs2a(app)
