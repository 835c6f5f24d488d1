"""The packs by name, and which of them are on at a simulated bank."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any

from kontobank.mask import Mask
from kontobank.world import CALM, USUAL, Manner

EVERYBODY = "*"
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


class Packs:
    """What is switched on for each login, beside what a mask brings; and how often lists were read.

    A pack may treat the second reading of a list otherwise than the first.
    """

    def __init__(self) -> None:
        self._names: dict[str, frozenset[str]] = {}
        self._readings: Counter[tuple[str, str, str]] = Counter()

    def switch(self, login: str, names: Iterable[str]) -> None:
        """These packs, and no others, are on for the login, or for everybody.

        Raises:
            UnknownPack: one of them is none.
        """
        wanted = frozenset(names)
        if unknown := sorted(wanted - PACKS.keys()):
            raise UnknownPack(f"no pack is called {unknown[0]}")
        self._names[login] = wanted

    def on(self, mask: Mask, login: str | None) -> frozenset[str]:
        """The packs that are on for this login at the bank of this mask."""
        own = self._names.get(login or "", frozenset())
        return own | self._names.get(EVERYBODY, frozenset()) | frozenset(mask.quirks)

    def manner(self, mask: Mask, login: str) -> Manner:
        """How the bank treats this login's payments: calmly, but for what packs make certain."""
        certain = [PACKS[name].manner for name in sorted(self.on(mask, login)) if name in PACKS]
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
        self._names.clear()
        self._readings.clear()
