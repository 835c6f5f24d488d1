"""`CommandResult` of the JSON dialect: the flat names of `ais-openapi.yml` (section 1.2)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum

import msgspec

from opensaldo.domain.account import Account, Holdings
from opensaldo.domain.command import Command, CommandName, CommandState
from opensaldo.domain.owner import Owner
from opensaldo.domain.receipt import BalanceCheck, Receipt
from opensaldo.domain.transaction import Transaction
from opensaldo.wire.names import FAILED_STATES, failure_of
from opensaldo.wire.sealed import decode_holdings
from opensaldo.wire.text import amount_text, clean_text, titled

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Progress(StrEnum):
    """The states a command has in this dialect."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


PROGRESS_OF_STATE = {
    CommandState.SETUP: Progress.QUEUED,
    CommandState.IN_PROGRESS: Progress.RUNNING,
    CommandState.SUCCESSFUL: Progress.COMPLETED,
    CommandState.ERROR: Progress.FAILED,
    CommandState.FATAL: Progress.FAILED,
}


class Fault(msgspec.Struct):
    """An exception's name and message."""

    name: str
    message: str


class OwnerBody(msgspec.Struct, omit_defaults=True, rename="camel"):
    """One owner."""

    external_id: str | None = None
    name: str | None = None
    email: str | None = None
    national_id: str | None = None


class TransactionBody(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """One transaction; `label` is the first label in wire order, `id` an extension of ours."""

    date: dt.date | None = None
    amount: Decimal
    currency: str
    description: str | None = None
    counterparty_name: str | None = None
    counterparty_account: str | None = None
    label: str | None = None
    id: str | None = None


class AccountBody(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """One account with its transactions, newest first; the list is there even when empty.

    `id` is an extension of ours.
    """

    number: str | None = None
    currency: str
    balance: Decimal | None = None
    available_balance: Decimal | None = None
    transactions: list[TransactionBody]
    id: str | None = None


class BalanceBody(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """One account's balance against its rows; without `gap` nothing could be compared."""

    account_id: str
    currency: str
    gap: Decimal | None = None
    reason: str | None = None
    proven_since: dt.date | None = None
    newest_on: dt.date | None = None
    balance_on: dt.date | None = None


class ReceiptBody(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What the import did, and how sure it is of it; an extension of this platform."""

    outcome: str
    accounts: int
    pages: int
    rows: int
    fetched: int
    new: int
    changed: int
    retired: int
    retired_ids: tuple[str, ...] = ()
    skipped: dict[str, int] = {}
    balances: list[BalanceBody] = []
    rereads: int = 0
    calls_left: int | None = None
    target: str | None = None
    standard: str | None = None
    version: str | None = None


class CommandResult(msgspec.Struct, omit_defaults=True, rename="camel"):
    """A command and, once it is complete, what it read.

    Of an advanced import only what it read is there; cards do not exist in this dialect.
    """

    id: str
    status: Progress
    target: str | None = None
    multiple_access_token: str | None = None
    owners: list[OwnerBody] | None = None
    accounts: list[AccountBody] | None = None
    exception: Fault | None = None
    receipt: ReceiptBody | None = None


def command_result(
    command: Command,
    holdings: bytes | Holdings | None,
    *,
    owner_external_id: str | None = None,
    multiple_access_token: str | None = None,
) -> bytes:
    """The command as it stands now, with what it read once it is complete.

    Args:
        command: its failure shows as `exception`, its receipt as `receipt`.
        holdings: what was read, or the sealed document of it; None when there is nothing.
        owner_external_id: repeated on every owner.
        multiple_access_token: the consent's `multipleAccessId`.
    """
    document = CommandResult(
        id=command.id,
        status=PROGRESS_OF_STATE[command.state],
        target=clean_text(command.target),
        multiple_access_token=multiple_access_token,
    )
    if command.state is CommandState.SUCCESSFUL and holdings is not None:
        opened = decode_holdings(holdings) if isinstance(holdings, bytes) else holdings
        is_whole = command.name is CommandName.DEFAULT_IMPORT
        if is_whole or opened.owners:
            document.owners = [_owner(owner, owner_external_id) for owner in opened.owners]
        if is_whole or opened.accounts:
            document.accounts = [_account(account) for account in opened.accounts]
    if command.state in FAILED_STATES:
        failure = failure_of(command)
        document.exception = Fault(failure.name, clean_text(failure.message) or "")
    if receipt := command.receipt:
        document.receipt = _receipt(receipt)
    return _ENCODER.encode(document)


def _receipt(receipt: Receipt) -> ReceiptBody:
    return ReceiptBody(
        outcome=receipt.outcome.value,
        accounts=receipt.accounts,
        pages=receipt.pages,
        rows=receipt.rows,
        fetched=receipt.fetched,
        new=receipt.new,
        changed=receipt.changed,
        retired=receipt.retired,
        retired_ids=receipt.retired_ids,
        skipped={why.value: count for why, count in sorted(receipt.skipped.items())},
        balances=[_balance(check) for check in receipt.balances],
        rereads=receipt.rereads,
        calls_left=receipt.calls_left,
        target=clean_text(receipt.target),
        standard=clean_text(receipt.standard),
        version=clean_text(receipt.version),
    )


def _balance(check: BalanceCheck) -> BalanceBody:
    return BalanceBody(
        account_id=check.account_id,
        currency=clean_text(check.currency) or "",
        gap=_cents(check.gap),
        reason=None if check.reason is None else check.reason.value,
        proven_since=check.proven_since,
        newest_on=check.newest_on,
        balance_on=check.balance_on,
    )


def _owner(owner: Owner, external_id: str | None) -> OwnerBody:
    return OwnerBody(
        external_id=external_id,
        name=clean_text(owner.name),
        email=clean_text(owner.email),
        national_id=clean_text(owner.polish_pesel) or clean_text(owner.personal_document_number),
    )


def _account(account: Account) -> AccountBody:
    currency = clean_text(account.currency) or ""
    return AccountBody(
        number=clean_text(account.iban),
        currency=currency,
        balance=_cents(account.balance),
        available_balance=_cents(account.available),
        transactions=[_transaction(row, currency) for row in account.transactions],
        id=account.id,
    )


def _transaction(row: Transaction, currency: str) -> TransactionBody:
    labels = (clean_text(label) for label in row.labels)
    return TransactionBody(
        date=row.day,
        amount=Decimal(amount_text(row.amount)),
        currency=currency,
        description=clean_text(titled(row)),
        counterparty_name=clean_text(row.party),
        counterparty_account=clean_text(row.party_iban),
        label=next((label for label in labels if label), None),
        id=row.id,
    )


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else Decimal(amount_text(amount))
