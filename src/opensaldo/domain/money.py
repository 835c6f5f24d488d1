"""Money: an exact amount in a currency of ISO 4217."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

MINOR_UNITS_OF_CURRENCY = {"JPY": 0, "HUF": 2, "KWD": 3, "BHD": 3, "TND": 3, "ISK": 0, "KRW": 0}
MINOR_UNITS_DEFAULT = 2
AMOUNT_DIGITS_MAX = 15
_AMOUNT = re.compile(rf"[+-]?[0-9]{{1,{AMOUNT_DIGITS_MAX}}}(\.[0-9]{{1,9}})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Money:
    """A signed amount of one currency; negative is an outflow.

    Raises:
        ValueError: the currency is not three capital letters, or the amount is not finite.

    >>> Money(Decimal("-41.20"), "PLN").minor_units
    -4120
    >>> Money.from_minor_units(-4120, "PLN").amount
    Decimal('-41.20')
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError("currency: expected three capital letters (ISO 4217)")
        if not self.amount.is_finite():
            raise ValueError("amount: expected a finite number")

    @property
    def minor_units(self) -> int:
        """The amount as a whole number of the currency's smallest unit, halves to even."""
        exponent = minor_unit_digits(self.currency)
        return int(self.amount.scaleb(exponent).to_integral_value(ROUND_HALF_EVEN))

    @classmethod
    def from_minor_units(cls, minor_units: int, currency: str) -> Money:
        """The money that so many smallest units make."""
        return cls(Decimal(minor_units).scaleb(-minor_unit_digits(currency)), currency)


def minor_unit_digits(currency: str) -> int:
    """How many digits the currency writes after the point (ISO 4217); two when not listed."""
    return MINOR_UNITS_OF_CURRENCY.get(currency, MINOR_UNITS_DEFAULT)


def parse_amount(text: str) -> Decimal:
    """The exact decimal a bank wrote as text, with a point and no grouping.

    Raises:
        ValueError: anything else; exponents, grouping, infinities and blanks included.

    >>> parse_amount("35")
    Decimal('35')
    >>> parse_amount("1,5")
    Traceback (most recent call last):
    ValueError: amount: expected digits with a decimal point
    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError("amount: expected digits with a decimal point")
    return Decimal(text)
