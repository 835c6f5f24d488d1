"""Transaction rows of a Berlin Group bank as nouns; pure.

Source: NextGenPSD2 1.3.12, transactions and cardTransaction.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from opensaldo.connectors.amounts import Amount, amount_in, scaled
from opensaldo.connectors.protocols.berlin_group.records import Rows
from opensaldo.connectors.things import Thing, text_of
from opensaldo.domain.transaction import COMPUTED_ID, Transaction, TransactionStatus
from opensaldo.errors import BankAnsweredNonsense

MIXED = "rows"
COMPUTED_ID_HEX_DIGITS = 40

_BOOKED = ("booked", "bookedTransactions", "done", "posted")
_PENDING = ("pending", "pendingTransactions", "reserved")
_INFORMATION = ("information", "informationTransactions")
_PENDING_STATES = ("PENDING", "PDNG", "AUTHORISED", "AUTHORIZED", "RESERVED")
_INFORMATION_STATES = ("INFORMATION", "INFO")
_AMOUNTS = ("transactionAmount", "amount", "instructedAmount")
_IDS = ("transactionId", "cardTransactionId", "entryReference")
_NUMBERS = (
    "iban",
    "bban",
    "accountNumber",
    "maskedPan",
    "pan",
    "msisdn",
    "other",
    "identification",
)
_TITLES = (
    "remittanceInformationUnstructured",
    "remittanceInformationUnstructuredArray",
    "remittanceInformationStructured",
    "remittanceInformationStructuredArray",
    "remittanceInformation",
    "transactionDetails",
    "details",
    "description",
    "additionalInformation",
)
_TRADE_DAYS = ("transactionDate", "valueDate", "acceptorTransactionDateTime", "executionDateTime")
_KINDS = ("transactionType", "proprietaryBankTransactionCode", "bankTransactionCode")


def read_rows(
    holder: Thing,
    *,
    account: str | None,
    currency: str | None,
    next_link: str | None,
    signs_amounts: bool,
    is_debit_positive: bool,
    part_currency: str | None = None,
) -> Rows:
    """The rows that `holder` lists; of a wallet only those in `part_currency`.

    Raises:
        BankAnsweredNonsense: a row has no amount, the rows are in several currencies, or one of a
            wallet does not say in which.
    """
    listed = _by_state(holder)
    if part_currency is not None:
        listed = tuple([row for row in rows if _is_in(row, part_currency)] for rows in listed)
        currency = part_currency
    moving = [(row, _amount(row)) for row in (*listed[0], *listed[1])]
    said = _one_currency(moving)
    signs_amounts = signs_amounts or any(amount.is_signed for _, amount in moving)
    reader = _Reader(account, said or currency, signs_amounts, is_debit_positive)
    booked = tuple(reader.read(row, TransactionStatus.DONE) for row in listed[0])
    pending = tuple(reader.read(row, TransactionStatus.PENDING) for row in listed[1])
    information = [row for row in listed[2] if amount_in(row, *_AMOUNTS) is not None]
    return Rows(
        account=account,
        currency=said or currency,
        booked=booked,
        pending=pending,
        information=tuple(reader.read(row, TransactionStatus.PENDING) for row in information),
        next_link=next_link,
        signs_amounts=signs_amounts,
    )


def _by_state(holder: Thing) -> tuple[list[Thing], ...]:
    """Booked, pending and informing rows; rows of a mixed list say themselves what they are."""
    booked = holder.things(*_BOOKED) or []
    pending = holder.things(*_PENDING) or []
    information = holder.things(*_INFORMATION) or []
    for row in holder.things(MIXED) or []:
        state = (row.text("status", "transactionStatus", "bookingStatus") or "").upper()
        if state in _PENDING_STATES:
            pending.append(row)
        elif state in _INFORMATION_STATES:
            information.append(row)
        else:
            booked.append(row)
    return booked, pending, information


def number_of(thing: Thing, names: Sequence[str] = _NUMBERS) -> str | None:
    """The account's number without blanks; masked ones stay as they are."""
    written = thing.text(*names)
    return "".join(written.split()) if written else None


class _Reader:
    """Reads the rows of one page; equal rows without ids are told apart by their order."""

    def __init__(
        self, account: str | None, currency: str | None, signs_amounts: bool, is_inverted: bool
    ) -> None:
        self._account = account
        self._currency = currency
        self._signs_amounts = signs_amounts
        self._is_inverted = is_inverted
        self._seen: Counter[str] = Counter()

    def read(self, row: Thing, status: TransactionStatus) -> Transaction:
        """One row as a noun."""
        amount = self._directed(row, _amount(row))
        party, number = self._party(row, amount < 0)
        details = next(iter(row.things("entryDetails") or []), Thing({}))
        balance = _balance_after(row)
        return Transaction(
            amount=amount,
            transaction_on=row.day(*_TRADE_DAYS),
            booked_on=row.day("bookingDate", "bookingDateTime"),
            balance=None if balance is None else scaled(balance.value, balance.currency),
            title=row.text(*_TITLES) or details.text(*_TITLES),
            party=party,
            party_iban=number,
            kind=row.text(*_KINDS),
            status=status,
            bank_id=row.opaque(*_IDS) or self._computed(row, amount),
        )

    def _directed(self, row: Thing, amount: Amount) -> Decimal:
        """The signed amount; where the bank writes no signs, by who pays whom."""
        value = scaled(amount.value, amount.currency or self._currency)
        if self._is_inverted:
            return -value if value else value
        if amount.is_signed or self._signs_amounts or not value:
            return value
        return -value if self._is_paid_by_us(row) else value

    def _is_paid_by_us(self, row: Thing) -> bool:
        """Whether our account is the debtor; a row that names only a creditor pays them."""
        debtor, creditor = _number_in(row, "debtorAccount"), _number_in(row, "creditorAccount")
        if self._account is not None and (debtor == self._account) != (creditor == self._account):
            return debtor == self._account
        has_debtor = debtor is not None or row.text("debtorName") is not None
        has_creditor = creditor is not None or row.text("creditorName") is not None
        return has_creditor and not has_debtor

    def _party(self, row: Thing, is_outflow: bool) -> tuple[str | None, str | None]:
        """The other side's name and number.

        The side whose number is not ours is the other one, whatever the sign says; else the sign
        tells, and the only side named is the other one.
        """
        sides = {role: _side(row, role) for role in ("creditor", "debtor")}
        ours = [role for role, (_, number) in sides.items() if number == self._account]
        if self._account is not None and len(ours) == 1:
            other = "debtor" if ours == ["creditor"] else "creditor"
        else:
            other = "creditor" if is_outflow else "debtor"
            if sides[other] == (None, None):
                other = "debtor" if is_outflow else "creditor"
        name, number = sides[other]
        return (name, number) if name or number else (_merchant(row), None)

    def _computed(self, row: Thing, amount: Decimal) -> str:
        """An id for a row without one: the same row gives the same id at every reading."""
        facts = [self._account, str(amount.normalize()), self._currency]
        facts += [text_of(row.raw(name)) for name in ("bookingDate", "valueDate", "endToEndId")]
        facts += [row.text(*_TITLES), row.text("creditorName"), row.text("debtorName")]
        written = "\x1f".join(fact or "" for fact in facts)
        self._seen[written] += 1
        nth = f"{written}\x1f{self._seen[written]}"
        return COMPUTED_ID + hashlib.sha256(nth.encode()).hexdigest()[:COMPUTED_ID_HEX_DIGITS]


def _amount(row: Thing) -> Amount:
    """The row's amount.

    Raises:
        BankAnsweredNonsense: it has none.
    """
    amount = amount_in(row, *_AMOUNTS)
    if amount is None:
        raise BankAnsweredNonsense(row.at("transactionAmount"), "an amount")
    return amount


def _is_in(row: Thing, currency: str) -> bool:
    """Whether the row of a wallet is in this currency; one without an amount moves nothing."""
    amount = amount_in(row, *_AMOUNTS)
    if amount is None:
        return False
    if amount.currency is None:
        raise BankAnsweredNonsense(
            row.at("transactionAmount.currency"), "a currency, for the account holds several"
        )
    return amount.currency == currency


def _one_currency(moving: Sequence[tuple[Thing, Amount]]) -> str | None:
    """What the rows say they are in; they must agree."""
    said: str | None = None
    for row, amount in moving:
        if amount.currency is not None and said not in (None, amount.currency):
            raise BankAnsweredNonsense(
                row.at("transactionAmount.currency"), "the currency of the rows before it"
            )
        said = said or amount.currency
    return said


def _number_in(row: Thing, name: str) -> str | None:
    """The number of an account reference, which may be a bare text."""
    reference = row.thing(name)
    if reference is not None:
        return number_of(reference)
    written = row.opaque(name)
    return "".join(written.split()) if written else None


def _side(row: Thing, role: str) -> tuple[str | None, str | None]:
    """The name and number of the creditor or the debtor."""
    name = row.text(f"{role}Name", role, f"ultimate{role.capitalize()}")
    return name, _number_in(row, f"{role}Account")


def _balance_after(row: Thing) -> Amount | None:
    """The balance after the row, bare or in the standard's balance object."""
    after = row.thing("balanceAfterTransaction")
    if after is not None and "balanceAmount" in after:
        return amount_in(after, "balanceAmount")
    return amount_in(row, "balanceAfterTransaction")


def _merchant(row: Thing) -> str | None:
    """The shop of a card payment."""
    address = row.thing("cardAcceptorAddress")
    named = row.text("cardAcceptorName", "merchantName", "tradingParty")
    return named or (address.text("name", "townName") if address else None)
