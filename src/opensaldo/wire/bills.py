"""A bill as JSON, for programs, and as CSV, for accountants."""

from __future__ import annotations

import csv
import io

import msgspec

from opensaldo.domain.bill import Bill

COLUMNS = ("day", "service", "quantity", "price", "amount", "why", "evidence")

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def bill_json(bill: Bill) -> bytes:
    """The bill with its lines; amounts are numbers with two decimals."""
    return _ENCODER.encode(
        {
            "client": bill.client_id,
            "month": str(bill.month),
            "priceList": bill.prices.name,
            "currency": bill.prices.currency,
            "final": bill.is_final,
            "total": bill.total,
            "lines": [
                {
                    "day": line.on,
                    "service": line.service.value,
                    "quantity": line.quantity,
                    "price": line.price,
                    "amount": line.amount,
                    "why": line.why,
                    "evidence": line.evidence,
                }
                for line in bill.lines
            ],
        }
    )


def bill_csv(bill: Bill) -> str:
    """One row a line and a last one with the total, under the names of the columns."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for line in bill.lines:
        figures = (line.quantity, f"{line.price:.2f}", f"{line.amount:.2f}")
        rows.writerow((line.on, line.service, *figures, line.why, "; ".join(line.evidence)))
    rows.writerow((bill.month, "TOTAL", "", "", f"{bill.total:.2f}", bill.prices.currency, ""))
    return text.getvalue()
