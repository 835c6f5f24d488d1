"""Which rows a list call shows: filters, order, pages."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from kontobank import seeds
from kontobank.access.nouns import AccessRefused
from kontobank.apis.paging import Page, cut, write_page
from kontobank.faults import Fault
from kontobank.world import Account, Transaction

PER_PAGE_MAX = 100
FILTERS = (
    "itemIdFrom",
    "transactionDateFrom",
    "transactionDateTo",
    "bookingDateFrom",
    "bookingDateTo",
    "minAmount",
    "maxAmount",
    "type",
)


@dataclass(frozen=True)
class Listing:
    """One page of rows, newest first, with the ids of its neighbours."""

    rows: list[Transaction]
    previous_page: str | None
    next_page: str | None


def listing_key(seed: int, consent_id: str, endpoint: str, body: dict[str, Any]) -> str:
    """A hash of everything that makes two requests pages of one list."""
    values = [str(body.get(name, "")) for name in ("accountNumber", *FILTERS)]
    return seeds.identifier(seed, "page", consent_id, endpoint, *values)


def per_page(body: dict[str, Any], cap: int = PER_PAGE_MAX) -> int:
    """The rows per page asked for, at most `cap`; 400 for no positive number."""
    value = body.get("perPage", cap)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise AccessRefused(400, "PER_PAGE_INVALID", "perPage is a positive number")
    return min(value, cap)


def shown(rows: list[Transaction], page: Page, size: int, key: str, fault: Fault | None) -> Listing:
    """The page of the rows (newest first) and its neighbours' ids."""
    found = cut(len(rows), page, size, fault)
    before, following = Page(max(0, page.offset - size), page.at), None
    if found.following is not None:
        following = write_page(Page(found.following, page.at, found.turn), key)
    return Listing(
        rows=rows[found.start : found.end],
        previous_page=write_page(before, key) if page.offset else None,
        next_page=following,
    )


def booked(account: Account, body: dict[str, Any], earliest: date, day: date) -> list[Transaction]:
    """The booked rows the request asks for, newest first, none before `earliest`."""
    first = max(earliest, day_of(body, "bookingDateFrom") or earliest)
    last = min(day, day_of(body, "bookingDateTo") or day)
    return filtered(account.rows(first, last)[::-1], body)


def unbooked(
    account: Account, status: str, body: dict[str, Any], earliest: date
) -> list[Transaction]:
    """The rows of one status that are on their way or failed, newest first."""
    rows = [row for row in account.unbooked if row.status == status and row.traded_on >= earliest]
    return filtered(rows[::-1], body)


def filtered(rows: list[Transaction], body: dict[str, Any]) -> list[Transaction]:
    """The rows that pass the request's other filters."""
    first, last = day_of(body, "transactionDateFrom"), day_of(body, "transactionDateTo")
    least, most = minor_of(body, "minAmount"), minor_of(body, "maxAmount")
    wanted = body.get("type")
    if wanted not in (None, "CREDIT", "DEBIT"):
        raise AccessRefused(400, "TYPE_INVALID", "type is CREDIT or DEBIT")
    if first or last:
        rows = [
            row for row in rows if (first or row.traded_on) <= row.traded_on <= (last or date.max)
        ]
    if least is not None:
        rows = [row for row in rows if abs(row.minor) >= least]
    if most is not None:
        rows = [row for row in rows if abs(row.minor) <= most]
    if wanted:
        rows = [row for row in rows if (row.minor > 0) == (wanted == "CREDIT")]
    return _from_item(rows, body.get("itemIdFrom"))


def day_of(body: dict[str, Any], key: str) -> date | None:
    """A filter's day, None when it is absent, 400 when it is none."""
    if body.get(key) is None:
        return None
    try:
        return date.fromisoformat(body[key])
    except (ValueError, TypeError) as cause:
        raise AccessRefused(400, "DATE_INVALID", f"{key}: YYYY-MM-DD") from cause


def minor_of(body: dict[str, Any], key: str) -> int | None:
    """A filter's amount in hundredths, None when it is absent, 400 when it is none."""
    if body.get(key) is None:
        return None
    try:
        return int(Decimal(body[key]) * 100)
    except (InvalidOperation, ValueError, TypeError, OverflowError) as cause:
        raise AccessRefused(400, "AMOUNT_INVALID", f"{key}: 0.00") from cause


def _from_item(rows: list[Transaction], item_id: Any) -> list[Transaction]:
    """The rows from the named one on, it and the newer ones; 422 when it is not among them."""
    if item_id is None:
        return rows
    for place, row in enumerate(rows):
        if row.item_id == item_id:
            return rows[: place + 1]
    raise AccessRefused(422, "ITEM_UNKNOWN", "itemIdFrom is not in this list")
