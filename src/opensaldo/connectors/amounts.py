"""Amounts as banks write them: text or number, point or comma; exact, never guessed.

Source: NextGenPSD2 1.3.12, amount and amountValue (older versions call the value `content`); COBS
8.0, amount and creditDebitIndicator.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from opensaldo.connectors.things import Thing, text_of
from opensaldo.domain.money import AMOUNT_DIGITS_MAX, minor_unit_digits
from opensaldo.errors import BankAnsweredNonsense

FRACTION_DIGITS_MAX = 9
DECIMALS_OF_A_FLOAT = 6  # a number with more was a binary float at the bank; the rest is noise
AMOUNT_CHARACTERS_MAX = 64

_CURRENCY = re.compile(r"[A-Z]{3}")
_CURRENCY_AROUND = re.compile(r"^[A-Z]{3}(?=[\s\d+-])|(?<=[\s\d+-])[A-Z]{3}$")
_GROUPING = re.compile(r"[\s'\u00a0\u202f\u2019_]")
_PLAIN = re.compile(r"\d+(\.\d*)?|\.\d+")
_POWER = re.compile(r"\d+(\.\d+)?E[+-]?\d{1,2}")
_THOUSANDS = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})+")
_VALUES = ("amount", "content", "value", "amountValue")
_CURRENCIES = ("currency", "currencyCode", "ccy", "instdCurrency")
_DIRECTIONS = ("creditDebitIndicator", "creditDebit", "debitCreditIndicator", "transactionCategory")
_DEBIT, _CREDIT = ("DBIT", "DEBIT", "D"), ("CRDT", "CREDIT", "C")


class Amount(NamedTuple):
    """An amount as written.

    `is_signed` when the bank wrote a sign or said whether it is a debit or a credit.
    """

    value: Decimal
    currency: str | None
    is_signed: bool


def amount_in(thing: Thing, *names: str) -> Amount | None:
    """The first of these members that is an amount; None when all are absent.

    A member may be the standard's object or the bare value with its currency beside it; a word
    for debit or credit inside or beside it is the sign of an amount without one.

    Raises:
        BankAnsweredNonsense: what stands there is no amount, or no currency.
    """
    for name in names:
        written = thing.raw(name)
        if written is None or written in ({}, []):
            continue
        if isinstance(written, list) and len(written) == 1:
            written = written[0]
        if isinstance(written, Mapping):
            inner = Thing(written, thing.at(name))
            if not inner:
                continue
            return _amount(inner, inner.raw(*_VALUES), inner.at("amount"), thing)
        return _amount(thing, written, thing.at(name), thing)
    return None


def currency_in(thing: Thing, *names: str) -> str | None:
    """The currency code of the first of these members; it may be wrapped in an object.

    Raises:
        BankAnsweredNonsense: it is no code.
    """
    for name in names:
        said = text_of(thing.raw(name))
        if said is not None:
            code = said.upper()
            if not _CURRENCY.fullmatch(code):
                raise BankAnsweredNonsense(thing.at(name), "three letters (ISO 4217)")
            return code
    return None


def decimal_of(written: object, path: str) -> Decimal:
    """The exact decimal a text or number stands for.

    A comma is the decimal separator unless a point follows it; separators that can only group
    thousands are dropped; a comma before exactly three digits could mean either and is refused. A
    JSON number with the many digits of a printed binary float is rounded.

    Raises:
        BankAnsweredNonsense: anything else, or more digits than any account holds.
    """
    if isinstance(written, bool) or not isinstance(written, str | int | Decimal):
        raise BankAnsweredNonsense(path, "an amount")
    text = str(written).strip().upper()[:AMOUNT_CHARACTERS_MAX]
    text = _GROUPING.sub("", _CURRENCY_AROUND.sub("", text)).replace("\u2212", "-")
    sign, digits = _sign_and_digits(text)
    digits = _with_point(digits, path)
    if not (_PLAIN.fullmatch(digits) or _POWER.fullmatch(digits)):
        raise BankAnsweredNonsense(path, "an amount with a decimal point")
    value = Decimal(digits)
    exponent = value.as_tuple().exponent
    if value.adjusted() >= AMOUNT_DIGITS_MAX or not isinstance(exponent, int):
        raise BankAnsweredNonsense(path, f"at most {AMOUNT_DIGITS_MAX} digits")
    if -exponent > FRACTION_DIGITS_MAX and isinstance(written, str):
        raise BankAnsweredNonsense(path, f"at most {FRACTION_DIGITS_MAX} decimals")
    if -exponent > FRACTION_DIGITS_MAX:
        value = value.quantize(Decimal(1).scaleb(-DECIMALS_OF_A_FLOAT))
    whole = value if exponent <= 0 else value.quantize(Decimal(1))
    return -whole if sign == "-" and whole else whole


def scaled(value: Decimal, currency: str | None) -> Decimal:
    """The same amount with the decimals its currency has, where that loses nothing."""
    if currency is None:
        return value
    fitting = value.quantize(Decimal(1).scaleb(-minor_unit_digits(currency)))
    return fitting if fitting == value else value


def _amount(thing: Thing, written: Any, path: str, around: Thing) -> Amount:
    """The amount with its currency and what says its sign."""
    if isinstance(written, Mapping):
        nested = Thing(written, path)
        return _amount(nested, nested.raw(*_VALUES), nested.at("amount"), thing)
    value = decimal_of(written, path)
    currency = currency_in(thing, *_CURRENCIES)
    if currency is None and isinstance(written, str):
        found = _CURRENCY_AROUND.search(written.strip().upper())
        currency = found[0] if found else None
    word = (thing.text(*_DIRECTIONS) or around.text(*_DIRECTIONS) or "").upper()
    if word in _DEBIT:
        return Amount(-abs(value) if value else value, currency, True)
    if word in _CREDIT:
        return Amount(abs(value), currency, True)
    is_signed = value < 0 or str(written).strip().startswith("+")
    return Amount(value, currency, is_signed)


def _sign_and_digits(text: str) -> tuple[str, str]:
    """The sign, which may stand on either side, and the rest."""
    if text.startswith(("+", "-")):
        return text[0], text[1:]
    if text.endswith(("+", "-")):
        return text[-1], text[:-1]
    return "", text


def _with_point(digits: str, path: str) -> str:
    """The digits with a point before the decimals and nothing between thousands."""
    if "," in digits and "." in digits:
        group = "," if digits.rindex(",") < digits.rindex(".") else "."
        return digits.replace(group, "").replace(",", ".")
    if _THOUSANDS.fullmatch(digits):
        return digits.replace(",", "").replace(".", "")
    if "," in digits:
        if re.fullmatch(r"[1-9]\d{0,2},\d{3}", digits):
            raise BankAnsweredNonsense(path, "an amount with a decimal point")
        return digits.replace(",", ".")
    return digits
