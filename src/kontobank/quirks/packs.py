"""The packs by name, and which of them are on at a simulated bank."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import resources
from typing import Any

from kontobank.mask import Mask
from kontobank.world import CALM, USUAL, Manner

EVERYBODY = "*"
EVERYWHERE = "*"
COUNTED_MAX = 100_000


class UnknownPack(ValueError):
    """There is no pack of this name."""


@dataclass(frozen=True)
class Pack:
    """One misbehaviour: what the bank does, who met it, and the standards it is played at.

    `source` is a public thread, owner/repository#number, or a note on what banks of a standard do.
    `manner` is what it makes certain at living logins; such a pack shows over several imports.
    """

    name: str
    does: str
    source: str
    standards: tuple[str, ...]
    manner: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def is_slow(self) -> bool:
        """True for what shows only over several imports of a living login."""
        return bool(self.manner)


def _read() -> dict[str, Pack]:
    text = resources.files("kontobank.quirks").joinpath("packs.toml").read_text("utf-8")
    return {
        name: Pack(name, one["does"], one["source"], tuple(one["standards"]), one.get("manner", {}))
        for name, one in tomllib.loads(text).items()
    }


PACKS = _read()


@dataclass(frozen=True)
class Switched:
    """A pack that is on: at the bank of a country or everywhere, for a login or for everybody."""

    name: str
    country: str
    login: str
    since: datetime | None


class Packs:
    """What is switched on for whom, beside what a mask brings; and how often lists were read.

    A pack may treat the second reading of a list otherwise than the first.
    """

    def __init__(self) -> None:
        self._on: dict[tuple[str, str, str], Switched] = {}
        self._readings: Counter[tuple[str, str, str]] = Counter()

    def switch(
        self,
        login: str,
        names: Iterable[str],
        country: str = EVERYWHERE,
        since: datetime | None = None,
    ) -> None:
        """These packs, and no others, are on there for the login, or for everybody.

        Raises:
            UnknownPack: one of them is none.
        """
        wanted = sorted(set(names))
        if unknown := [name for name in wanted if name not in PACKS]:
            raise UnknownPack(f"no pack is called {unknown[0]}")
        for name in PACKS:
            self.turn_off(login, name, country)
        for name in wanted:
            self._on[country, login, name] = Switched(name, country, login, since)

    def turn_on(self, login: str, name: str, country: str, since: datetime) -> None:
        """The pack is on there too; since when it was already, if it was.

        Raises:
            UnknownPack: it is none.
        """
        if name not in PACKS:
            raise UnknownPack(f"no pack is called {name}")
        self._on.setdefault((country, login, name), Switched(name, country, login, since))

    def turn_off(self, login: str, name: str, country: str) -> None:
        """The pack is not on there, whether it was or not."""
        self._on.pop((country, login, name), None)

    @property
    def switched(self) -> tuple[Switched, ...]:
        """All that were switched on, oldest first."""
        return tuple(self._on.values())

    def on(self, mask: Mask, login: str | None, country: str) -> frozenset[str]:
        """The packs that are on for this login at the country's bank behind this mask."""
        own = (
            one.name
            for one in self._on.values()
            if one.country in (EVERYWHERE, country) and one.login in (EVERYBODY, login)
        )
        return frozenset(mask.quirks).union(own)

    def manner(self, mask: Mask, login: str, country: str) -> Manner:
        """How the bank treats this login's payments: calmly, but for what packs make certain."""
        names = sorted(self.on(mask, login, country))
        certain = [PACKS[name].manner for name in names if name in PACKS]
        if not any(certain):
            return USUAL
        return replace(CALM, **{key: value for one in certain for key, value in one.items()})

    def reading(self, login: str, account: str, endpoint: str, *, is_first_page: bool) -> int:
        """Which reading of the list this page belongs to, from 1."""
        key = (login, account, endpoint)
        if len(self._readings) >= COUNTED_MAX:
            self._readings.clear()
        self._readings[key] += is_first_page
        return max(1, self._readings[key])

    def reset(self) -> None:
        """Nothing is on, and no list was read."""
        self._on.clear()
        self._readings.clear()
