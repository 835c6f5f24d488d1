"""Pages of a list: opaque ids that the bank gives out and takes back for the same list only."""

import binascii
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from kontobank import seeds
from kontobank.access.nouns import AccessRefused
from kontobank.faults import SLOW_PAGE_ROWS_MAX
from kontobank.people.owners import ALIVE_PREFIX
from kontobank.signing import b64url, from_b64url

ID_CHARACTERS_MAX = 512
LIVING_PAGE_ROWS_MIN = 15


@dataclass(frozen=True)
class Page:
    """Where a page begins and the instant the list was begun at."""

    offset: int
    at: datetime

    @property
    def day(self) -> date:
        """The day the list was begun on."""
        return self.at.date()


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
        offset, at, mark = from_b64url(text).decode().split("|")
        page = Page(int(offset), datetime.fromisoformat(at).astimezone(UTC))
    except (ValueError, TypeError, AttributeError, binascii.Error) as cause:
        raise AccessRefused(400, "PAGE_ID_INVALID", "pageId is not one of this bank's") from cause
    if mark != seeds.identifier(key, offset, at):
        raise AccessRefused(400, "PAGE_ID_INVALID", "pageId belongs to another list")
    return page


def write_page(page: Page, key: str) -> str:
    """The opaque id of a page."""
    offset, at = str(page.offset), page.at.isoformat()
    return b64url(f"{offset}|{at}|{seeds.identifier(key, offset, at)}".encode())
