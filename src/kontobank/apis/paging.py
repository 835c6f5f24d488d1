"""Pages of a list: opaque ids that the bank gives out and takes back for the same list only."""

import binascii
from dataclasses import dataclass
from datetime import date
from typing import Any

from kontobank import seeds
from kontobank.access.nouns import AccessRefused
from kontobank.signing import b64url, from_b64url

ID_CHARACTERS_MAX = 512


@dataclass(frozen=True)
class Page:
    """Where a page begins and which day the list was begun on."""

    offset: int
    day: date


def read_page(text: Any, key: str, today: date) -> Page:
    """The page of an id the bank gave out for the same list, else 400; the first without one."""
    if text is None:
        return Page(0, today)
    try:
        if len(text) > ID_CHARACTERS_MAX:
            raise ValueError("too long")
        offset, day, mark = from_b64url(text).decode().split("|")
        page = Page(int(offset), date.fromisoformat(day))
    except (ValueError, TypeError, AttributeError, binascii.Error) as cause:
        raise AccessRefused(400, "PAGE_ID_INVALID", "pageId is not one of this bank's") from cause
    if mark != seeds.identifier(key, offset, day):
        raise AccessRefused(400, "PAGE_ID_INVALID", "pageId belongs to another list")
    return page


def write_page(page: Page, key: str) -> str:
    """The opaque id of a page."""
    offset, day = str(page.offset), page.day.isoformat()
    return b64url(f"{offset}|{day}|{seeds.identifier(key, offset, day)}".encode())
