"""From PolishAPI's messages to the domain's nouns: pure, lenient in form, strict in meaning.

What cannot be understood is an error that names its place; what is absent stays None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opensaldo.connectors import lenient
from opensaldo.connectors.base import AccountReading, Page
from opensaldo.connectors.protocols.polish_api import messages
from opensaldo.connectors.protocols.polish_api.pages import refuse_hidden_error
from opensaldo.connectors.protocols.polish_api.records import Balances, ListedAccount, Rows
from opensaldo.domain.account import Account, Card, Deposit
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.errors import BankAnsweredNonsense, InvalidArgument

CARD = "CARD"
DEPOSIT = "DEPOSIT"
CORPORATION = "corporation"

_STATUS_OF = {status.value.casefold(): status for status in TransactionStatus}

_DEBIT, _CREDIT = ("DEBIT", "DBIT"), ("CREDIT", "CRDT")


def account_numbers(reply: messages.AccountsReply) -> tuple[str, ...]:
    """The numbers of one page of getAccounts, in the bank's order."""
    return lenient.distinct(row.account_number for row in reply.accounts or [])


def account(info: messages.AccountInfo) -> AccountReading:
    """The account with the owner the standard names.

    Raises:
        BankAnsweredNonsense: no number, no currency, or a balance that is no amount.
    """
    if lenient.currency(info.currency, "account.currency") is None:
        raise BankAnsweredNonsense("account.currency", "three capital letters (ISO 4217)")
    return _reading(info, "account")


def accounts(body: bytes) -> tuple[ListedAccount, ...]:
    """The accounts of getAccounts, or the one of getAccount.

    A row of the list has no currency and often a masked number.

    Raises:
        BankError: the answer is an error, or none of the standard.
    """
    return tuple(
        ListedAccount(resource_id=lenient.text(info.account_number), reading=_reading(info, path))
        for path, info in _accounts(body)
    )


def balances(body: bytes) -> Balances:
    """The balances of getAccount.

    Raises:
        BankError: the answer is an error, none of the standard, or of several accounts.
    """
    found = _accounts(body)
    if len(found) != 1:
        raise BankAnsweredNonsense("account", "one account")
    path, info = found[0]
    read = _reading(info, path).account
    named = (("bookingBalance", read.balance), ("availableBalance", read.available))
    return Balances(
        account=read.iban,
        currency=lenient.currency(info.currency, f"{path}.currency"),
        booked=read.balance,
        available=read.available,
        items=tuple((kind, amount) for kind, amount in named if amount is not None),
    )


def transactions(body: bytes) -> Rows:
    """One page of any of the lists: getTransactions… or getHolds.

    Which list it was, the rows say: by their status, else by whether they have a booking date.

    Raises:
        BankError: the answer is an error, or none of the standard.
    """
    reply = lenient.decode(body, messages.ListReply)
    refuse_hidden_error(reply, reply.holds if reply.transactions is None else reply.transactions)
    listed = _page(reply, "transactions", reply.transactions, _by_its_status)
    held = holds_page(reply)
    rows = (*listed.rows, *held.rows)
    return Rows(
        currency=listed.currency or held.currency,
        booked=tuple(row for row in rows if row.status is TransactionStatus.DONE),
        pending=tuple(row for row in rows if row.status is TransactionStatus.PENDING),
        information=tuple(row for row in rows if not row.status.moves_money),
        next_page=next_page(reply.page_info),
    )


def card_transactions(body: bytes) -> Rows:
    """Nothing: the standard shows a card as an account like others.

    Raises:
        InvalidArgument: always.
    """
    del body
    raise InvalidArgument("PolishAPI has no card transactions; a card's are transactions.")


CONVERT: Mapping[str, Callable[[bytes], Any]] = {
    "accounts": accounts,
    "balances": balances,
    "transactions": transactions,
    "card_transactions": card_transactions,
}


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


def next_page(info: messages.PageInfo | None) -> str | None:
    """The id of the page that follows, None when none does."""
    return lenient.text(info.next_page) if info else None


def _accounts(body: bytes) -> list[tuple[str, messages.AccountInfo]]:
    """The accounts of a list or of a single answer, each with its place in it."""
    reply = lenient.decode(body, messages.AccountsReply)
    if reply.accounts is not None:
        return [(f"accounts[{place}]", info) for place, info in enumerate(reply.accounts)]
    written = lenient.present(lenient.decode(body, messages.AccountReply).account)
    refuse_hidden_error(reply, written)
    if written is None:
        raise BankAnsweredNonsense("accounts", "accounts, or one account")
    return [("account", lenient.decode(written, messages.AccountInfo, within="account"))]


def _reading(info: messages.AccountInfo, path: str) -> AccountReading:
    """One account; without a currency it is in none (`NO_CURRENCY`)."""
    if not lenient.text(info.account_number):
        raise BankAnsweredNonsense(f"{path}.accountNumber", "an account number")
    currency = lenient.currency(info.currency, f"{path}.currency") or lenient.NO_CURRENCY
    read = Account(
        iban=lenient.account_number(info.account_number),
        currency=currency,
        name=lenient.text(info.account_type_name),
        friendly_name=lenient.text(info.account_name_client),
        balance=lenient.amount(info.booking_balance, f"{path}.bookingBalance"),
        available=lenient.amount(info.available_balance, f"{path}.availableBalance"),
    )
    code = (lenient.text(info.account_type.code) or "").upper() if info.account_type else ""
    return AccountReading(
        account=read,
        owners=_owners(info),
        card=_card(read) if code == CARD else None,
        deposit=_deposit(read) if code == DEPOSIT else None,
    )


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
        currency = lenient.currency(item.currency, f"{path}.currency")
        if currency is not None and said not in (None, currency):
            raise BankAnsweredNonsense(f"{path}.currency", "the currency of the rows before it")
        said = said or currency
        rows.append(convert(item, path))
    return Page(rows=tuple(rows), is_last=next_page(reply.page_info) is None, currency=said)


def _done(item: messages.Item, path: str) -> Transaction:
    """A booked transaction."""
    return _transaction(item, path, _is_debit(item, path), TransactionStatus.DONE)


def _by_its_status(item: messages.Item, path: str) -> Transaction:
    """A row of a list that is not named."""
    said = (lenient.text(item.transaction_status.code) or "") if item.transaction_status else ""
    status = _STATUS_OF.get(said.casefold())
    if status is None:
        is_refused = item.rejection_reason is not None or item.rejection_date is not None
        unbooked = TransactionStatus.REJECTED if is_refused else TransactionStatus.PENDING
        status = TransactionStatus.DONE if lenient.text(item.booking_date) else unbooked
    return _transaction(item, path, _is_debit(item, path), status)


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


def _hold(item: messages.Item, path: str) -> Transaction:
    """A hold; the standard gives holds no category, they are debits."""
    return _transaction(item, path, True, TransactionStatus.PENDING)


def _transaction(
    item: messages.Item, path: str, is_debit: bool, status: TransactionStatus
) -> Transaction:
    """One row; the amount is unsigned and its direction comes beside it."""
    size = lenient.amount(item.amount, f"{path}.amount")
    if size is None or size < 0:
        raise BankAnsweredNonsense(f"{path}.amount", "an amount without sign")
    party = item.recipient if is_debit else item.sender
    lines = _lines(party.name_address) if party else []
    return Transaction(
        amount=-size if is_debit and size else size,
        transaction_on=lenient.day(item.trade_date, f"{path}.tradeDate"),
        booked_on=lenient.day(item.booking_date, f"{path}.bookingDate"),
        balance=lenient.amount(item.post_transaction_balance, f"{path}.postTransactionBalance"),
        title=lenient.line_of(item.description),
        party=lines[0] if lines else None,
        party_iban=lenient.account_number(party.account_number) if party else None,
        kind=lenient.text(item.transaction_type),
        status=status,
        bank_id=lenient.text(item.item_id),
    )


def _is_debit(item: messages.Item, path: str) -> bool:
    """Whether money leaves the account."""
    word = (item.transaction_category or "").strip().upper()
    if word not in (*_DEBIT, *_CREDIT):
        raise BankAnsweredNonsense(f"{path}.transactionCategory", "CREDIT or DEBIT")
    return word in _DEBIT


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


def _lines(address: messages.NameAddress | None) -> list[str]:
    """The lines that say something."""
    return [
        line for line in map(lenient.line_of, (address.value if address else None) or []) if line
    ]
