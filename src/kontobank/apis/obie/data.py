"""The calls that show data: accounts, balances, parties, transactions."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from kontobank import seeds
from kontobank.access.nouns import AccessRefused, Consent
from kontobank.access.scopes import earliest_on
from kontobank.apis.answered import planned, sighted
from kontobank.apis.obie import render
from kontobank.apis.obie.call import Call, Reply
from kontobank.apis.obie.intents import Intents
from kontobank.apis.obie.oauth import TRANSACTIONS
from kontobank.apis.paging import Page, cut, read_page, rows_per_page, write_page
from kontobank.apis.parts import Parts
from kontobank.world import Account, Transaction

PER_PAGE_MAX = 100
EVERY_ACCOUNT = "*"


def get_accounts(parts: Parts, intents: Intents, call: Call) -> Reply:
    """The chosen accounts."""
    consent = _consent(parts, intents, call, ("ReadAccountsBasic", "ReadAccountsDetail"))
    _count(parts, call, consent, EVERY_ACCOUNT)
    shown = [
        render.account(one, account_id(parts, consent, one.number), is_newer=call.is_newer)
        for one in _accounts(parts, call, consent)
    ]
    return Reply(200, _whole(call, {"Account": shown}))


def get_account(parts: Parts, intents: Intents, call: Call) -> Reply:
    """One account."""
    consent, account = _account(parts, intents, call, ("ReadAccountsBasic", "ReadAccountsDetail"))
    shown = render.account(account, call.names["account"], is_newer=call.is_newer)
    _count(parts, call, consent, account.number)
    return Reply(200, _whole(call, {"Account": [shown]}))


def get_balances(parts: Parts, intents: Intents, call: Call) -> Reply:
    """What one account holds."""
    consent, account = _account(parts, intents, call, ("ReadBalances",))
    _count(parts, call, consent, account.number)
    shown = render.balances(account, call.names["account"], is_newer=call.is_newer)
    return Reply(200, _whole(call, {"Balance": shown}))


def get_parties(parts: Parts, intents: Intents, call: Call) -> Reply:
    """Who holds one account."""
    consent, account = _account(parts, intents, call, ("ReadParty",))
    _count(parts, call, consent, account.number)
    return Reply(200, _whole(call, {"Party": render.parties(account)}))


def get_transactions(parts: Parts, intents: Intents, call: Call) -> Reply:
    """One page of an account's rows, newest first; those on their way come with the first."""
    permissions = ("ReadTransactionsBasic", "ReadTransactionsDetail")
    consent, account = _account(parts, intents, call, permissions)
    earliest = earliest_on(consent, TRANSACTIONS, parts.clock.now(), call.mask)
    first = max(earliest, _day(call, "fromBookingDateTime") or earliest)
    today = parts.clock.today()
    key = seeds.identifier(parts.seed, "obie", consent.id, account.number, first.isoformat())
    page = read_page(call.page, key, parts.clock.now())
    last = min(page.day, _day(call, "toBookingDateTime") or today)
    _count(parts, call, consent, account.number)
    account = parts.world(call, consent.login, page.at).named(account)
    rows = sighted(parts, call, account.number, account.rows(first, last)[::-1])
    size = rows_per_page(parts.seed, consent.login, PER_PAGE_MAX)
    found = cut(len(rows), page, size, planned(parts, call))
    shown: list[Transaction] = rows[found.start : found.end]
    if not call.page:
        shown = [*(row for row in account.unbooked if row.status in render.STATUSES), *shown]
    name = call.names["account"]
    links = {}
    if found.following is not None:
        links["Next"] = _next(call, write_page(Page(found.following, page.at, found.turn), key))
    else:
        consent.withdraws_next |= consent.login == "test-withdrawn"
    listed = [render.transaction(row, name, is_newer=call.is_newer) for row in shown]
    pages = max(1, -(-len(rows) // size))
    return Reply(200, _whole(call, {"Transaction": listed}, links, pages))


def account_id(parts: Parts, consent: Consent, number: str) -> str:
    """The name of an account under one consent; another consent has another."""
    return seeds.identifier(parts.seed, "obie-account", consent.id, number, length=32)


def _whole(
    call: Call, data: dict[str, Any], links: dict[str, str] | None = None, pages: int = 1
) -> dict[str, Any]:
    here = call.link(call.rest) + (f"?{call.query}" if str(call.query) else "")
    return {"Data": data, "Links": {"Self": here, **(links or {})}, "Meta": {"TotalPages": pages}}


def _next(call: Call, page: str) -> str:
    """The address of the page that follows: the same question with the page's id."""
    query = {name: value for name, value in call.query.items() if name != "page"}
    return f"{call.link(call.rest)}?{urlencode({**query, 'page': page})}"


def _consent(parts: Parts, intents: Intents, call: Call, permissions: tuple[str, ...]) -> Consent:
    """The valid consent of the call's token, in this bank and with one of the permissions."""
    consent = parts.registry.use(call.bearer, None).consent
    call.consent, call.client_id = consent, consent.client_id
    if consent.withdraws_next and not call.page:
        parts.registry.end(consent, "withdrawn")
        parts.registry.use(call.bearer, None)
    intent = intents.intent(consent.id, consent.client_id, call.place)
    if not set(permissions) & set(intent.permissions):
        raise AccessRefused(403, "Resource.ConsentMismatch", "the consent does not hold this")
    return consent


def _accounts(parts: Parts, call: Call, consent: Consent) -> list[Account]:
    world = parts.world(call, consent.login)
    return [one for one in world.accounts if one.number in consent.scope.accounts]


def _account(
    parts: Parts, intents: Intents, call: Call, permissions: tuple[str, ...]
) -> tuple[Consent, Account]:
    """The consent and the account of the path, else 400."""
    consent = _consent(parts, intents, call, permissions)
    for account in _accounts(parts, call, consent):
        if account_id(parts, consent, account.number) == call.names["account"]:
            call.account = account.number[-4:]
            return consent, account
    raise AccessRefused(400, "Resource.NotFound", "no such account under this consent")


def _count(parts: Parts, call: Call, consent: Consent, account: str) -> None:
    """An unattended first page is counted; one more than allowed in 24 hours is 429."""
    if not call.is_attended and not call.page:
        now = parts.clock.now()
        parts.ledger.count(consent.id, account, call.endpoint, now, call.mask.calls_per_day)


def _day(call: Call, name: str) -> date | None:
    """A filter's day; its time zone is not looked at; AccessRefused 400 when it is none."""
    text = call.query.get(name)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as cause:
        raise AccessRefused(400, "Field.InvalidDate", f"{name} is no date-time") from cause
