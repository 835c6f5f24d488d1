"""Reading what banks really send: lenient in form by rule, strict in meaning.

Null is absent, numbers and texts stand for each other, unknown members are ignored; an amount is
a decimal of the digits the bank wrote, never a binary float. What cannot be understood is an error
that names its place and never shows what stood there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, UnsetType

from opensaldo.connectors.fitting import fitted
from opensaldo.domain.money import AMOUNT_DIGITS_MAX, parse_amount
from opensaldo.errors import BankAnsweredNonsense

Id = str | int
Text = str | int
Amount = Raw | UnsetType
Anything = Raw | UnsetType

NO_CURRENCY = "XXX"  # ISO 4217: no currency; lists of accounts may leave it out
NUMBER_CHARACTERS_MAX = 64
DECIMALS_MAX = 9
DECIMALS_OF_A_FLOAT = 6  # what is left of a binary float's print; no currency has more than 4

_Message = TypeVar("_Message")
_LONE_SURROGATE = re.compile(
    rb"(\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u[dD][89a-fA-F].."
)  # a bank's text may be cut in the middle of a pair; it is no reason to refuse the page
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_DAY_FORMS = (
    (re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T Z+-].*)?"), (1, 2, 3)),
    (re.compile(r"(\d{4})/(\d{2})/(\d{2})(?:[T ].*)?"), (1, 2, 3)),
    (re.compile(r"(\d{4})(\d{2})(\d{2})(?:T.*)?"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[T ].*)?"), (3, 2, 1)),
)
_CURRENCY = re.compile(r"[A-Z]{3}")


def decode(body: bytes, message: type[_Message], *, within: str = "") -> _Message:
    """The message these bytes hold; `within` is the member of a reply they came from.

    What has the wrong form is brought into the right one where that is certain (`fitting`).

    Raises:
        BankAnsweredNonsense: they are not JSON, or a member is of an impossible type.
    """
    decoder = msgspec.json.Decoder(message, float_hook=Decimal)
    body = body.removeprefix(_BYTE_ORDER_MARK)
    try:
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            return decoder.decode(fitted(decode(body, Any), message))
        except msgspec.DecodeError:
            return decoder.decode(_LONE_SURROGATE.sub(_replaced, body))
    except msgspec.ValidationError as fault:
        expected, _, path = str(fault).partition(" - at `$")
        wanted = expected.partition(", got ")[0].removeprefix("Expected ").replace("`", "")
        place = (within + path.rstrip("`")).lstrip(".")
        raise BankAnsweredNonsense(place or "body", wanted) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation):
        raise BankAnsweredNonsense("body", "JSON") from None


def as_written(body: bytes) -> dict[str, Any]:
    """The object as the bank wrote it, numbers as decimals.

    Raises:
        BankAnsweredNonsense: it is no object.
    """
    return decode(body, dict[str, Any])


def present(raw: Anything) -> bytes | None:
    """The member's bytes, None when it is absent or null."""
    return None if isinstance(raw, UnsetType) or bytes(raw) == b"null" else bytes(raw)


def text_of(raw: Anything) -> str | None:
    """The number or text as the bank wrote it, without its quotes; None when absent or null."""
    written = present(raw)
    if written is None:
        return None
    return decode(written, str) if written.startswith(b'"') else written.decode("utf-8")


def texts_of(raw: Anything) -> tuple[str, ...]:
    """All texts of a text, a number, a list or an object, however deep, in the bank's order.

    What a standard defines as one text comes as an object or a list of them too.
    """
    written = present(raw)
    return tuple(_leaves(decode(written, Any))) if written is not None else ()


def text(written: Id | None) -> str | None:
    """The text without outer blanks; None when nothing is left."""
    return (str(written).strip() or None) if written is not None else None


def line_of(written: Id | None) -> str | None:
    """The text in one line: HTML breaks are blanks, blanks do not repeat."""
    return text(" ".join(_BREAK.sub(" ", str(written)).split())) if written is not None else None


def account_number(written: Id | None) -> str | None:
    """An account number without blanks; a masked one stays as it is."""
    return text("".join(str(written).split())) if written is not None else None


def distinct(written: Iterable[Id | None]) -> tuple[str, ...]:
    """The texts that say something, each once, in order."""
    return tuple(dict.fromkeys(one for one in map(text, written) if one))


def amount(raw: Amount, path: str) -> Decimal | None:
    """The exact amount, written as a text or as a number; None when absent.

    A JSON number may have an exponent, or the many digits of a printed binary float.

    Raises:
        BankAnsweredNonsense: it is no amount.
    """
    written = (text_of(raw) or "").strip()
    if not written:
        return None
    try:
        return _number(written) if _is_number(raw) else parse_amount(written)
    except (ValueError, InvalidOperation):
        raise BankAnsweredNonsense(path, "an amount with a decimal point") from None


def day(written: str | None, path: str) -> date | None:
    """The day of a date or date-time, in the bank's local time as it wrote it.

    Raises:
        BankAnsweredNonsense: it is no date.
    """
    if not text(written):
        return None
    return day_of(str(written).strip(), path)


def day_of(written: str, path: str) -> date:
    """The day of a date or date-time, in the bank's local time as it wrote it.

    Where the year stands last, the day stands first.

    Raises:
        BankAnsweredNonsense: it is no day.
    """
    for form, (year, month, day) in _DAY_FORMS:
        if found := form.fullmatch(written):
            try:
                return date(int(found[year]), int(found[month]), int(found[day]))
            except ValueError:
                break
    raise BankAnsweredNonsense(path, "a date YYYY-MM-DD or a date-time")


def instant(written: str | None, path: str) -> datetime | None:
    """The moment a date-time names; without an offset it is read as UTC.

    Raises:
        BankAnsweredNonsense: it is no date-time.
    """
    if not text(written):
        return None
    try:
        moment = datetime.fromisoformat(str(written).strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BankAnsweredNonsense(path, "a date-time") from None


def currency(written: str | None, path: str) -> str | None:
    """The currency code, None when absent.

    Raises:
        BankAnsweredNonsense: it is no code.
    """
    code = (text(written) or "").upper()
    if code and not _CURRENCY.fullmatch(code):
        raise BankAnsweredNonsense(path, "three letters (ISO 4217)")
    return code or None


def _is_number(raw: Amount) -> bool:
    """Whether the member is a JSON number."""
    written = present(raw)
    return written is not None and not written.startswith(b'"')


def _number(written: str) -> Decimal:
    """The decimal of a JSON number."""
    if len(written) > NUMBER_CHARACTERS_MAX:
        raise ValueError("too long")
    value = Decimal(written)
    if not value.is_finite() or value.adjusted() >= AMOUNT_DIGITS_MAX:
        raise ValueError("too large")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMALS_MAX:
        return value.quantize(Decimal(1).scaleb(-DECIMALS_OF_A_FLOAT), ROUND_HALF_EVEN)
    return value.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else value


def _leaves(value: Any) -> Iterable[str]:
    """The texts and numbers of any JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _replaced(found: re.Match[bytes]) -> bytes:
    """What stays of a match: all of it, or the replacement character for half of a pair."""
    return found[1] or b"\\ufffd"
