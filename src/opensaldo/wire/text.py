"""Texts and amounts as both dialects show them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

from opensaldo.domain.transaction import Transaction

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CENT = Decimal("0.01")
_WIDE = Context(prec=400, rounding=ROUND_HALF_EVEN)


def allowed(text: str) -> str:
    """The text without the characters XML 1.0 does not allow.

    Those are control characters other than tab, line feed and carriage return, lone surrogates,
    U+FFFE and U+FFFF; none of them is printable, so printable text is passed at once.
    """
    return text if text.isprintable() else _NOT_XML.sub("", text)


def clean_text(text: str | None) -> str | None:
    r"""The text as it may be sent: only characters XML 1.0 allows, no blanks at the ends.

    What is empty then is absent. Cleaning twice changes nothing more.

    >>> clean_text(" ZAKUPY\x00 0412 ")
    'ZAKUPY 0412'
    >>> clean_text("\x1b ") is None
    True
    """
    return None if text is None else allowed(text).strip() or None


def one_line(text: str | None) -> str | None:
    """The cleaned text with every run of blanks and line breaks made one blank."""
    return None if text is None else " ".join(allowed(text).split()) or None


def amount_text(amount: Decimal) -> str:
    """The amount with exactly two decimals, halves to even, never `-0.00` (wire, section 2.3).

    Raises:
        ValueError: the amount is not finite.

    >>> amount_text(Decimal("-41.2")), amount_text(Decimal("-0.001")), amount_text(Decimal("1E+2"))
    ('-41.20', '0.00', '100.00')
    """
    text = str(amount)
    if text[-3:-2] == "." and text != "-0.00":
        return text
    if not amount.is_finite():
        raise ValueError("amount: expected a finite number")
    rounded = f"{amount.quantize(_CENT, context=_WIDE):f}"
    return "0.00" if rounded == "-0.00" else rounded


def titled(row: Transaction) -> str | None:
    """The row's title, at its end the specific symbol, which alone of the three has no element.

    >>> titled(Transaction(amount=Decimal(1), title="Nájemné", specific_symbol="0412"))
    'Nájemné SS:0412'
    """
    if not row.specific_symbol:
        return row.title
    return f"{row.title or ''} SS:{row.specific_symbol}".strip()
