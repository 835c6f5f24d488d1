"""A bill: lines that say what was used, why it costs what it costs, and what proves it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

BILLING_ZONE = ZoneInfo("Europe/Warsaw")
NOTHING = Decimal("0.00")
MONTH = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")
PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
CURRENCY = re.compile(r"[A-Z]{3}")


class Service(StrEnum):
    """What a line is about."""

    SINGLE_SESSION = "single session"
    CONSENT_CYCLE = "consent cycle"
    CONSENT_SESSION = "consent session"
    LABELLING = "labelling"
    SCORING = "scoring"
    INCOME_CONFIRMATION = "income confirmation"
    PDF_FILE = "PDF file"
    PDF_MINIMUM = "PDF monthly minimum"
    PDF_LICENCE = "PDF on premises: licence"
    PDF_SUPPORT = "PDF on premises: support and updates"
    PDF_SET_UP = "PDF on premises: set-up"
    REPORT = "report"


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in Poland, by which everything is billed.

    >>> Month(2026, 2).has(datetime.fromisoformat("2026-02-28T22:59:59Z"))
    True
    >>> Month(2026, 2).has(datetime.fromisoformat("2026-02-28T23:00:00Z"))
    False
    """

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """The month written `YYYY-MM`.

        Raises:
            ValueError: it is not written so, or of another millennium than ours.
        """
        found = MONTH.fullmatch(text)
        if found is None:
            raise ValueError("a month is written YYYY-MM, from 2000 on")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, at: datetime) -> Month:
        """The month a moment falls into."""
        there = at.astimezone(BILLING_ZONE)
        return cls(there.year, there.month)

    def has(self, at: datetime) -> bool:
        """Whether a moment falls into it."""
        return Month.of(at) == self

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=BILLING_ZONE)

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.year:04}-{self.number:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPremises:
    """A licence to read PDF on the client's own machines: yearly from a day on, set up once."""

    since: date
    licence_yearly: str
    support_yearly: str = "0.00"
    set_up: str = "0.00"

    def __post_init__(self) -> None:
        for name in ("licence_yearly", "support_yearly", "set_up"):
            _check_price(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """A price list: net amounts as text, each for one unit; what has no price costs nothing.

    Raises:
        ValueError: a price is not an amount of at most two decimals, or the currency is no code.
    """

    name: str
    currency: str
    single_session: str = "0.00"
    consent_cycle: str = "0.00"
    consent_session: str = "0.00"
    labelling: str = "0.00"
    scoring: str = "0.00"
    income_confirmation: str = "0.00"
    report: str = "0.00"
    pdf_file: str = "0.00"
    pdf_agreed_files: int = 0
    pdf_base_fee: str = "0.00"
    on_premises: OnPremises | None = None

    def __post_init__(self) -> None:
        if self.pdf_agreed_files < 0:
            raise ValueError("pdf_agreed_files as a number of files")
        if not CURRENCY.fullmatch(self.currency):
            raise ValueError("currency as three capital letters")
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, str) and one.name not in {"name", "currency"}:
                _check_price(one.name, value)


def _check_price(name: str, text: str) -> None:
    if not PRICE.fullmatch(text):
        raise ValueError(f"{name} as an amount with a point and at most two decimals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One position: how many of a service at which price, why, and the ids that prove it.

    A line of nothing says why something that was used is not charged.
    """

    service: Service
    on: date
    quantity: int
    price: Decimal
    why: str
    evidence: tuple[str, ...]

    @property
    def amount(self) -> Decimal:
        """What it costs."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a client owes for a month, net; final once nothing of the month can change."""

    client_id: str
    month: Month
    prices: Prices
    lines: tuple[Line, ...]
    is_final: bool

    @property
    def total(self) -> Decimal:
        """The sum of all lines."""
        return sum((line.amount for line in self.lines), NOTHING)
