"""How well booked rows are recognised as the pending ones they were, by pack of misbehaviour.

    python -m bench.matching --rows 100000 --processes 2 [--packs NAME...] [--write | --json]

With `--packs` only theirs are simulated, and with `--write` only their rows are replaced.

KontoBank's living accounts are imported again and again in memory: the rows pass through a pack
and a standard's words, then through the platform's own conversion, sifting and recognising with
what it remembers; the bank's truth says which row is which payment. Beside it stands an importer
that believes the bank's ids. What is counted is told in docs/reference/matching.md.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path

from rich.table import Table

from bench.harness import console
from bench.judge import Judge, Tally
from bench.shown import (
    CONVERT,
    Bank,
    KnownRow,
    Listed,
    Page,
    booked_rows,
    rows_of,
    waiting_rows,
    without_numbers,
)
from kontobank.mask import PLAIN as PLAIN_BANK
from kontobank.quirks import PACKS, Packs
from kontobank.quirks.packs import EVERYBODY, EVERYWHERE
from kontobank.world.alive import Key
from kontobank.world.build import living_world
from kontobank.world.manners import Manner
from opensaldo.domain.receipt import Skip
from opensaldo.domain.transaction import COMPUTED_ID, Transaction
from opensaldo.engine.recognising import Recognised, recognised
from opensaldo.engine.sifting import sifted

PLAIN, NUMBERLESS = "none", "texts without numbers"
WATCHED = (
    PLAIN,
    NUMBERLESS,
    "ids-blank",
    "ids-missing",
    "ids-of-the-day",
    "ids-per-account",
    "ids-reissued",
    "ids-reused",
    "twins-under-one-id",
    "amounts-are-numbers",
    "amounts-without-cents",
    "amounts-without-sign",
    "breaks-in-text",
    "nulls",
    "numbers-masked",
    "text-elsewhere",
    *(name for name, pack in PACKS.items() if pack.is_slow),
)
PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "matching.md"
HEADING, NEXT_HEADING = "## Figures", "## What is counted"
MADE_WITH = "Made with"
ROWS = 100_000
HOURS_APART = 24
DAYS = 30
READ_DAYS = 7
LOGIN = "alive-1x120"
PAYMENTS_A_LOGIN = 145  # at least, in the mean
COUNTRIES = ("pl", "cz", "ro", "es")
START = datetime(2026, 1, 20, 8, tzinfo=UTC)
FINGERPRINTS_CACHED = 200_000
COLUMNS = ("precision", "recall", "ids kept", "equal apart")
TITLES = ("pack", "standard", "payments", "pairs", *COLUMNS, *(f"naive: {one}" for one in COLUMNS))

Place = tuple[str, str]  # pack, standard
Shared = dict[tuple[int, tuple[Transaction, ...], bool, datetime], Recognised]
Tallies = dict[Place, tuple[Tally, Tally]]  # the platform's, the naive importer's


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, judge, print."""
    wanted = options(arguments)
    first = wanted.seed
    seeds = range(first, first + -(-wanted.rows // PAYMENTS_A_LOGIN))
    follow = partial(followed, packs=tuple(wanted.packs), hours=wanted.hours)
    if wanted.processes == 1:
        total = _added(map(follow, seeds))
    else:
        with ProcessPoolExecutor(wanted.processes) as processes:
            total = _added(processes.map(follow, seeds, chunksize=4))
    if wanted.json:
        sys.stdout.write(json.dumps(list(_records(total)), indent=1) + "\n")
    elif wanted.write:
        write(total, f"--rows {wanted.rows} --seed {first} --hours {wanted.hours}")
    else:
        _show(total, wanted.hours)


def followed(seed: int, packs: Sequence[str], hours: int) -> Tallies:
    """One login of the seed, imported under each pack for some weeks.

    At a pack that both standards play, logins speak one and the other in turn.
    """
    code = COUNTRIES[seed // len(CONVERT) % len(COUNTRIES)]
    key = (seed, code, LOGIN, 0)
    account = living_world(seed, code, LOGIN, START).accounts[0]
    shared: Shared = {}
    follows = {}
    for name in packs:
        played = standards(name)
        place = (name, played[seed % len(played)])
        bank = Bank(key, account, place[1], name if name in PACKS else "")
        follows[place] = _Follow(bank, f"{key}", shared)
    at = START
    while at < START + timedelta(days=DAYS):
        since = (at - timedelta(days=READ_DAYS)).date()
        shown = lru_cache(partial(_shown, key, at, since))
        for (name, _), one in follows.items():
            booked, waiting = shown(_manner(name))
            if name == NUMBERLESS:
                booked, waiting = without_numbers(booked), without_numbers(waiting)
            one.imports(one.bank.pages(booked, waiting), at, since)
        at += timedelta(hours=hours)
    return {place: (one.ours.tally, one.naive.tally) for place, one in follows.items()}


class _Follow:
    """The platform and the naive importer at one account of one bank.

    What was recognised is `shared` by packs whose rows came out alike, import after import.
    """

    def __init__(self, bank: Bank, account: str, shared: Shared) -> None:
        self.bank, self._account, self._shared = bank, account, shared
        self.ours, self.naive = Judge(), Judge()
        self._past: Recognised | None = None

    def imports(self, pages: list[Page], at: datetime, since: date) -> None:
        """Both import what the bank lists at the instant; rows before `since` count for neither."""
        kept = sifted([tuple(one.row for one in page) for page in pages], since)
        rows, is_beside = kept.rows, Skip.BOOKED_BESIDES in kept.skipped
        same = (id(self._past), rows, is_beside, at)
        if same not in self._shared:
            self._shared[same] = recognised(
                _fingerprint,
                self._account,
                rows,
                self._past.memory if self._past is not None else None,
                balance=None,
                since=since,
                today=at.date(),
                is_beside=is_beside,
            )
        found = self._past = self._shared[same]
        ids = {id(row): row_id for row, row_id in zip(rows, found.ids, strict=True)}
        inside = [one for one in rows_of(pages) if one.row.day is None or one.row.day >= since]
        self.ours.see(inside, ids)
        self.naive.see(inside, {id(one.row): _believed(one) for one in inside})


def _shown(
    key: Key, at: datetime, since: date, manner: Manner
) -> tuple[list[KnownRow], list[KnownRow]]:
    return booked_rows(key, at, since, manner), waiting_rows(key, at, manner)


@lru_cache
def _manner(name: str) -> Manner:
    """How the bank treats payments under this pack alone."""
    packs = Packs()
    packs.switch(EVERYBODY, [name] if name in PACKS else [])
    return packs.manner(PLAIN_BANK, LOGIN, EVERYWHERE)


def _believed(listed: Listed) -> str:
    """The bank's id, whatever it is; rows without one are one."""
    written = listed.row.bank_id or ""
    return "" if written.startswith(COMPUTED_ID) else written


@lru_cache(FINGERPRINTS_CACHED)
def _fingerprint(*parts: str) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()


def standards(name: str) -> tuple[str, ...]:
    """The standards the pack is measured at."""
    return tuple(one for one in CONVERT if name not in PACKS or one in PACKS[name].standards)


def _added(found: Iterable[Tallies]) -> Tallies:
    total: Tallies = defaultdict(lambda: (Tally(), Tally()))
    for tallies in found:
        for place, (ours, naive) in tallies.items():
            total[place][0].add(ours)
            total[place][1].add(naive)
    return {place: total[place] for place in sorted(total, key=lambda p: (WATCHED.index(p[0]), p))}


def _records(total: Tallies) -> Iterator[dict[str, object]]:
    for (name, standard), (ours, naive) in total.items():
        yield {
            "pack": name,
            "standard": standard,
            "platform": asdict(ours) | ours.shares(),
            "naive": asdict(naive) | naive.shares(),
        }


def _lines(total: Tallies) -> Iterator[tuple[str, ...]]:
    for (name, standard), (ours, naive) in total.items():
        shares = [*ours.shares().values(), *naive.shares().values()]
        yield (name, standard, f"{ours.payments:,}", f"{ours.pairs:,}", *map(_percent, shares))


def markdown(total: Tallies) -> list[str]:
    """The table's lines for a document."""
    ruled = ["---", "---", *["---:"] * (len(TITLES) - 2)]
    return [f"| {' | '.join(cells)} |" for cells in (TITLES, ruled, *_lines(total))]


def write(total: Tallies, options: str) -> None:
    """The packs' rows on the page, and what it says of their making, are replaced by these."""
    lines = PAGE.read_text("utf-8").splitlines()
    before, after = lines[: lines.index(HEADING) + 1], lines[lines.index(NEXT_HEADING) :]
    within = lines[len(before) : len(lines) - len(after)]
    packs = {name for name, _ in total}
    titles, ruled, *rows = markdown(total)
    kept = [line for line in within if line.startswith("| ") and _pack(line) in {*WATCHED} - packs]
    table = sorted((*kept, *rows), key=lambda line: WATCHED.index(_pack(line)))
    made = _made_lines(_makings(within), packs, options)
    new = [*before, "", *made, "", titles, ruled, *table, "", *after]
    PAGE.write_text("\n".join(new) + "\n", "utf-8")


def _pack(row: str) -> str:
    return row.strip("| ").split(" | ")[0]


def _makings(lines: Iterable[str]) -> dict[str, str]:
    """The options that each pack's rows on the page were made with."""
    made: dict[str, str] = {}
    for line in lines:
        if line.startswith(MADE_WITH):
            options, _, named = line.removeprefix(MADE_WITH).strip(" `.").partition(" --packs ")
            made |= dict.fromkeys(shlex.split(named) or WATCHED, options)
    return made


def _made_lines(before: dict[str, str], packs: set[str], options: str) -> list[str]:
    """One line for all packs, then one for those that were made with other options."""
    made = before | dict.fromkeys(packs, options)
    groups: dict[str, list[str]] = defaultdict(list)
    for name in WATCHED:
        if name in made:
            groups[made[name]].append(name)
    most, *others = sorted(groups, key=lambda one: -len(groups[one]))
    named = [f"{one} --packs {shlex.join(groups[one])}" for one in others]
    return [f"{MADE_WITH} `{one}`." for one in (most, *named)]


def _show(total: Tallies, hours: int) -> None:
    table = Table(*TITLES, title=f"Pending to booked, an import every {hours} h")
    for cells in _lines(total):
        table.add_row(*cells)
    console.print(table)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.matching")
    parser.add_argument("--rows", type=int, default=ROWS, help="true payments under each pack")
    parser.add_argument("--packs", nargs="+", choices=WATCHED, default=WATCHED)
    parser.add_argument("--seed", type=int, default=1, help="of the first login")
    parser.add_argument("--hours", type=int, default=HOURS_APART, help="between imports")
    parser.add_argument("--processes", type=int, default=1)
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--write", action="store_true", help=f"the table into {PAGE.name}")
    shape.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
