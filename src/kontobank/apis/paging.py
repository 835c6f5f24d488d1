"""Pages of a list: opaque ids that the bank gives out and takes back for the same list only."""

import binascii
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from kontobank import seeds
from kontobank.access.nouns import AccessRefused
from kontobank.faults import SLOW_PAGE_ROWS_MAX, Fault
from kontobank.people.owners import ALIVE_PREFIX
from kontobank.signing import b64url, from_b64url

ID_CHARACTERS_MAX = 512
LIVING_PAGE_ROWS_MIN = 15


@dataclass(frozen=True)
class Page:
    """Where a page begins, the instant the list was begun at, and which try at this place it is."""

    offset: int
    at: datetime
    turn: int = 0

    @property
    def day(self) -> date:
        """The day the list was begun on."""
        return self.at.date()


@dataclass(frozen=True)
class Cut:
    """Which of a list's rows a page shows, and where the list goes on; None after its last page."""

    start: int
    end: int
    following: int | None
    turn: int = 0


def rows_per_page(seed: int, login: str, most: int) -> int:
    """How many rows a page of this person's lists has; a living login's bank breaks its own way."""
    if login == "test-slow":
        return SLOW_PAGE_ROWS_MAX
    if login.startswith(ALIVE_PREFIX):
        return seeds.rng(seed, login, "rows per page").randint(LIVING_PAGE_ROWS_MIN, most)
    return most


def read_page(text: Any, key: str, now: datetime) -> Page:
    """The page of an id the bank gave out for the same list, else 400; the first without one."""
    if text is None:
        return Page(0, now)
    try:
        if len(text) > ID_CHARACTERS_MAX:
            raise ValueError("too long")
        offset, at, turn, mark = from_b64url(text).decode().split("|")
        page = Page(int(offset), datetime.fromisoformat(at).astimezone(UTC), int(turn))
    except (ValueError, TypeError, AttributeError, binascii.Error) as cause:
        raise AccessRefused(400, "PAGE_ID_INVALID", "pageId is not one of this bank's") from cause
    if mark != seeds.identifier(key, offset, at, turn):
        raise AccessRefused(400, "PAGE_ID_INVALID", "pageId belongs to another list")
    return page


def write_page(page: Page, key: str) -> str:
    """The opaque id of a page."""
    offset, at, turn = str(page.offset), page.at.isoformat(), str(page.turn)
    mark = seeds.identifier(key, offset, at, turn)
    return b64url(f"{offset}|{at}|{turn}|{mark}".encode())


def cut(count: int, page: Page, size: int, fault: Fault | None = None) -> Cut:
    """The page's rows of a list of `count`, and what follows, as the fault has it."""
    start, end = page.offset, page.offset + size
    kind, before = fault.kind if fault else "", max(0, start - size)
    if kind == "empty_page" and not page.turn:
        return Cut(start, start, start, page.turn + 1)
    if kind == "loop_pages":
        return Cut(start, end, start, page.turn)
    shown = {
        "repeated_page": (before, end, end),
        "stale_page": (before, start or end, end),
        "missing_page": (end, end + size, end + size),
        "row_inserted": (max(0, start - 1), end, end),
        "row_removed": (start + bool(start), end, end),
    }.get(kind, (start, end, end))
    goes_on = shown[2] < count and kind != "no_next_page"
    return Cut(shown[0], shown[1], shown[2] if goes_on else None)
