"""Which rows a list call shows: status, days, pages."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from kontobank import seeds
from kontobank.access.consents import AccountConsent
from kontobank.access.nouns import AccessRefused
from kontobank.apis.berlin_group.call import Call
from kontobank.apis.paging import Page, read_page, write_page
from kontobank.apis.parts import Parts
from kontobank.world import Transaction

PER_PAGE_MAX = 100
STATUSES = ("booked", "pending", "both", "information", "all")
CARD_STATUSES = STATUSES[:3]
BOOKED = ("booked", "both", "all")
PENDING = ("pending", "both", "all")
INFORMATION = ("information", "all")
PAGE_PARAMETER = "page"
ABSOLUTE_LINKS_LOGIN = "quirk-absolute-links"
ROWS_OF = {"pending": ("pending", "hold"), "information": ("scheduled",)}


@dataclass(frozen=True)
class Period:
    """The days and statuses a list call asks for."""

    status: str
    first: date
    last: date


def read_period(
    call: Call, today: date, statuses: tuple[str, ...], *, is_booked_only: bool
) -> Period:
    """What the query asks for, else AccessRefused 400."""
    status = call.query.get("bookingStatus")
    if status not in STATUSES:
        raise AccessRefused(400, "FORMAT_ERROR", "bookingStatus is required")
    if status not in statuses or (is_booked_only and status != "booked"):
        raise AccessRefused(400, "PARAMETER_NOT_SUPPORTED", f"bookingStatus {status}")
    for name in ("deltaList", "entryReferenceFrom"):
        if name in call.query:
            raise AccessRefused(400, "PARAMETER_NOT_SUPPORTED", f"{name} is not offered")
    first, last = _day(call, "dateFrom"), _day(call, "dateTo") or today
    if first is None:
        if status != "information":
            raise AccessRefused(400, "FORMAT_ERROR", "dateFrom is required")
        first = today
    if first > last:
        raise AccessRefused(400, "PARAMETER_NOT_CONSISTENT", "dateFrom is after dateTo")
    if "last-day-left-out" in call.packs and "dateTo" in call.query:
        last -= timedelta(days=1)
    return Period(status, first, min(last, today))


def check_period(consent: AccountConsent, call: Call, first: date, parts: Parts) -> None:
    """The days may be read now, else AccessRefused 400 PERIOD_INVALID.

    RTS art. 10a: the whole history for some minutes after SCA, then the last days only; where the
    mask asks for it, the whole history needs a second SCA.
    """
    mask = call.mask
    opened_at = consent.extra_sca_at if mask.history_extra_sca else consent.sca_at
    if consent.extra_sca_at is not None:
        opened_at = consent.extra_sca_at
    window = timedelta(minutes=mask.history_window_minutes)
    is_open = opened_at is not None and parts.clock.now() - opened_at <= window
    is_open = is_open and "history-capped" not in call.packs
    days = mask.history_days_initial if is_open else mask.history_days_later
    if first < parts.clock.today() - timedelta(days=days):
        raise AccessRefused(400, "PERIOD_INVALID", f"not older than {days} days")


def read_place(parts: Parts, call: Call, period: Period) -> tuple[Page, str]:
    """The page asked for and the key of its list."""
    key = seeds.identifier(
        parts.seed,
        "xs2a-page",
        call.consent.id if call.consent else "",
        call.endpoint,
        call.path.get("account", ""),
        period.status,
        period.first.isoformat(),
        call.query.get("dateTo", ""),
    )
    try:
        return read_page(call.page, key, parts.clock.now()), key
    except AccessRefused as refusal:
        raise AccessRefused(400, "FORMAT_ERROR", refusal.message) from refusal


def next_link(call: Call, page: Page, key: str) -> dict[str, str]:
    """The way to the next page: the same query with the page's id."""
    members = [(name, value) for name, value in call.query.multi_items() if name != PAGE_PARAMETER]
    members.append((PAGE_PARAMETER, write_page(page, key)))
    area = "card-accounts" if call.endpoint == "getCardTransactions" else "accounts"
    address = call.link(area, call.path["account"], "transactions")["href"]
    origin = call.base_url if call.login == ABSOLUTE_LINKS_LOGIN else ""
    return {"href": f"{origin}{address}?{urlencode(members)}"}


def unbooked(rows: tuple[Transaction, ...], kind: str) -> list[Transaction]:
    """The rows on their way (pending) or to come (information), newest first."""
    return [row for row in rows if row.status in ROWS_OF[kind]][::-1]


def _day(call: Call, name: str) -> date | None:
    text = call.query.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise AccessRefused(400, "FORMAT_ERROR", f"{name}: YYYY-MM-DD") from cause
