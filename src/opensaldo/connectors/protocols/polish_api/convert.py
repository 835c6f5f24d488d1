"""From PolishAPI's messages to the domain's nouns: pure, lenient in form, strict in meaning.

What cannot be understood is an error that names its place; what is absent stays None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from opensaldo.connectors.base import AccountReading, Page
from opensaldo.connectors.protocols.polish_api import messages
from opensaldo.connectors.protocols.polish_api.messages import text_of
from opensaldo.domain.account import Account, Card, Deposit
from opensaldo.domain.money import parse_amount
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.errors import BankAnsweredNonsense

CARD = "CARD"
DEPOSIT = "DEPOSIT"
CORPORATION = "corporation"
SOCIAL_INSURANCE = "ZUS"
TOKEN_DAYS_MAX = 366
_OFFICIAL = re.compile(r"podat|skarbow|\bzus\b|\bus\b|ubezpiecze|\btax|social (security|insurance)")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SECONDS = re.compile(r"[0-9]{1,9}")


class Granted(NamedTuple):
    """What a token reply grants, as far as it says so."""

    access_token: str
    expires_in_s: int
    refresh_token: str | None
    account_numbers: tuple[str, ...]
    valid_until: datetime | None
    history_days: int | None
    consent_id: str | None


def granted(reply: messages.TokenReply) -> Granted:
    """What the bank granted.

    Raises:
        BankAnsweredNonsense: there is no token, or no understandable life of it.
    """
    if not _text(reply.access_token):
        raise BankAnsweredNonsense("access_token", "a token")
    life = str(reply.expires_in)
    if not _SECONDS.fullmatch(life):
        raise BankAnsweredNonsense("expires_in", "whole seconds")
    scope = reply.scope_details or messages.GrantedScope()
    items = scope.privilege_list or []
    histories = [item.done.max_allowed_history_long for item in items if item.done]
    days = [one for one in histories if one is not None and one > 0]
    return Granted(
        access_token=str(reply.access_token),
        expires_in_s=min(int(life), TOKEN_DAYS_MAX * 86_400),
        refresh_token=_text(reply.refresh_token),
        account_numbers=_numbers(item.account_number for item in items),
        valid_until=_instant(scope.scope_time_limit, "scope_details.scopeTimeLimit"),
        history_days=min(days, default=None),
        consent_id=_text(scope.consent_id),
    )


def account_numbers(reply: messages.AccountsReply) -> tuple[str, ...]:
    """The numbers of one page of getAccounts, in the bank's order."""
    return _numbers(row.account_number for row in reply.accounts or [])


def account(info: messages.AccountInfo) -> AccountReading:
    """The account with the owner the standard names.

    Raises:
        BankAnsweredNonsense: no number, no currency, or a balance that is no amount.
    """
    if not _text(info.account_number):
        raise BankAnsweredNonsense("account.accountNumber", "an account number")
    currency = _currency(info.currency, "account.currency")
    if currency is None:
        raise BankAnsweredNonsense("account.currency", "three capital letters (ISO 4217)")
    read = Account(
        iban=_number(info.account_number),
        currency=currency,
        name=_text(info.account_type_name),
        friendly_name=_text(info.account_name_client),
        balance=_amount(info.booking_balance, "account.bookingBalance"),
        available=_amount(info.available_balance, "account.availableBalance"),
    )
    code = (_text(info.account_type.code) or "").upper() if info.account_type else ""
    return AccountReading(
        account=read,
        owners=_owners(info),
        card=_card(read) if code == CARD else None,
        deposit=_deposit(read) if code == DEPOSIT else None,
    )


def done_page(reply: messages.ListReply) -> Page:
    """A page of booked transactions."""
    return _page(reply, "transactions", reply.transactions, _done)


def pending_page(reply: messages.ListReply) -> Page:
    """A page of transactions that are not booked yet."""
    return _page(reply, "transactions", reply.transactions, _pending)


def holds_page(reply: messages.ListReply) -> Page:
    """A page of holds: money set aside, always an outflow."""
    return _page(reply, "holds", reply.holds, _hold)


def scheduled_page(reply: messages.ListReply) -> Page:
    """A page of orders for a later day: not booked yet."""
    return _page(reply, "transactions", reply.transactions, _scheduled)


def rejected_page(reply: messages.ListReply) -> Page:
    """A page of orders the bank refused: no money moved."""
    return _page(reply, "transactions", reply.transactions, _rejected)


def cancelled_page(reply: messages.ListReply) -> Page:
    """A page of orders that were taken back: no money moved."""
    return _page(reply, "transactions", reply.transactions, _cancelled)


def wants_detail(row: Transaction) -> bool:
    """Whether the bank's kind of the row, or its other side, says tax or social insurance."""
    said = f"{row.kind or ''} {row.party or ''}".casefold()
    return row.bank_id is not None and bool(_OFFICIAL.search(said))


def with_detail(row: Transaction, reply: messages.DetailReply) -> Transaction:
    """The row with what was paid for at the end of its title; as it was when nothing is said."""
    said = [*_tax_words(reply.us_info), *_social_words(reply.zus_info)]
    title = row.title or ""
    added = [word for word in said if word not in title.split()]
    return replace(row, title=" ".join([title, *added]).strip()) if added else row


def next_page(info: messages.PageInfo | None) -> str | None:
    """The id of the page that follows, None when none does."""
    return _text(info.next_page) if info else None


def _page(
    reply: messages.ListReply,
    list_name: str,
    items: list[messages.Item] | None,
    convert: Callable[[messages.Item, str], Transaction],
) -> Page:
    """The page; all its rows must say the same currency, or none."""
    rows, said = [], None
    for place, item in enumerate(items or []):
        path = f"{list_name}[{place}]"
        currency = _currency(item.currency, f"{path}.currency")
        if currency is not None and said not in (None, currency):
            raise BankAnsweredNonsense(f"{path}.currency", "the currency of the rows before it")
        said = said or currency
        rows.append(convert(item, path))
    return Page(rows=tuple(rows), is_last=next_page(reply.page_info) is None, currency=said)


def _done(item: messages.Item, path: str) -> Transaction:
    """A booked transaction."""
    return _transaction(item, path, _is_debit(item, path), TransactionStatus.DONE)


def _pending(item: messages.Item, path: str) -> Transaction:
    """A transaction not booked yet."""
    return _transaction(item, path, _is_debit(item, path), TransactionStatus.PENDING)


def _scheduled(item: messages.Item, path: str) -> Transaction:
    """An order for a later day."""
    return _transaction(item, path, _is_debit(item, path), TransactionStatus.SCHEDULED)


def _rejected(item: messages.Item, path: str) -> Transaction:
    """An order the bank refused."""
    return _transaction(item, path, _is_debit(item, path), TransactionStatus.REJECTED)


def _cancelled(item: messages.Item, path: str) -> Transaction:
    """An order taken back."""
    return _transaction(item, path, _is_debit(item, path), TransactionStatus.CANCELLED)


def _tax_words(info: messages.TaxInfo | None) -> list[str]:
    """Form, period and year of a tax: `VAT-7 05 M 2026`."""
    if info is None:
        return []
    said = (info.form_code, info.period_id, info.period_type, info.year, info.obligation_id)
    return [word for word in map(_text, said) if word]


def _social_words(info: messages.SocialInfo | None) -> list[str]:
    """Kind, declaration and month (MMYYYY) of a social insurance contribution."""
    if info is None:
        return []
    said = (
        info.contribution_type,
        info.contribution_id,
        info.contribution_period,
        info.payment_type_id,
        info.obligation_id,
    )
    words = [word for word in map(_text, said) if word]
    return [SOCIAL_INSURANCE, *words] if words else []


def _hold(item: messages.Item, path: str) -> Transaction:
    """A hold; the standard gives holds no category, they are debits."""
    return _transaction(item, path, True, TransactionStatus.PENDING)


def _transaction(
    item: messages.Item, path: str, is_debit: bool, status: TransactionStatus
) -> Transaction:
    """One row; the amount is unsigned and its direction comes beside it."""
    size = _amount(item.amount, f"{path}.amount")
    if size is None or size < 0:
        raise BankAnsweredNonsense(f"{path}.amount", "an amount without sign")
    party = item.recipient if is_debit else item.sender
    lines = _lines(party.name_address) if party else []
    return Transaction(
        amount=-size if is_debit and size else size,
        transaction_on=_day(item.trade_date, f"{path}.tradeDate"),
        booked_on=_day(item.booking_date, f"{path}.bookingDate"),
        balance=_amount(item.post_transaction_balance, f"{path}.postTransactionBalance"),
        title=_text(item.description),
        party=lines[0] if lines else None,
        party_iban=_number(party.account_number) if party else None,
        kind=_text(item.transaction_type),
        status=status,
        bank_id=_text(item.item_id),
    )


def _is_debit(item: messages.Item, path: str) -> bool:
    """Whether money leaves the account."""
    if item.transaction_category not in ("CREDIT", "DEBIT"):
        raise BankAnsweredNonsense(f"{path}.transactionCategory", "CREDIT or DEBIT")
    return item.transaction_category == "DEBIT"


def _owners(info: messages.AccountInfo) -> tuple[Owner, ...]:
    """The one owner the standard names: name, then the lines of a postal address."""
    lines = _lines(info.name_address)
    if not lines:
        return ()
    is_firm = info.account_holder_type == CORPORATION
    kind = OwnerKind.COMPANY if is_firm else OwnerKind.OWNER
    return (Owner(name=lines[0], address=", ".join(lines[1:]) or None, kind=kind),)


def _card(read: Account) -> Card:
    """A card account's facts; the standard has no card endpoint and no card number."""
    return Card(
        currency=read.currency,
        name=read.name,
        iban=read.iban,
        balance=read.balance,
        available=read.available,
    )


def _deposit(read: Account) -> Deposit:
    """A deposit account's facts."""
    return Deposit(currency=read.currency, name=read.name, iban=read.iban, balance=read.balance)


def _amount(raw: messages.Amount, path: str) -> Decimal | None:
    """The exact amount, written as text or as a number."""
    written = (text_of(raw) or "").strip()
    if not written:
        return None
    try:
        return parse_amount(written)
    except ValueError:
        raise BankAnsweredNonsense(path, "an amount with a decimal point") from None


def _day(written: str | None, path: str) -> date | None:
    """The day of a date or date-time, in the bank's local time as it wrote it."""
    if not _text(written):
        return None
    found = _DAY.fullmatch(str(written).strip())
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise BankAnsweredNonsense(path, "a date YYYY-MM-DD or a date-time") from None


def _instant(written: str | None, path: str) -> datetime | None:
    """The moment a date-time names; without an offset it is read as UTC."""
    if not _text(written):
        return None
    try:
        moment = datetime.fromisoformat(str(written).strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BankAnsweredNonsense(path, "a date-time") from None


def _currency(written: str | None, path: str) -> str | None:
    """The currency code."""
    code = _text(written)
    if code is not None and not _CURRENCY.fullmatch(code):
        raise BankAnsweredNonsense(path, "three capital letters (ISO 4217)")
    return code


def _text(written: messages.Id | None) -> str | None:
    """The text without outer blanks; None when nothing is left."""
    return (str(written).strip() or None) if written is not None else None


def _number(written: messages.Id | None) -> str | None:
    """An account number without blanks; masked ones stay as they are."""
    return _text("".join(str(written).split())) if written is not None else None


def _numbers(written: Iterable[messages.Id | None]) -> tuple[str, ...]:
    """The account numbers, each once."""
    return tuple(dict.fromkeys(number for number in map(_text, written) if number))


def _lines(address: messages.NameAddress | None) -> list[str]:
    """The lines that say something."""
    return [line for line in map(_text, (address.value if address else None) or []) if line]
