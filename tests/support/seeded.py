"""What a seed makes of some days: who lives where, how the bank fails, who does what when; pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.support.virtual import START

SLOT = timedelta(days=14)  # the time of one seed; a world plays several, one after another
SEEDS_A_WORLD = 40
PLANLESS_RATIO = 0.15
MULTIPLE = {"KontoBankApi": "pl", "KontoBankApi_cz": "cz"}
SINGLE = {
    "KontoBankApi_es": "es",
    "KontoBankApi_lt": "lt",
    "KontoBankApi_pt": "pt",
    "KontoBankApi_ro": "ro",
}
PACKS = (
    "ids-blank",
    "ids-missing",
    "ids-of-the-day",
    "ids-per-account",
    "ids-reissued",
    "ids-reused",
    "first-page-empty",
    "pages-overlap",
    "list-moves-on",
    "breaks-in-text",
    "nulls",
)
LATER_ACTS = {"import": 60, "five": 10, "again": 10, "withdraw": 10, "revoke": 10}


@dataclass(frozen=True, slots=True)
class Doing:
    """So many minutes after the one before it, somebody does this.

    import: a reuse with an import where there is a reusable access, else a sign-in with one; again:
    a sign-in with an import; five: five imports within two hours; withdraw: the person at the bank;
    revoke: the client.
    """

    after: timedelta
    what: str


@dataclass(frozen=True, slots=True)
class Seeded:
    """All that a seed decides."""

    seed: int
    start: datetime
    login: str
    country: str
    target: str
    is_multiple: bool
    history: timedelta
    fault_seed: int | None
    packs: tuple[str, ...]
    doings: tuple[Doing, ...]


def seeded(seed: int, *, quirks: bool = False) -> Seeded:
    """The seed's story; the same seed gives the same one for ever."""
    draw = random.Random(f"seed sweep {seed}")
    is_multiple = draw.random() < 0.7
    targets = MULTIPLE if is_multiple else SINGLE
    target = draw.choice(sorted(targets))
    accounts, rows = draw.choice((1, 1, 1, 2, 3)), draw.randint(5, 40)
    story = Seeded(
        seed=seed,
        start=START + (seed % SEEDS_A_WORLD) * SLOT,
        login=f"alive-{accounts}x{rows}-seed{seed}",
        country=targets[target],
        target=target,
        is_multiple=is_multiple,
        history=timedelta(days=draw.randint(20, 70)),
        fault_seed=None if draw.random() < PLANLESS_RATIO else seed,
        packs=(),
        doings=_doings(draw),
    )
    if not quirks:
        return story
    packs = tuple(sorted(draw.sample(PACKS, draw.randint(1, 2))))
    return Seeded(**{name: getattr(story, name) for name in story.__slots__} | {"packs": packs})


def _doings(draw: random.Random) -> tuple[Doing, ...]:
    """A sign-in, then three to six more things within some days."""
    names = draw.choices(list(LATER_ACTS), list(LATER_ACTS.values()), k=draw.randint(3, 6))
    hours = draw.choice((6, 14, 30))
    later = [Doing(timedelta(minutes=draw.randint(1, hours * 60)), name) for name in names]
    return (Doing(timedelta(minutes=draw.randint(0, 600)), "again"), *later)
