"""Stories as data: who is in them and what happens on which day; read from data/<name>.toml."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

NAMES = ("loan-applicant", "landlord-and-tenant", "bank-with-a-bad-month")


@dataclass(frozen=True)
class Person:
    """Somebody the story is about."""

    login: str
    role: str


@dataclass(frozen=True)
class Day:
    """What the bank does on one day of the story, counted from its start."""

    day: int
    title: str
    text: str
    faults: tuple[dict[str, Any], ...] = ()
    outage: str = ""
    withdraws: str = ""


@dataclass(frozen=True)
class Story:
    """One story in one country."""

    name: str
    title: str
    lead: str
    country: str
    people: tuple[Person, ...]
    days: tuple[Day, ...]


@dataclass(frozen=True)
class Explained:
    """What a login of the bank is for, and how an import of it ends."""

    logins: tuple[str, ...]
    does: str
    ends: str


def story_of(name: str) -> Story:
    """The story of this name; KeyError when there is none."""
    if name not in NAMES:
        raise KeyError(name)
    table = _table(name)
    return Story(
        name=name,
        title=table["title"],
        lead=table["lead"],
        country=table["country"],
        people=tuple(Person(**one) for one in table["people"]),
        days=tuple(Day(**{**one, "faults": tuple(one.get("faults", ()))}) for one in table["days"]),
    )


def explained() -> tuple[Explained, ...]:
    """Every login with a meaning of its own, in the order of data/logins.toml."""
    return tuple(
        Explained(tuple(one["logins"]), one["does"], one["ends"]) for one in _table("logins")["row"]
    )


def _table(name: str) -> dict[str, Any]:
    data = resources.files("kontobank.story").joinpath("data", f"{name}.toml")
    return tomllib.loads(data.read_text("utf-8"))
