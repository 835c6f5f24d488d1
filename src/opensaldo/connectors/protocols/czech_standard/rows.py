"""Transactions and awaiting payments of a Czech bank as nouns; pure.

Source: COBS 8.0, getTransactions and getAwaitingPayments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from opensaldo.connectors.amounts import Amount, amount_in, scaled
from opensaldo.connectors.protocols.czech_standard.messages import answer, next_page, whole
from opensaldo.connectors.protocols.czech_standard.records import Rows
from opensaldo.connectors.protocols.czech_standard.symbols import symbols_in
from opensaldo.connectors.things import Thing
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.errors import BankAnsweredNonsense

FUTURE = "FUTURE"

_BOOKED = frozenset({"BOOK", "BOOKED", "DONE"})
_PENDING = frozenset({"PDNG", "PENDING", "HOLD", "AUTHORIZED"})
_NO_MONEY = frozenset({"INFO", "INFORMATION"})
_DIRECTIONS = ("creditDebitIndicator", "creditDebitIndication")
_DEBIT = frozenset({"DBIT", "DEBIT"})
_BANK_CODE = re.compile(r"[0-9]{4}")
_LOCAL_NUMBER = re.compile(r"([0-9]{1,6}-)?[0-9]{2,10}")


def read_rows(body: bytes) -> Rows:
    """One page of an account's transactions, booked and not.

    Raises:
        OpenSaldoError: the answer is an error, none of the standard, a row is without amount or
            direction, or the rows are in several currencies.
    """
    found = answer(body, "transactions", "transaction")
    listed = found.things("transactions", "transaction") or []
    moving = [(row, status) for row in listed if (status := _status(row)) is not None]
    read = [(_transaction(row, status), _amount(row).currency) for row, status in moving]
    return Rows(
        currency=_one_currency((said for _, said in read), found.at("transactions")),
        booked=_of((row for row, _ in read), TransactionStatus.DONE),
        pending=_of((row for row, _ in read), TransactionStatus.PENDING),
        next_page=next_page(found, len(listed)),
        list_count=whole(found, "totalCount") if len(read) == len(listed) else None,
    )


def read_awaiting(body: bytes, currency: str | None) -> Rows:
    """One page of payments that wait for money (pending) or for their day (scheduled); outflows.

    A payment in another currency than the account's is left out: what it will take from the
    account is not known yet.

    Raises:
        OpenSaldoError: the answer is an error, none of the standard, or a payment has no amount.
    """
    found = answer(body, "payments", "payment")
    listed = found.things("payments", "payment") or []
    read = [_payment(row) for row in listed]
    ours = [row for row, said in read if currency is None or said in (None, currency)]
    return Rows(
        currency=currency,
        booked=(),
        pending=_of(ours, TransactionStatus.PENDING),
        scheduled=_of(ours, TransactionStatus.SCHEDULED),
        next_page=next_page(found, len(listed)),
    )


def _of(rows: Iterable[Transaction], status: TransactionStatus) -> tuple[Transaction, ...]:
    """Those of this status."""
    return tuple(row for row in rows if row.status is status)


def _transaction(row: Thing, status: TransactionStatus) -> Transaction:
    """One row as a noun."""
    amount = _amount(row)
    details = _details(row)
    symbols = symbols_in(details)
    side = _Side(details, _is_debit(row, amount))
    kind = details.text("additionalTransactionInformation")
    title = _title(details) or _title(row)
    booked_on, value_on = _day(row, "bookingDate"), _day(row, "valueDate")
    is_booked = status is TransactionStatus.DONE
    return Transaction(
        amount=scaled(amount.value, amount.currency),
        transaction_on=value_on or (None if is_booked else booked_on),
        booked_on=booked_on if is_booked else None,
        title=title or kind,
        party=side.name,
        party_iban=side.number,
        variable_symbol=symbols.variable,
        constant_symbol=symbols.constant,
        specific_symbol=symbols.specific,
        kind=(kind if title else None) or _code(row),
        status=status,
        bank_id=row.opaque("entryReference", "transactionId", "id") or _servicer_reference(details),
    )


def _payment(row: Thing) -> tuple[Transaction, str | None]:
    """One awaiting payment and what it says to be in; of a future one no money has moved."""
    amount = amount_in(row.thing("amount") or row, "instructedAmount", "amount", "value")
    if amount is None:
        raise BankAnsweredNonsense(row.at("amount.instructedAmount"), "an amount")
    symbols = symbols_in(row)
    side = _Side(Thing({"relatedParties": dict(row.members), "relatedAgents": row.members}), True)
    ids = row.thing("paymentIdentification") or row
    is_future = (row.text("awaitingStatus") or "").upper() == FUTURE
    value = -abs(scaled(amount.value, amount.currency))
    noun = Transaction(
        amount=value or Decimal(0),
        transaction_on=row.day("requestedExecutionDate"),
        title=_title(row),
        party=side.name,
        party_iban=side.number,
        variable_symbol=symbols.variable,
        constant_symbol=symbols.constant,
        specific_symbol=symbols.specific,
        status=TransactionStatus.SCHEDULED if is_future else TransactionStatus.PENDING,
        bank_id=ids.opaque("transactionIdentification", "paymentId", "instructionIdentification"),
    )
    return noun, amount.currency


class _Side:
    """Who stands on the other side of a payment, and under which number."""

    def __init__(self, details: Thing, is_debit: bool) -> None:
        """Read the counterparty of a payment out or in."""
        role = "creditor" if is_debit else "debtor"
        parties = details.thing("relatedParties") or Thing({})
        account = parties.thing(f"{role}Account") or Thing({})
        self.name = (
            _name(parties, role)
            or account.text("name")
            or _name(parties, f"ultimate{role.capitalize()}")
            or _name(parties, "tradingParty")
            or _name(parties.thing("proprietary") or Thing({}), "party")
        )
        agents = details.thing("relatedAgents") or Thing({})
        self.number = _number(account, agents.thing(f"{role}Agent") or Thing({}))


def _name(parties: Thing, role: str) -> str | None:
    """The name of one party, which may be a bare text."""
    party = parties.thing(role)
    return party.text("name") if party is not None else parties.text(role)


def _number(account: Thing, agent: Thing) -> str | None:
    """The account's IBAN, else its number in the country's own form, with the bank's code."""
    identification = account.thing("identification") or account
    iban = identification.text("iban")
    local = iban or identification.text("other", "accountNumber", "identification")
    if local is None:
        return None
    number = "".join(local.split())
    if iban is None and _LOCAL_NUMBER.fullmatch(number):
        institution = agent.thing("financialInstitutionIdentification") or agent
        code = institution.text("other") or institution.text("clearingSystemMemberIdentification")
        if code and _BANK_CODE.fullmatch(code):
            return f"{number}/{code}"
    return number


def _details(row: Thing) -> Thing:
    """Where the payment's details stand: the standard nests them twice."""
    entry = row.thing("entryDetails") or row
    return entry.thing("transactionDetails") or entry


def _amount(row: Thing) -> Amount:
    """The signed amount.

    Raises:
        BankAnsweredNonsense: there is none, or nothing says whether it came or went.
    """
    amount = amount_in(row, "amount", "transactionAmount")
    if amount is None:
        raise BankAnsweredNonsense(row.at("amount"), "an amount")
    direction = (row.text("creditDebitIndication") or "").upper()
    if not amount.is_signed and direction in _DEBIT:
        return amount._replace(value=-amount.value, is_signed=True)
    if not amount.is_signed and not (direction and direction in ("CRDT", "CREDIT")):
        raise BankAnsweredNonsense(row.at("creditDebitIndicator"), "CRDT or DBIT")
    return amount


def _is_debit(row: Thing, amount: Amount) -> bool:
    """Whether money leaves the account; an amount of nothing goes where the row says."""
    if amount.value:
        return amount.value < 0
    return (row.text(*_DIRECTIONS) or "").upper() in _DEBIT


def _status(row: Thing) -> TransactionStatus | None:
    """Whether the row is booked; None for one that moves no money.

    Raises:
        BankAnsweredNonsense: a word we do not know.
    """
    word = (row.text("status", "transactionStatus") or "").upper()
    if word in _NO_MONEY:
        return None
    if word in _BOOKED or not word:
        return TransactionStatus.DONE
    if word in _PENDING:
        return TransactionStatus.PENDING
    raise BankAnsweredNonsense(row.at("status"), "BOOK or PDNG")


def _day(row: Thing, name: str) -> date | None:
    """The day of a member that holds a date or an object with one."""
    holder = row.thing(name)
    return holder.day("date", "dateTime") if holder is not None else row.day(name)


def _title(thing: Thing) -> str | None:
    """What the payer wrote; the symbols are no text."""
    remittance = thing.thing("remittanceInformation")
    if remittance is not None:
        return remittance.text("unstructured")
    return thing.text("remittanceInformation", "description", "details")


def _code(row: Thing) -> str | None:
    """The bank's code of the kind of transaction."""
    code = row.thing("bankTransactionCode")
    if code is None:
        return row.text("bankTransactionCode")
    proprietary = code.thing("proprietary")
    return proprietary.text("code") if proprietary is not None else code.text("proprietary", "code")


def _servicer_reference(details: Thing) -> str | None:
    references = details.thing("references") or Thing({})
    return references.opaque("accountServicerReference", "accountServicer")


def _one_currency(said: Iterable[str | None], path: str) -> str | None:
    """What the rows say they are in; they must agree.

    Raises:
        BankAnsweredNonsense: they do not.
    """
    currencies = {one for one in said if one is not None}
    if len(currencies) > 1:
        raise BankAnsweredNonsense(f"{path}[].amount.currency", "one currency in all rows")
    return next(iter(currencies), None)
