"""Whether the lender lends: a rule a person can follow with a pencil. Pure; money is Decimal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal
from xml.etree.ElementTree import Element

CURRENCY = "PLN"
PERIODS = 3
PERIOD_DAYS = 30
SHARE_OF_INCOME = Decimal("0.15")
OVERSPENDING_MAX = Decimal("1.10")
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Row:
    """One booked transaction; money that left is negative."""

    on: date
    amount: Decimal
    other_iban: str | None = None


@dataclass(frozen=True)
class Account:
    """One account with its rows."""

    bank: str
    iban: str
    holders: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Period:
    """What came in and went out within thirty days, both positive."""

    first: date
    last: date
    income: Decimal
    spending: Decimal


@dataclass(frozen=True)
class Reason:
    """One part of the rule, and whether it held."""

    held: bool
    text: str


@dataclass(frozen=True)
class Decision:
    """The outcome with everything it follows from."""

    approved: bool
    instalment: Decimal
    could_lend: Decimal
    reasons: tuple[Reason, ...]
    periods: tuple[Period, ...]


def decide(amount: Decimal, months: int, accounts: tuple[Account, ...], today: date) -> Decision:
    """Lend when income is steady, covers the spending, and is many times the instalment."""
    periods = tuple(periods_of(accounts, today))
    income = sum((one.income for one in periods), Decimal(0)) / PERIODS
    spending = sum((one.spending for one in periods), Decimal(0)) / PERIODS
    instalment = (amount / months).quantize(CENT, ROUND_UP)
    affordable = (income * SHARE_OF_INCOME).quantize(CENT)
    reasons = (
        Reason(
            all(one.income for one in periods),
            f"There was income in each of the last {PERIODS} periods of {PERIOD_DAYS} days.",
        ),
        Reason(
            spending <= income * OVERSPENDING_MAX,
            f"On average {money(income)} came in and {money(spending)} went out; "
            f"spending may be up to {OVERSPENDING_MAX:.0%} of income.",
        ),
        Reason(
            instalment <= affordable,
            f"The instalment of {money(instalment)} may be up to {money(affordable)}, "
            f"which is {SHARE_OF_INCOME:.0%} of income.",
        ),
    )
    approved = all(one.held for one in reasons)
    return Decision(approved, instalment, affordable * months, reasons, periods)


def periods_of(accounts: tuple[Account, ...], today: date) -> Iterator[Period]:
    """The latest periods, newest first; what moves between the person's accounts is neither."""
    own = {account.iban for account in accounts}
    rows = [row for account in accounts for row in account.rows if row.other_iban not in own]
    for number in range(PERIODS):
        last = today - timedelta(days=number * PERIOD_DAYS)
        first = last - timedelta(days=PERIOD_DAYS - 1)
        amounts = [row.amount for row in rows if first <= row.on <= last]
        income = sum((one for one in amounts if one > 0), Decimal(0))
        spending = -sum((one for one in amounts if one < 0), Decimal(0))
        yield Period(first, last, income, spending)


def accounts_in(data: Element) -> tuple[Account, ...]:
    """The accounts in our currency in a reply of data.xml; one seen at two banks counts once."""
    found: dict[str, Account] = {}
    for target in data.iter("target"):
        for account in target.iterfind("accounts/account"):
            iban = account.findtext("iban", "")
            if account.findtext("currencyName") == CURRENCY and iban not in found:
                holders = dict.fromkeys(one.findtext("name", "") for one in account.iter("owner"))
                bank = target.get("officialName", "")
                found[iban] = Account(bank, iban, tuple(holders), tuple(_booked(account)))
    return tuple(found.values())


def _booked(account: Element) -> Iterator[Row]:
    for row in account.iter("moneyTransaction"):
        on = row.findtext("bookedOn") or row.findtext("transactionOn")
        if on and row.findtext("status") == "DONE":
            amount = Decimal(row.findtext("currencyAmount", "0"))
            yield Row(date.fromisoformat(on), amount, row.findtext("partyIban"))


def number(amount: Decimal) -> str:
    """An amount as people read it: 1 234.50, never broken over two lines."""
    return f"{amount:,.2f}".replace(",", "\u202f")


def money(amount: Decimal) -> str:
    """The same with its currency."""
    return f"{number(amount)}\u00a0{CURRENCY}"
