import pytest

from tests.unit.kontobank.czech import CzechTpp


@pytest.fixture
def bank(app) -> CzechTpp:
    return CzechTpp(app)
