"""The things a bank keeps: accounts, what moved on them, and who stood on the other side."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from kontobank.people.owners import Owner

HISTORY_STARTS_ON = date(2019, 1, 1)
DONE = "done"

MonthBook = Callable[[int, int], tuple["Transaction", ...]]


@dataclass(frozen=True, slots=True)
class Party:
    """The other side of a transfer."""

    name: str
    address: tuple[str, ...] = ()
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One row; `minor` is signed and in hundredths, `balance_minor` is known once booked."""

    item_id: str
    minor: int
    currency: str
    title: str
    kind: str
    party: Party
    traded_on: date
    booked_on: date | None
    balance_minor: int | None
    status: str = DONE
    mcc: str = ""


@dataclass(frozen=True)
class Account:
    """One account on one day; `book` gives the booked rows of a month, oldest first.

    `pockets` are what the same account holds in other currencies. `balance_on` is the day whose
    evening the balance is of, where that is not now.
    """

    number: str
    type_code: str
    type_name: str
    client_name: str
    currency: str
    is_company: bool
    owners: tuple[Owner, ...]
    opened_on: date
    day: date
    book: MonthBook
    opening_minor: int
    oldest_on: date
    unbooked: tuple[Transaction, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)
    pockets: tuple["Account", ...] = ()
    balance_on: date | None = None

    def rows(self, first: date, last: date) -> list[Transaction]:
        """The booked rows of the days first..last (both included), oldest first."""
        first = max(first, self.oldest_on)
        last = min(last, self.day)
        return [
            row
            for year, month in months(first, last)
            for row in self.book(year, month)
            if row.booked_on is not None and first <= row.booked_on <= last
        ]

    @property
    def balance_minor(self) -> int:
        """The balance after the last booked row up to the account's day."""
        last_on = self.balance_on or self.day
        for year, month in reversed(list(months(self.oldest_on, last_on))):
            for row in reversed(self.book(year, month)):
                if (row.booked_on or self.day) <= last_on and row.balance_minor is not None:
                    return row.balance_minor
        return self.opening_minor

    @property
    def available_minor(self) -> int:
        """What can be spent: the balance less what is held, never below zero."""
        held = sum(row.minor for row in self.unbooked if row.status == "hold")
        return max(0, self.balance_minor + held)


@dataclass(frozen=True)
class Card:
    """A card of an account: a credit card has a limit, a debit card spends what the account has."""

    masked_pan: str
    name: str
    holder: str
    account: Account
    limit_minor: int | None = None

    def has_made(self, row: Transaction) -> bool:
        """True for a row of the account that was made with the card."""
        return bool(row.mcc) or self.limit_minor is not None


@dataclass(frozen=True)
class World:
    """What one login sees on one day."""

    country: str
    login: str
    day: date
    accounts: tuple[Account, ...]
    cards: tuple[Card, ...] = ()

    def named(self, account: Account) -> Account:
        """The same account as it is in this world."""
        return next(one for one in self.accounts if one.number == account.number)

    def account(self, number: str) -> Account | None:
        """The account with this number, or None."""
        return next((account for account in self.accounts if account.number == number), None)


def months(first: date, last: date) -> Iterator[tuple[int, int]]:
    """The (year, month) pairs that the days first..last touch, in order."""
    place, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    while place <= end and first <= last:
        yield place // 12, place % 12 + 1
        place += 1


def month_length_days(year: int, month: int) -> int:
    """How many days the month has."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
