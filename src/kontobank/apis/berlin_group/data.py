"""The calls that show data: accounts, cards, balances, transactions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from kontobank import seeds
from kontobank.access.consents import AccountConsent
from kontobank.access.nouns import AccessRefused
from kontobank.apis.answered import planned, sighted
from kontobank.apis.berlin_group import listing, render, tokens
from kontobank.apis.berlin_group.call import Call, Reply
from kontobank.apis.paging import Page, cut, rows_per_page
from kontobank.apis.parts import Parts
from kontobank.people.owners import BOOKED_ONLY_LOGIN, SUB_ACCOUNTS_LOGIN
from kontobank.quirks import another_name
from kontobank.world import Account, Card, Transaction, wallet

EVERY_ACCOUNT = "*"
CARD_TYPE = "CARD"
IMPORT_STARTS = ("getAccounts", "getCardAccounts")
LISTS = ("getTransactions", "getCardTransactions")


def get_accounts(parts: Parts, call: Call) -> Reply:
    """The consented accounts, with balances where asked for and granted."""
    consent = _consent(parts, call)
    _count(parts, call, consent, EVERY_ACCOUNT)
    shown = [_account_shown(parts, call, consent, one) for one in _accounts(parts, call, consent)]
    return Reply(200, {"accounts": shown})


def get_account(parts: Parts, call: Call) -> Reply:
    """One account."""
    consent, account = _account(parts, call, "accounts")
    _count(parts, call, consent, _key(account))
    return Reply(200, {"account": _account_shown(parts, call, consent, account)})


def get_balances(parts: Parts, call: Call) -> Reply:
    """What one account holds."""
    consent, account = _account(parts, call, "balances")
    _count(parts, call, consent, _key(account))
    body = {"account": render.reference(account), "balances": render.balances(account)}
    return Reply(200, body)


def get_transactions(parts: Parts, call: Call) -> Reply:
    """One page of an account's rows, newest first; rows on their way come with the first page."""
    consent, account = _account(parts, call, "transactions")
    report = _report(
        parts,
        call,
        consent,
        account,
        _key(account),
        lambda _row: True,
        lambda row: _linked(call, render.transaction(row, account), row),
    )
    report["_links"] = {"account": call.link("accounts", call.path["account"]), **report["_links"]}
    body: dict[str, Any] = {"account": render.reference(account), "transactions": report}
    if call.query.get("withBalance") == "true" and account.number in consent.granted("balances"):
        body["balances"] = render.balances(account)
    return Reply(200, body)


def get_transaction(parts: Parts, call: Call) -> Reply:
    """One row of an account."""
    consent, account = _account(parts, call, "transactions")
    _count(parts, call, consent, _key(account))
    rows = [*account.rows(account.oldest_on, parts.clock.today()), *account.unbooked]
    row = next((row for row in rows if row.item_id == call.path["transaction"]), None)
    if row is None:
        raise AccessRefused(404, "RESOURCE_UNKNOWN", "no such transaction")
    details = {"transactionDetails": render.transaction(row, account)}
    return Reply(200, {"transactionsDetails": details})


def get_card_accounts(parts: Parts, call: Call) -> Reply:
    """The consented cards."""
    consent = _consent(parts, call)
    _count(parts, call, consent, EVERY_ACCOUNT)
    cards = [_card_shown(parts, call, consent, card) for card in _cards(parts, call, consent)]
    return Reply(200, {"cardAccounts": cards})


def get_card_account(parts: Parts, call: Call) -> Reply:
    """One card."""
    consent, card = _card(parts, call, "accounts")
    _count(parts, call, consent, card.masked_pan)
    return Reply(200, {"cardAccount": _card_shown(parts, call, consent, card)})


def get_card_balances(parts: Parts, call: Call) -> Reply:
    """What one card owes and what is left of its limit."""
    consent, card = _card(parts, call, "balances")
    _count(parts, call, consent, card.masked_pan)
    body = {"cardAccount": _card_reference(card), "debitAccounting": False}
    return Reply(200, {**body, "balances": render.card_balances(card)})


def get_card_transactions(parts: Parts, call: Call) -> Reply:
    """One page of a card's rows, newest first."""
    consent, card = _card(parts, call, "transactions")
    report = _report(
        parts,
        call,
        consent,
        card.account,
        card.masked_pan,
        card.has_made,
        lambda row: render.card_transaction(row, card),
    )
    link = {"cardAccount": call.link("card-accounts", call.path["account"])}
    report["_links"] = {**link, **report["_links"]}
    body = {"cardAccount": _card_reference(card), "debitAccounting": False}
    return Reply(200, {**body, "cardTransactions": report})


def _report(
    parts: Parts,
    call: Call,
    consent: AccountConsent,
    account: Account,
    number: str,
    is_listed: Callable[[Transaction], bool],
    write: Callable[[Transaction], dict[str, Any]],
) -> dict[str, Any]:
    """The lists of one page and the link to the next."""
    statuses = listing.STATUSES if call.endpoint == "getTransactions" else listing.CARD_STATUSES
    is_booked_only = consent.login == BOOKED_ONLY_LOGIN or "booked-only" in call.packs
    period = listing.read_period(call, parts.clock.today(), statuses, is_booked_only=is_booked_only)
    listing.check_period(consent, call, period.first, parts)
    if call.page and "pages-count-as-calls" in call.packs:
        raise AccessRefused(429, "ACCESS_EXCEEDED", "one call a list")
    page, key = listing.read_place(parts, call, period)
    account = _as_of(parts, call, consent, account, page.at)
    _count(parts, call, consent, number)
    report: dict[str, Any] = {"_links": {}}
    if period.status in listing.BOOKED:
        rows = [row for row in account.rows(period.first, period.last) if is_listed(row)][::-1]
        rows = sighted(parts, call, number, rows)
        size = rows_per_page(parts.seed, consent.login or "", listing.PER_PAGE_MAX)
        shown = cut(len(rows), page, size, planned(parts, call))
        report["booked"] = [write(row) for row in rows[shown.start : shown.end]]
        if shown.following is not None:
            onward = Page(shown.following, page.at, shown.turn)
            report["_links"]["next"] = listing.next_link(call, onward, key)
    for name, those in (("pending", listing.PENDING), ("information", listing.INFORMATION)):
        if period.status in those:
            waiting = [] if call.page else listing.unbooked(account.unbooked, name)
            report[name] = [write(row) for row in waiting]
    if "next" not in report["_links"]:
        consent.withdraws_next |= consent.login == "test-withdrawn"
    return report


def _linked(call: Call, shown: dict[str, Any], row: Transaction) -> dict[str, Any]:
    if not row.item_id:
        return shown
    details = call.link("accounts", call.path["account"], "transactions", row.item_id)
    return {**shown, "_links": {"transactionDetails": details}}


def _account_shown(
    parts: Parts, call: Call, consent: AccountConsent, account: Account
) -> dict[str, Any]:
    name = resource_id(parts, consent, _key(account))
    details = render.account_details(account, name, shows_owner=consent.wish.shows_owner)
    shown = render.with_bic(details, call.country)
    if call.query.get("withBalance") == "true" and account.number in consent.granted("balances"):
        shown["balances"] = render.balances(account)
    shown["_links"] = _links(call, consent, "accounts", name, account.number)
    return shown


def _card_shown(parts: Parts, call: Call, consent: AccountConsent, card: Card) -> dict[str, Any]:
    name = resource_id(parts, consent, card.masked_pan)
    shown = render.card_details(card, name, shows_owner=consent.wish.shows_owner)
    shown["_links"] = _links(call, consent, "card-accounts", name, card.account.number)
    return shown


def _links(
    call: Call, consent: AccountConsent, area: str, name: str, number: str
) -> dict[str, dict[str, str]]:
    """Links to what the consent lets be read; only a full consent lets more than the list."""
    if consent.wish.model == "available":
        return {}
    return {
        kind: call.link(area, name, kind)
        for kind in ("balances", "transactions")
        if number in consent.granted(kind)
    }


def resource_id(parts: Parts, consent: AccountConsent, number: str) -> str:
    """The name of an account or card under one consent; another consent has another."""
    return seeds.identifier(parts.seed, "resource", consent.id, number, length=32)


def _consent(parts: Parts, call: Call) -> AccountConsent:
    """The call's valid consent, in the bank of this address."""
    name = call.headers.get("Consent-ID")
    if not name:
        raise AccessRefused(400, "FORMAT_ERROR", "Consent-ID is required")
    call.consent = parts.consents.consent(name)
    if call.consent and call.consent.tpp != call.tpp:
        call.consent = None
    consent = parts.consents.usable(name, call.tpp, call.place)
    tokens.check(call, consent)
    call.packs = parts.packs.on(call.mask, consent.login, call.country)
    if consent.withdraws_next and call.endpoint in IMPORT_STARTS:
        parts.consents.end(consent, "revokedByPsu")
        parts.consents.usable(name, call.tpp, call.place)
    consent.acted_on = parts.clock.today()
    return consent


def _accounts(parts: Parts, call: Call, consent: AccountConsent) -> list[Account]:
    world = parts.world(call, consent.login or "")
    granted = consent.granted("accounts")
    accounts = [one for one in world.accounts if one.type_code != CARD_TYPE]
    return [shown for one in accounts if one.number in granted for shown in _shown(one, consent)]


def _as_of(
    parts: Parts, call: Call, consent: AccountConsent, account: Account, at: datetime
) -> Account:
    """The same account as it was at the instant."""
    world = parts.world(call, consent.login or "", at)
    shown = (one for held in world.accounts for one in _shown(held, consent))
    return next(one for one in shown if _key(one) == _key(account))


def _shown(account: Account, consent: AccountConsent) -> tuple[Account, ...]:
    """The account; a wallet as one of all currencies, with or without its sub-accounts."""
    if not account.pockets:
        return (account,)
    subs = wallet.apart(account) if consent.login == SUB_ACCOUNTS_LOGIN else ()
    return (wallet.together(account), *subs)


def _key(account: Account) -> str:
    """What tells the account from the person's others: its number, and a pocket's currency."""
    return account.number + account.extra.get(wallet.POCKET, "")


def _cards(parts: Parts, call: Call, consent: AccountConsent) -> list[Card]:
    world = parts.world(call, consent.login or "")
    granted = consent.granted("accounts")
    return [card for card in world.cards if card.account.number in granted]


def _account(parts: Parts, call: Call, kind: str) -> tuple[AccountConsent, Account]:
    """The consent and the account of the path, else 404; 401 where the consent lacks the kind."""
    consent = _consent(parts, call)
    for account in _accounts(parts, call, consent):
        name = resource_id(parts, consent, _key(account))
        if call.path["account"] in (name, another_name(name, call.packs)):
            call.account = account.number[-4:]
            _check_kind(consent, account.number, kind)
            return consent, account
    raise AccessRefused(404, "RESOURCE_UNKNOWN", "no such account under this consent")


def _card(parts: Parts, call: Call, kind: str) -> tuple[AccountConsent, Card]:
    consent = _consent(parts, call)
    for card in _cards(parts, call, consent):
        if resource_id(parts, consent, card.masked_pan) == call.path["account"]:
            call.account = card.masked_pan[-4:]
            _check_kind(consent, card.account.number, kind)
            return consent, card
    raise AccessRefused(404, "RESOURCE_UNKNOWN", "no such card under this consent")


def _check_kind(consent: AccountConsent, number: str, kind: str) -> None:
    if consent.wish.model == "available" or number not in consent.granted(kind):
        raise AccessRefused(401, "CONSENT_INVALID", f"the consent does not hold {kind}")


def _card_reference(card: Card) -> dict[str, str]:
    return {"maskedPan": card.masked_pan, "currency": card.account.currency}


def _count(parts: Parts, call: Call, consent: AccountConsent, account: str) -> None:
    """An unattended first page is counted; one more than allowed in 24 hours is 429."""
    if not call.is_attended and not call.page:
        now = parts.clock.now()
        parts.ledger.count(consent.id, account, call.endpoint, now, consent.per_day)
