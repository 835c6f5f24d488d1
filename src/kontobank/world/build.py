"""The pure functions (seed, country, login, instant or day) -> World."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from kontobank import seeds
from kontobank.people.countries import Country, country
from kontobank.people.numbers import account_iban
from kontobank.people.owners import (
    ALIVE_PREFIX,
    BENCH_PREFIX,
    DEFAULT_SHAPE,
    WALLET_LOGINS,
    canonical,
    owners,
    shape,
)
from kontobank.world import alive, bench, cycle, everyday, other_books, unbooked, wallet
from kontobank.world.manners import USUAL, Manner
from kontobank.world.nouns import HISTORY_STARTS_ON, Account, Card, MonthBook, World

BookMaker = Callable[[int, Country, str, int], MonthBook]

WORLDS_CACHED = 1_000
BOOKS_CACHED = 500
LIVING_CACHED = 64
CARD_ISSUER = "999900"  # no issuer has it
LOGINS_WITH_DEBIT_CARD = ("test3", "test4")
CARD_LIMIT = {"PLN": "5000.00", "CZK": "30000.00", "RON": "5000.00", "EUR": "1500.00"}

# what each shape of login has: (account type, the function that writes its book)
SHAPES: dict[str, tuple[tuple[str, BookMaker], ...]] = {
    "test1": (("CURRENT", everyday.book),),
    "test2": (("CURRENT", everyday.book),),
    "test3": (
        ("CURRENT", everyday.book),
        ("SAVINGS", other_books.savings_book),
        ("CARD", other_books.card_book),
        ("DEPOSIT", other_books.deposit_book),
    ),
    "test4": (("BUSINESS", everyday.book),),
}


def world_at(seed: int, code: str, login: str, now: datetime, manner: Manner = USUAL) -> World:
    """Everything the login sees at the instant; KeyError for a country the bank is not in.

    The manner matters to living logins only.
    """
    if login.startswith(ALIVE_PREFIX):
        return living_world(seed, code, login, now, manner)
    return world_of(seed, code, login, now.date())


@lru_cache(maxsize=LIVING_CACHED)
def living_world(seed: int, code: str, login: str, now: datetime, manner: Manner = USUAL) -> World:
    """The accounts of a living login as they are at the instant."""
    place = country(code)
    accounts = tuple(
        _living_account(seed, place, login, index, now, manner)
        for index in range(alive.size(login)[0])
    )
    return World(code, login, now.date(), accounts)


@lru_cache(maxsize=WORLDS_CACHED)
def world_of(seed: int, code: str, login: str, day: date) -> World:
    """Everything a login that stands still sees on the day; a living one's at the day's end."""
    if login.startswith(ALIVE_PREFIX):
        return living_world(seed, code, login, datetime.combine(day, time.max, UTC))
    place = country(code)
    login = canonical(login)
    kinds = SHAPES[shape(login)]
    if login.startswith(BENCH_PREFIX):
        kinds = (("CURRENT", bench.book),) * bench.size(login)[0]
    accounts = tuple(
        _account(seed, place, login, index, kind, day) for index, (kind, _) in enumerate(kinds)
    )
    return World(code, login, day, accounts, _cards(seed, place, login, accounts))


def _cards(
    seed: int, place: Country, login: str, accounts: tuple[Account, ...]
) -> tuple[Card, ...]:
    """A credit card for each account of that kind, a debit card for those who have one."""
    found = []
    for index, account in enumerate(accounts):
        limit = account.extra.get("limit")
        if limit is None and not (index == 0 and shape(login) in LOGINS_WITH_DEBIT_CARD):
            continue
        end = seeds.digits(seed, place.code, login, "card", index, length=4)
        found.append(
            Card(
                masked_pan=f"{CARD_ISSUER}******{end}",
                name=place.account_names["CARD"] if limit else f"Debit {index + 1}",
                holder=account.owners[0].name,
                account=account,
                limit_minor=int(limit.replace(".", "")) if limit else None,
            )
        )
    return tuple(found)


@lru_cache(maxsize=BOOKS_CACHED)
def _book(seed: int, code: str, login: str, index: int) -> MonthBook:
    if login.startswith(BENCH_PREFIX):
        return bench.book(seed, country(code), login, index)
    if _is_default(code, login):
        return cycle.book(seed, login)
    return SHAPES[shape(login)][index][1](seed, country(code), login, index)


def _is_default(code: str, login: str) -> bool:
    """True for the person of the cycle: Poland's test1 and the fault logins like it."""
    is_bench = login.startswith(BENCH_PREFIX)
    return code == "pl" and not is_bench and shape(login) == DEFAULT_SHAPE


def _account(seed: int, place: Country, login: str, index: int, kind: str, day: date) -> Account:
    people = owners(seed, place, login)
    is_bench = login.startswith(BENCH_PREFIX)
    is_quiet = is_bench or login == DEFAULT_SHAPE or _is_default(place.code, login)
    has_unbooked = not is_quiet and kind in ("CURRENT", "BUSINESS")
    oldest_on = day - timedelta(days=bench.BLOCK_DAYS - 1) if is_bench else HISTORY_STARTS_ON
    return Account(
        number=account_iban(place.code, seed, login, index),
        type_code=kind,
        type_name=place.account_names[kind],
        client_name=f"{place.account_names[kind]} {index + 1}"[:32],
        currency=place.currency,
        is_company=kind == "BUSINESS",
        owners=people,
        opened_on=HISTORY_STARTS_ON,
        day=day,
        book=_book(seed, place.code, login, index),
        opening_minor=0,
        oldest_on=oldest_on,
        unbooked=unbooked.rows(seed, place, login, index, day) if has_unbooked else (),
        extra={"limit": CARD_LIMIT[place.currency]} if kind == "CARD" else {},
        pockets=wallet.pockets(seed, place, login, index, day) if login in WALLET_LOGINS else (),
    )


def _living_account(
    seed: int, place: Country, login: str, index: int, now: datetime, manner: Manner
) -> Account:
    key, at = (seed, place.code, login, index), manner.seen_at(now)
    name = place.account_names["CURRENT"]
    return Account(
        number=account_iban(place.code, seed, login, index),
        type_code="CURRENT",
        type_name=name,
        client_name=f"{name} {index + 1}"[:32],
        currency=place.currency,
        is_company=False,
        owners=owners(seed, place, login),
        opened_on=HISTORY_STARTS_ON,
        day=at.date(),
        book=alive.book(key, at, manner),
        opening_minor=alive.opening(key),
        oldest_on=HISTORY_STARTS_ON,
        unbooked=alive.unbooked(key, at, manner),
        balance_on=at.date() - timedelta(days=1) if manner.old_balance else None,
    )
