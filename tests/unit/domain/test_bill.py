"""A price list that makes no sense is refused when it is read."""

from __future__ import annotations

from datetime import date

import pytest

from opensaldo.domain.bill import OnPremises, Prices


def test_fewer_than_no_files_cannot_be_agreed_on():
    with pytest.raises(ValueError, match="pdf_agreed_files"):
        Prices(name="list", currency="PLN", pdf_agreed_files=-1)


@pytest.mark.parametrize("price", ["cheap", "-1.50", "+1.50", "1.505", "1,50", "", "9" * 10])
def test_a_price_is_an_amount_that_can_be_paid(price: str):
    with pytest.raises(ValueError, match="report as an amount"):
        Prices(name="list", currency="PLN", report=price)
    with pytest.raises(ValueError, match="set_up as an amount"):
        OnPremises(since=date(2026, 3, 15), licence_yearly="1.00", set_up=price)


@pytest.mark.parametrize("currency", ["zloty", "pln", ""])
def test_a_currency_is_a_code(currency: str):
    with pytest.raises(ValueError, match="currency as three capital letters"):
        Prices(name="list", currency=currency)
