"""From an OBIE bank's raw answers to the domain's nouns: pure, lenient by rule.

What is absent stays None, what moves no money is kept apart, and what cannot be understood is an
error that names its place. Source: OBIE 4.0.0 (OBReadAccount6, OBReadBalance1,
OBReadTransaction6, OBReadParty3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from opensaldo.connectors import lenient
from opensaldo.connectors.amounts import scaled
from opensaldo.connectors.base import AccountReading
from opensaldo.connectors.protocols.obie import messages
from opensaldo.connectors.protocols.obie.faults import fault_in
from opensaldo.connectors.protocols.obie.records import Balances, ListedAccount, Rows
from opensaldo.domain.account import Account, BalanceKind, Card
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.errors import BankAnsweredNonsense, InvalidArgument

CARD_KINDS = ("CARD", "CREDITCARD", "CHARGECARD", "CHAR", "CCRD")
CLOSED = ("DELETED", "DISABLED")
IBAN = "IBAN"
PAN = "PAN"
BOOKED_BALANCES = ("CLBD", "ITBD", "OPBD", "PRCD")
AVAILABLE_BALANCES = ("ITAV", "CLAV", "OPAV", "XPCD", "FWAV")

_CODE_OF_WORD = {
    "CLOSINGBOOKED": "CLBD",
    "INTERIMBOOKED": "ITBD",
    "OPENINGBOOKED": "OPBD",
    "PREVIOUSLYCLOSEDBOOKED": "PRCD",
    "INTERIMAVAILABLE": "ITAV",
    "CLOSINGAVAILABLE": "CLAV",
    "OPENINGAVAILABLE": "OPAV",
    "FORWARDAVAILABLE": "FWAV",
    "EXPECTED": "XPCD",
    "INFORMATION": "INFO",
}
_STATUS_OF_WORD = {
    "BOOKED": TransactionStatus.DONE,
    "BOOK": TransactionStatus.DONE,
    "PENDING": TransactionStatus.PENDING,
    "PDNG": TransactionStatus.PENDING,
    "FUTURE": TransactionStatus.SCHEDULED,
    "FUTR": TransactionStatus.SCHEDULED,
    "INFORMATION": TransactionStatus.SCHEDULED,
    "INFO": TransactionStatus.SCHEDULED,
    "REJECTED": TransactionStatus.REJECTED,
    "RJCT": TransactionStatus.REJECTED,
}


def accounts(body: bytes) -> tuple[ListedAccount, ...]:
    """The accounts of a list, or the one of a single answer.

    Raises:
        OpenSaldoError: the answer is an error, or none of the standard.
    """
    listed = _data(body).account
    if listed is None:
        raise BankAnsweredNonsense("Data.Account", "a list")
    return tuple(_listed(one, f"Data.Account[{place}]") for place, one in enumerate(listed))


def balances(body: bytes) -> Balances:
    """The balances of one account.

    Raises:
        OpenSaldoError: the answer is an error, none of the standard, or of several accounts.
    """
    listed = _data(body).balance
    if listed is None:
        raise BankAnsweredNonsense("Data.Balance", "a list")
    named = lenient.distinct(one.account_id for one in listed)
    if len(named) > 1:
        raise BankAnsweredNonsense("Data.Balance", "one account's balances")
    items: dict[str, Decimal] = {}
    days: dict[str, date | None] = {}
    said: str | None = None
    for place, one in enumerate(listed):
        path = f"Data.Balance[{place}]"
        amount, currency = _signed(one.amount, one.credit_debit_indicator, path)
        said = said or currency
        if currency not in (None, said):
            continue  # a wallet of several currencies; the account's own comes first
        items.setdefault(_code(one.type), amount)
        days.setdefault(_code(one.type), _day_of_balance(one.date_time))
    standing = _first_code(items, (*BOOKED_BALANCES, *AVAILABLE_BALANCES))
    return Balances(
        account=named[0] if named else None,
        currency=said,
        booked=_first_of(items, BOOKED_BALANCES),
        available=_first_of(items, AVAILABLE_BALANCES),
        standing=items.get(standing),
        standing_on=days.get(standing),
        standing_kind=_made_of(standing),
        limit=_limit(listed),
        items=tuple(items.items()),
    )


def transactions(body: bytes) -> Rows:
    """One page of an account's rows.

    Raises:
        OpenSaldoError: the answer is an error, or none of the standard.
    """
    reply = _reply(body)
    if reply.data is None or (reply.data.transaction is None and reply.data.account is not None):
        raise BankAnsweredNonsense("Data.Transaction", "a list")
    rows, said = [], None
    for place, row in enumerate(reply.data.transaction or []):
        path = f"Data.Transaction[{place}]"
        read, currency = _row(row, path)
        if currency is not None and said not in (None, currency):
            raise BankAnsweredNonsense(f"{path}.Amount.Currency", "the currency of the rows before")
        said = said or currency
        rows.append(read)
    return Rows(
        currency=said,
        booked=tuple(row for row in rows if row.status is TransactionStatus.DONE),
        pending=tuple(row for row in rows if row.status is TransactionStatus.PENDING),
        information=tuple(row for row in rows if not row.status.moves_money),
        next_link=lenient.text(reply.links.next) if reply.links else None,
        page_count=_count(reply.meta.total_pages) if reply.meta else None,
    )


def card_transactions(body: bytes) -> Rows:
    """Nothing: the standard shows a card as an account like others.

    Raises:
        InvalidArgument: always.
    """
    del body
    raise InvalidArgument("OBIE has no card transactions; a card's are transactions.")


CONVERT: Mapping[str, Callable[[bytes], Any]] = {
    "accounts": accounts,
    "balances": balances,
    "transactions": transactions,
    "card_transactions": card_transactions,
}


def _count(written: int | str | None) -> int | None:
    """The number of pages, when it is one."""
    said = str(written).strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _reply(body: bytes) -> messages.Reply:
    """The answer, unless it is an error, whatever its status was."""
    reply = lenient.decode(body, messages.Reply)
    if reply.data is None and reply.codes:
        raise fault_in(reply.codes)
    return reply


def _data(body: bytes) -> messages.Data:
    """What the answer holds."""
    data = _reply(body).data
    if data is None:
        raise BankAnsweredNonsense("Data", "an object")
    return data


def _listed(one: messages.Account, path: str) -> ListedAccount:
    """One account as a reading, without balances and owners."""
    resource_id = lenient.text(one.account_id)
    currency = lenient.currency(one.currency, f"{path}.Currency") or lenient.NO_CURRENCY
    numbers = one.account or []
    kinds = {_word(one.account_sub_type), _word(one.account_type_code)}
    account = Account(
        iban=_number(numbers, IBAN) or _other_number(numbers),
        currency=currency,
        name=lenient.line_of(one.description) or lenient.text(one.account_sub_type),
        friendly_name=lenient.line_of(one.nickname),
        active_since=lenient.day(one.opening_date, f"{path}.OpeningDate"),
    )
    card = Card(
        currency=currency,
        name=account.name,
        card_id=resource_id,
        iban=_number(numbers, IBAN),
        number=_number(numbers, PAN),
    )
    is_card = bool(kinds & set(CARD_KINDS))
    return ListedAccount(
        resource_id=resource_id,
        reading=AccountReading(account=account, owners=(), card=card if is_card else None),
        is_closed=_word(one.status) in CLOSED,
    )


def _row(row: messages.Row, path: str) -> tuple[Transaction, str | None]:
    """One row and its currency."""
    amount, currency = _signed(row.amount, row.credit_debit_indicator, path)
    other = row.debtor_account if amount > 0 else row.creditor_account
    merchant = row.merchant_details.merchant_name if row.merchant_details else None
    texts = lenient.texts_of(row.transaction_information)
    balance = None
    if row.balance is not None and row.balance.amount is not None:
        balance, _ = _signed(
            row.balance.amount, row.balance.credit_debit_indicator, f"{path}.Balance"
        )
    status = _STATUS_OF_WORD.get(_word(row.status))
    if status is None:
        raise BankAnsweredNonsense(f"{path}.Status", "a status of the standard")
    on = lenient.day(row.booking_date_time, f"{path}.BookingDateTime")
    return Transaction(
        amount=amount,
        transaction_on=lenient.day(row.value_date_time, f"{path}.ValueDateTime") or on,
        booked_on=on if status is TransactionStatus.DONE else None,
        balance=balance,
        title=lenient.line_of(" ".join(texts)) if texts else None,
        party=lenient.line_of(other.name if other and other.name else merchant),
        party_iban=lenient.account_number(other.identification) if other else None,
        kind=_kind(row),
        status=status,
        bank_id=lenient.text(row.transaction_id) or lenient.text(row.transaction_reference),
    ), currency


def _kind(row: messages.Row) -> str | None:
    """The bank's own word for the row, else the standard's code."""
    own, iso = row.proprietary_bank_transaction_code, row.bank_transaction_code
    said = [own.code if own else None, iso.sub_code if iso else None, iso.code if iso else None]
    return next(iter(lenient.distinct(said)), None)


def _signed(
    money: messages.Money | None, indicator: str | None, path: str
) -> tuple[Decimal, str | None]:
    """The signed amount and its currency; a sign the bank wrote beside `Debit` counts once."""
    size = lenient.amount(money.amount, f"{path}.Amount.Amount") if money else None
    if money is None or size is None:
        raise BankAnsweredNonsense(f"{path}.Amount", "an amount")
    word = _word(indicator)
    if word not in ("CREDIT", "CRDT", "DEBIT", "DBIT"):
        raise BankAnsweredNonsense(f"{path}.CreditDebitIndicator", "Credit or Debit")
    currency = lenient.currency(money.currency, f"{path}.Amount.Currency")
    size = scaled(size, currency)
    return (-abs(size) if word.startswith("D") and size else size), currency


def _limit(listed: Iterable[messages.Balance]) -> Decimal | None:
    """The first credit line, however it is counted."""
    for one in listed:
        for line in one.credit_line or []:
            if line.amount is not None:
                found = lenient.amount(line.amount.amount, "Data.Balance[].CreditLine[].Amount")
                if found is not None:
                    return abs(found)
    return None


def _day_of_balance(written: str | None) -> date | None:
    """The day it was so; one that cannot be read is no reason to lose the balance."""
    try:
        return lenient.day(written, "Data.Balance[].DateTime")
    except BankAnsweredNonsense:
        return None


def _first_of(items: Mapping[str, Decimal], codes: Iterable[str]) -> Decimal | None:
    return items.get(_first_code(items, codes))


def _first_code(items: Mapping[str, Decimal], codes: Iterable[str]) -> str:
    return next((code for code in codes if code in items), "")


def _made_of(code: str) -> BalanceKind:
    if code in AVAILABLE_BALANCES:
        return BalanceKind.EXPECTED if code == "XPCD" else BalanceKind.AVAILABLE
    return BalanceKind.BOOKED


def _code(word: str | None) -> str:
    """The ISO 20022 code of a balance's type, in 3.1's words or 4.0's."""
    said = _word(word)
    return _CODE_OF_WORD.get(said, said)


def _word(written: str | None) -> str:
    """A word to compare: capitals, without what the bank puts before the last dot."""
    return (lenient.text(written) or "").rpartition(".")[2].upper()


def _number(numbers: Iterable[messages.Identification], scheme: str) -> str | None:
    """The account's number of this scheme."""
    fits = (one for one in numbers if _word(one.scheme_name) == scheme)
    return next((lenient.account_number(one.identification) for one in fits), None)


def _other_number(numbers: Iterable[messages.Identification]) -> str | None:
    """A number that is no card's."""
    fits = (one for one in numbers if _word(one.scheme_name) != PAN)
    return next((lenient.account_number(one.identification) for one in fits), None)
