"""An account of several currencies: its pockets, and the one account a bank may show for all."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

from kontobank.people.countries import Country
from kontobank.people.numbers import account_iban
from kontobank.people.owners import owners
from kontobank.world import other_books
from kontobank.world.nouns import HISTORY_STARTS_ON, Account, MonthBook, Transaction

NO_CURRENCY = "XXX"  # ISO 4217
POCKETS = ("EUR", "USD")
CACHED_MONTHS = 200
POCKET = "pocket"


def pockets(seed: int, country: Country, login: str, index: int, day: date) -> tuple[Account, ...]:
    """What the account holds in foreign currencies: something is put by every month."""
    return tuple(
        Account(
            number=account_iban(country.code, seed, login, index),
            type_code="CURRENT",
            type_name=country.account_names["CURRENT"],
            client_name=f"{country.account_names['CURRENT']} {currency}"[:32],
            currency=currency,
            is_company=False,
            owners=owners(seed, country, login),
            opened_on=HISTORY_STARTS_ON,
            day=day,
            book=other_books.savings_book(seed, replace(country, currency=currency), login, place),
            opening_minor=0,
            oldest_on=HISTORY_STARTS_ON,
            extra={POCKET: currency},
        )
        for place, currency in enumerate(POCKETS, start=100)
        if currency != country.currency
    )


def apart(account: Account) -> tuple[Account, ...]:
    """Each currency of a wallet as an account of its own, the country's first."""
    own = replace(account, pockets=(), extra={**account.extra, POCKET: account.currency})
    return (own, *account.pockets)


def together(account: Account) -> Account:
    """The wallet as one account, the rows of all its currencies by day."""
    held = apart(account)
    return replace(account, currency=NO_CURRENCY, book=_merged(held), pockets=held)


def _merged(accounts: tuple[Account, ...]) -> MonthBook:
    @lru_cache(maxsize=CACHED_MONTHS)
    def month_rows(year: int, month: int) -> tuple[Transaction, ...]:
        rows = [row for account in accounts for row in account.book(year, month)]
        return tuple(sorted(rows, key=lambda row: row.booked_on or row.traded_on))

    return month_rows
