"""The account information service: the calls that show data."""

from typing import Any

from kontobank.access.nouns import AccessRefused, Consent
from kontobank.access.scopes import earliest_on
from kontobank.apis.answered import planned, sighted
from kontobank.apis.cut import dumps
from kontobank.apis.paging import Page, read_page, rows_per_page, write_page
from kontobank.apis.parts import Parts
from kontobank.apis.polish_api import listing
from kontobank.apis.polish_api.check import text_of
from kontobank.apis.polish_api.parts import Call
from kontobank.apis.polish_api.render import (
    account_base,
    account_info,
    transaction,
    transaction_detail,
)
from kontobank.world import Account, Transaction

STATUS_OF = {
    "getTransactionsPending": "pending",
    "getTransactionsRejected": "rejected",
    "getTransactionsCancelled": "cancelled",
    "getTransactionsScheduled": "scheduled",
    "getHolds": "hold",
}
LISTS = ("getTransactionsDone", *STATUS_OF)
IMPORT_STARTS = ("getAccounts", "getAccount", "getTransactionsDone")
ACCOUNT_CHARACTERS_MAX = 64


def get_accounts(parts: Parts, call: Call) -> bytes:
    """The chosen accounts with masked numbers."""
    consent = _consent(parts, call, "ais-accounts:getAccounts")
    _count(parts, call, consent, "*")
    world = parts.world(call, consent.login)
    wanted = call.body.get("typeOfPsuRelation", "Owner")
    accounts = [
        account_base(account, call.version)
        for account in world.accounts
        if account.number in consent.scope.accounts and wanted == "Owner"
    ]
    key = listing.listing_key(parts.seed, consent.id, call.endpoint, call.body)
    page = read_page(call.page, key, parts.clock.now())
    end = page.offset + listing.per_page(call.body)
    shown: dict[str, Any] = {"accounts": accounts[page.offset : end], "pageInfo": {}}
    if end < len(accounts):
        shown["pageInfo"]["nextPage"] = write_page(Page(end, page.at), key)
    return dumps(shown)[1:-1]


def get_account(parts: Parts, call: Call) -> bytes:
    """One account with its owner and balances."""
    consent, account = _account(parts, call)
    _count(parts, call, consent, account.number)
    is_fatal = consent.login == "test-fatal"
    return b'"account":' + dumps(
        account_info(account, call.country, call.version, is_fatal=is_fatal)
    )


def get_list(parts: Parts, call: Call) -> bytes:
    """One page of transactions or holds, newest first."""
    consent, account = _account(parts, call)
    key = listing.listing_key(parts.seed, consent.id, call.endpoint, call.body)
    page = read_page(call.page, key, parts.clock.now())
    _count(parts, call, consent, account.number)
    account = parts.world(call, consent.login, page.at).named(account)
    cap = rows_per_page(parts.seed, consent.login, listing.PER_PAGE_MAX)
    size = listing.per_page(call.body, cap)
    earliest = earliest_on(consent, f"ais:{call.endpoint}", parts.clock.now(), call.mask)
    if call.endpoint == "getTransactionsDone":
        rows = listing.booked(account, call.body, earliest, page.day)
        rows = sighted(parts, call, account.number, rows)
    else:
        rows = listing.unbooked(account, STATUS_OF[call.endpoint], call.body, earliest)
    shown = listing.shown(rows, page, size, key, planned(parts, call))
    if call.endpoint == "getTransactionsDone" and shown.next_page is None:
        consent.withdraws_next |= consent.login == "test-withdrawn"
    return _list_members(call, account, shown)


def get_transaction_detail(parts: Parts, call: Call) -> bytes:
    """One row with what only its detail shows."""
    consent, account = _account(parts, call)
    item_id = text_of(call.body, "itemId", length_max=64)
    _count(parts, call, consent, account.number)
    world_day = parts.clock.today()
    rows: list[Transaction] = [*account.rows(account.oldest_on, world_day), *account.unbooked]
    row = next((row for row in rows if row.item_id == item_id), None)
    if row is None or row.status == "hold":
        raise AccessRefused(422, "ITEM_UNKNOWN", "itemId is not in this account")
    return dumps(transaction_detail(row, account, call.country))[1:-1]


def delete_consent(parts: Parts, call: Call) -> None:
    """The consent and everything under it is over."""
    consent = parts.registry.consent(text_of(call.body, "consentId", length_max=128))
    if consent is None or consent.seal != call.seal_id:
        raise AccessRefused(403, "CONSENT_UNKNOWN", "no such consent of this party")
    call.consent = consent
    parts.registry.end(consent, "deleted")


def _list_members(call: Call, account: Account, shown: listing.Listing) -> bytes:
    rows = b",".join(transaction(row, account) for row in shown.rows)
    info: dict[str, str] = {}
    if shown.previous_page:
        info["previousPage"] = shown.previous_page
    if shown.next_page:
        info["nextPage"] = shown.next_page
    name = b"holds" if call.endpoint == "getHolds" else b"transactions"
    return b'"' + name + b'":[' + rows + b'],"pageInfo":' + dumps(info)


def _consent(parts: Parts, call: Call, privilege: str) -> Consent:
    """The consent of the call's token, for this country and with this privilege."""
    consent = parts.registry.use(call.bearer or "", call.seal_id).consent
    call.consent = consent
    if consent.withdraws_next and call.endpoint in IMPORT_STARTS and not call.page:
        parts.registry.end(consent, "withdrawn")
        parts.registry.use(call.bearer or "", call.seal_id)
    if consent.country != call.country:
        raise AccessRefused(401, "TOKEN_INVALID", "the token is of another country's bank")
    if privilege not in consent.scope.privileges:
        raise AccessRefused(403, "PRIVILEGE_MISSING", f"the consent does not hold {privilege}")
    return consent


def _account(parts: Parts, call: Call) -> tuple[Consent, Account]:
    """The consent and the named account of it, else 403."""
    number = text_of(call.body, "accountNumber", length_max=ACCOUNT_CHARACTERS_MAX)
    call.account = number[-4:]
    consent = _consent(parts, call, f"ais:{call.endpoint}")
    account = parts.world(call, consent.login).account(number)
    if account is None or number not in consent.scope.accounts:
        raise AccessRefused(403, "ACCOUNT_NOT_PERMITTED", "the consent does not hold this account")
    return consent, account


def _count(parts: Parts, call: Call, consent: Consent, account: str) -> None:
    """An unattended first page is counted; the fifth in 24 hours is 429."""
    if not call.is_attended and not call.page:
        now, most = parts.clock.now(), call.mask.calls_per_day
        parts.ledger.count(consent.id, account, call.endpoint, now, most)
