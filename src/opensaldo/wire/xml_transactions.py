"""Transactions in XML, in the element order of the wire contract, section 8."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.wire.text import amount_text, titled
from opensaldo.wire.xml_text import Lines, content, enclosed, line

IN_ACCOUNT_DEPTH = 5


class TransactionWriter:
    """Writes the transactions of one document; what repeats is remembered as long as it lives."""

    __slots__ = (
        "_booked_on",
        "_close",
        "_constant_symbol",
        "_depth",
        "_kind",
        "_labels",
        "_on",
        "_open",
        "_pad",
        "_party",
        "_party_iban",
        "_status",
        "_variable_symbol",
    )

    def __init__(self, *, container_depth: int = IN_ACCOUNT_DEPTH) -> None:
        """Start with nothing remembered; the list stands this deep, inside an account or not."""
        depth = container_depth + 2
        self._depth, self._pad = container_depth, "  " * depth
        row_pad = "  " * (container_depth + 1)
        self._open = f"{row_pad}<moneyTransaction>\n".encode()
        self._close = f"{row_pad}</moneyTransaction>\n".encode()
        self._on = Lines(depth, "transactionOn", date.isoformat)
        self._booked_on = Lines(depth, "bookedOn", date.isoformat)
        self._party = Lines(depth, "party", content)
        self._party_iban = Lines(depth, "partyIban", content)
        self._variable_symbol = Lines(depth, "variableSymbol", content)
        self._constant_symbol = Lines(depth, "constantSymbol", content)
        self._kind = Lines(depth, "kind", content)
        self._status = Lines(depth, "status", _status)
        self._labels = Lines(depth, "labels", partial(_labels, depth))

    def money_transactions(self, rows: Sequence[Transaction]) -> Iterable[bytes]:
        """The container with its rows in the order given, or nothing when there are none."""
        pieces = map(self.money_transaction, rows)
        return enclosed(self._depth, "moneyTransactions", pieces) if rows else ()

    def money_transaction(self, row: Transaction) -> bytes:
        """One row."""
        return b"".join(
            (
                self._open,
                self._on[row.transaction_on],
                self._booked_on[row.booked_on],
                _amounts(self._pad, row.amount, row.balance),
                _title(self._pad, titled(row)),
                self._party[row.party],
                self._party_iban[row.party_iban],
                self._variable_symbol[row.variable_symbol],
                self._constant_symbol[row.constant_symbol],
                self._kind[row.kind],
                self._status[row.status],
                self._labels[row.labels],
                self._close,
            )
        )


def _amounts(pad: str, amount: Decimal, balance: Decimal | None) -> bytes:
    lines = f"{pad}<currencyAmount>{amount_text(amount)}</currencyAmount>\n"
    if balance is not None:
        lines += f"{pad}<currencyBalance>{amount_text(balance)}</currencyBalance>\n"
    return lines.encode()


def _title(pad: str, text: str | None) -> bytes:
    """Titles seldom repeat, so they are not remembered."""
    shown = content(text) if text else ""
    return f"{pad}<title>{shown}</title>\n".encode() if shown else b""


def _status(status: TransactionStatus) -> str:
    return status.value


def _labels(depth: int, labels: tuple[str, ...]) -> str:
    """What stands between `<labels>` and its end; empty without a label that may be sent."""
    texts = [content(label) for label in labels]
    lines = "".join([line(depth + 1, "label", text) for text in texts if text])
    return f"\n{lines}{'  ' * depth}" if lines else ""
