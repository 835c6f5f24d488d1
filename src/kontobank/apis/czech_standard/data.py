"""The calls that show data: accounts, balances, transactions, awaiting payments."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from kontobank.access.nouns import AccessRefused, Consent
from kontobank.apis.answered import planned, sighted
from kontobank.apis.czech_standard import render
from kontobank.apis.czech_standard.call import Call, Reply
from kontobank.apis.czech_standard.check import PARAMETER_INVALID, Invalid, bearer_of, whole_of
from kontobank.apis.paging import Page, cut, rows_per_page
from kontobank.apis.parts import Parts
from kontobank.world import Account, Transaction

ROWS_PER_PAGE_MAX = 100
HISTORY_DAYS_DEFAULT = 90
VERSION_2 = "2."
EVERY_ACCOUNT = "*"
IMPORT_STARTS = ("accounts", "balance", "transactions")
SORTED_BY = "bookingDate"
TURN_PAGES = 1_000_000  # the number of a page that was empty the first time is so much higher
CHANGED_BY = {"row_inserted": 1, "row_removed": -1}
INVALID_DATE, INVALID_CURRENCY = "DT01", "AC09"

_Row = TypeVar("_Row")


def accounts(parts: Parts, call: Call) -> Reply:
    """The accounts the person chose."""
    consent = _consent(parts, call)
    _count(parts, call, consent, EVERY_ACCOUNT)
    is_fatal = consent.login == "test-fatal"
    return _listed(
        parts,
        call,
        "accounts",
        _accounts(parts, call, consent),
        lambda one: render.account_info(one, call.country, is_fatal=is_fatal),
    )


def balance(parts: Parts, call: Call) -> Reply:
    """What one account holds."""
    consent, account = _account(parts, call)
    _check_currency(call, account)
    _count(parts, call, consent, account.number)
    return Reply(200, {"balances": render.balances(account, parts.clock.now())})


def transactions(parts: Parts, call: Call) -> Reply:
    """One page of an account's rows, held and booked, newest first unless asked otherwise."""
    consent, account = _account(parts, call)
    _check_currency(call, account)
    first, last = _period(parts, call, consent)
    _count(parts, call, consent, account.number)
    rows = sighted(parts, call, account.number, _rows(account, first, last))
    if _is_oldest_first(call):
        rows.reverse()
    reply = _listed(parts, call, "transactions", rows, lambda row: render.transaction(row, account))
    if reply.body and "nextPage" not in reply.body:
        consent.withdraws_next |= consent.login == "test-withdrawn"
    return reply


def awaiting(parts: Parts, call: Call) -> Reply:
    """One page of an account's payments that wait."""
    _check_is_of_today(call)
    consent, account = _account(parts, call)
    _count(parts, call, consent, account.number)
    return _payments(parts, call, [account])


def awaiting_of_all(parts: Parts, call: Call) -> Reply:
    """One page of the payments that wait on any account."""
    _check_is_of_today(call)
    consent = _consent(parts, call)
    _count(parts, call, consent, EVERY_ACCOUNT)
    return _payments(parts, call, _accounts(parts, call, consent))


def _check_is_of_today(call: Call) -> None:
    """The bank speaks a version with payments that wait, which 2.x has not; else 404."""
    if call.mask.version.startswith(VERSION_2):
        raise AccessRefused(404, "NOT_FOUND", f"not in version {call.mask.version}")


def _payments(parts: Parts, call: Call, among: list[Account]) -> Reply:
    waiting = [
        (row, account)
        for account in among
        for row in account.unbooked
        if row.status in ("pending", "scheduled") and not _comes_in(row)
    ]
    return _listed(parts, call, "payments", waiting, lambda one: render.payment(*one))


def _listed(
    parts: Parts,
    call: Call,
    name: str,
    rows: Sequence[_Row],
    write: Callable[[_Row], dict[str, Any]],
) -> Reply:
    """One page of a list; all of it, up to the bank's most, when no size is asked for."""
    most = rows_per_page(parts.seed, call.login or "", ROWS_PER_PAGE_MAX)
    size = min(whole_of(call, "size", most), most)
    if size < 1:
        raise Invalid(PARAMETER_INVALID, "at least 1", "size")
    count = max(1, -(-len(rows) // size))
    turn, number = divmod(call.page, TURN_PAGES)
    if number >= count:
        raise Invalid("PAGE_NOT_FOUND", f"pages 0 to {count - 1}", "page")
    fault = planned(parts, call)
    kind = fault.kind if fault else ""
    found = cut(len(rows), Page(number * size, parts.clock.now(), turn), size, fault)
    shown = rows[found.start : found.end]
    body: dict[str, Any] = {
        "pageNumber": call.page,
        "pageCount": count,
        "pageSize": len(shown),
        "totalCount": len(rows) + CHANGED_BY.get(kind, 0),
        name: [write(row) for row in shown],
    }
    if kind == "no_next_page":
        del body["pageCount"]
    if found.following is not None:
        body["nextPage"] = found.following // size + found.turn * TURN_PAGES
    return Reply(200, body)


def _rows(account: Account, first: date, last: date) -> list[Transaction]:
    """What is held or comes in, then what is booked on the days, newest first."""
    on_its_way = [
        row
        for row in account.unbooked
        if (row.status == "hold" or _comes_in(row)) and first <= row.traded_on <= last
    ]
    return on_its_way + account.rows(first, last)[::-1]


def _comes_in(row: Transaction) -> bool:
    """Whether it is money that somebody else sent, which is no payment of the account's own."""
    return row.status == "pending" and row.minor > 0


def _period(parts: Parts, call: Call, consent: Consent) -> tuple[date, date]:
    """The days asked for, as far back as the person's last sign-in allows, else 400 DT01.

    RTS art. 10a: the whole history for some minutes after SCA, then the last days only.
    """
    today = parts.clock.today()
    passed = parts.clock.now() - consent.sca_at
    is_fresh = passed <= timedelta(minutes=call.mask.history_window_minutes)
    days = call.mask.history_days_initial if is_fresh else call.mask.history_days_later
    earliest = today - timedelta(days=days)
    otherwise = max(earliest, today - timedelta(days=HISTORY_DAYS_DEFAULT))
    first, last = _day(call, "fromDate") or otherwise, _day(call, "toDate") or today
    if first < earliest:
        raise _wrong_day("DATE_TO_OLD", f"not before {earliest}")
    if first > today:
        raise _wrong_day("DATE_IN_FUTURE", "not after today")
    return first, min(last, today)


def _wrong_day(kind: str, message: str) -> Invalid:
    return Invalid(INVALID_DATE, message, "fromDate", {"DATE": kind})


def _day(call: Call, name: str) -> date | None:
    """The day of a date or date-time of the query, else 400 DT01."""
    text = call.query.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as cause:
        raise Invalid(INVALID_DATE, "a date-time", name, {"DATE": "DATE_INVALID"}) from cause


def _is_oldest_first(call: Call) -> bool:
    if call.query.get("sort", SORTED_BY) != SORTED_BY:
        raise Invalid(PARAMETER_INVALID, f"{SORTED_BY} only", "sort")
    order = call.query.get("order", "DESC").upper()
    if order not in ("ASC", "DESC"):
        raise Invalid(PARAMETER_INVALID, "ASC or DESC", "order")
    return order == "ASC"


def _check_currency(call: Call, account: Account) -> None:
    if call.query.get("currency", account.currency) != account.currency:
        raise Invalid(INVALID_CURRENCY, "not a currency of the account", "currency")


def _consent(parts: Parts, call: Call) -> Consent:
    """The consent of the call's token, for this bank."""
    token = bearer_of(call)
    consent = parts.registry.use(token, call.seal).consent
    call.consent, call.client_id = consent, consent.client_id
    if consent.withdraws_next and call.endpoint in IMPORT_STARTS and not call.page:
        parts.registry.end(consent, "withdrawn")
        parts.registry.use(token, call.seal)
    if consent.country != call.country:
        raise AccessRefused(401, "TOKEN_INVALID", "the token is of another country's bank")
    return consent


def _accounts(parts: Parts, call: Call, consent: Consent) -> list[Account]:
    world = parts.world(call, consent.login)
    return [one for one in world.accounts if one.number in consent.scope.accounts]


def _account(parts: Parts, call: Call) -> tuple[Consent, Account]:
    """The consent and the account of the path, else 404."""
    consent = _consent(parts, call)
    for account in _accounts(parts, call, consent):
        if render.account_id(account) == call.path["account"]:
            call.account = account.number[-4:]
            return consent, account
    raise AccessRefused(404, "ID_NOT_FOUND", "no such account")


def _count(parts: Parts, call: Call, consent: Consent, account: str) -> None:
    """An unattended first page is counted; one more than the bank allows a day is 429."""
    if not call.is_attended and not call.page:
        now, most = parts.clock.now(), call.mask.calls_per_day
        parts.ledger.count(consent.id, account, call.endpoint, now, most)
