"""Transactions in XML, in the element order of the wire contract, section 8."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.wire.text import amount_text
from opensaldo.wire.xml_text import Lines, content, enclosed, line

CONTAINER_DEPTH = 5
ROW_DEPTH = 6
FIELD_DEPTH = 7

_PAD = "  " * FIELD_DEPTH
_OPEN = b"  " * ROW_DEPTH + b"<moneyTransaction>\n"
_CLOSE = b"  " * ROW_DEPTH + b"</moneyTransaction>\n"


class TransactionWriter:
    """Writes the transactions of one document; what repeats is remembered as long as it lives."""

    __slots__ = (
        "_booked_on",
        "_constant_symbol",
        "_kind",
        "_labels",
        "_on",
        "_party",
        "_party_iban",
        "_status",
        "_variable_symbol",
    )

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._on = Lines(FIELD_DEPTH, "transactionOn", date.isoformat)
        self._booked_on = Lines(FIELD_DEPTH, "bookedOn", date.isoformat)
        self._party = Lines(FIELD_DEPTH, "party", content)
        self._party_iban = Lines(FIELD_DEPTH, "partyIban", content)
        self._variable_symbol = Lines(FIELD_DEPTH, "variableSymbol", content)
        self._constant_symbol = Lines(FIELD_DEPTH, "constantSymbol", content)
        self._kind = Lines(FIELD_DEPTH, "kind", content)
        self._status = Lines(FIELD_DEPTH, "status", _status)
        self._labels = Lines(FIELD_DEPTH, "labels", _labels)

    def money_transactions(self, rows: Sequence[Transaction]) -> Iterable[bytes]:
        """The container with its rows in the order given, or nothing when there are none."""
        pieces = map(self.money_transaction, rows)
        return enclosed(CONTAINER_DEPTH, "moneyTransactions", pieces) if rows else ()

    def money_transaction(self, row: Transaction) -> bytes:
        """One row."""
        return b"".join(
            (
                _OPEN,
                self._on[row.transaction_on],
                self._booked_on[row.booked_on],
                _amounts(row.amount, row.balance),
                _title(row.title),
                self._party[row.party],
                self._party_iban[row.party_iban],
                self._variable_symbol[row.variable_symbol],
                self._constant_symbol[row.constant_symbol],
                self._kind[row.kind],
                self._status[row.status],
                self._labels[row.labels],
                _CLOSE,
            )
        )


def _amounts(amount: Decimal, balance: Decimal | None) -> bytes:
    lines = f"{_PAD}<currencyAmount>{amount_text(amount)}</currencyAmount>\n"
    if balance is not None:
        lines += f"{_PAD}<currencyBalance>{amount_text(balance)}</currencyBalance>\n"
    return lines.encode()


def _title(text: str | None) -> bytes:
    """Titles seldom repeat, so they are not remembered."""
    shown = content(text) if text else ""
    return f"{_PAD}<title>{shown}</title>\n".encode() if shown else b""


def _status(status: TransactionStatus) -> str:
    return status.value


def _labels(labels: tuple[str, ...]) -> str:
    """What stands between `<labels>` and its end; empty without a label that may be sent."""
    texts = [content(label) for label in labels]
    lines = "".join([line(FIELD_DEPTH + 1, "label", text) for text in texts if text])
    return f"\n{lines}{_PAD}" if lines else ""
