"""What each country lends to its people: words, names, places, habits; read from data/<cc>.toml."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

COUNTRIES = ("pl", "cz", "es", "pt", "ro", "lt", "lv", "ee")


@dataclass(frozen=True)
class Habit:
    """One reason why money moves: how often, how much, and in which words."""

    key: str
    kind: str
    title: str
    party: str
    is_credit: bool
    minor_min: int
    minor_max: int
    times_min: int
    times_max: int
    day: int
    mcc: str


@dataclass(frozen=True)
class Country:
    """The words of one country's bank; addresses are (street, town) pairs."""

    code: str
    currency: str
    bic: str
    bank_address: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    streets: tuple[str, ...]
    towns: tuple[str, ...]
    company: str
    account_names: dict[str, str]
    kinds: dict[str, str]
    habits: tuple[Habit, ...]


@lru_cache(maxsize=len(COUNTRIES))
def country(code: str) -> Country:
    """The country of this code; KeyError for a country the bank is not in."""
    if code not in COUNTRIES:
        raise KeyError(code)
    text = resources.files("kontobank.people").joinpath("data", f"{code}.toml").read_text("utf-8")
    table = tomllib.loads(text)
    kinds: dict[str, str] = table["kinds"]
    return Country(
        code=code,
        currency=table["currency"],
        bic=table["bic"],
        bank_address=tuple(table["bank_address"]),
        given=tuple(table["given"]),
        family=tuple(table["family"]),
        streets=tuple(table["streets"]),
        towns=tuple(table["towns"]),
        company=table["company"],
        account_names=table["account_names"],
        kinds=kinds,
        habits=tuple(_habit(row, kinds) for row in table["habits"]),
    )


def _habit(row: list[str | int], kinds: dict[str, str]) -> Habit:
    key, kind, title, party, low, high, times_min, times_max, day, mcc = row
    low, high = int(low), int(high)
    return Habit(
        key=str(key),
        kind=kinds[str(kind)],
        title=str(title),
        party=str(party),
        is_credit=low > 0,
        minor_min=min(abs(low), abs(high)) * 100,
        minor_max=max(abs(low), abs(high)) * 100,
        times_min=int(times_min),
        times_max=int(times_max),
        day=int(day),
        mcc=str(mcc),
    )
