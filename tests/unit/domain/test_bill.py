"""A price list that makes no sense is refused when it is read."""

from __future__ import annotations

import pytest

from opensaldo.domain.bill import Prices


def test_fewer_than_no_files_cannot_be_agreed_on():
    with pytest.raises(ValueError, match="pdf_agreed_files"):
        Prices(name="list", currency="PLN", pdf_agreed_files=-1)


def test_a_price_is_an_amount():
    with pytest.raises(ValueError, match="amount"):
        Prices(name="list", currency="PLN", report="cheap")
