"""What a consent remembers of an account between imports: fingerprints, never what they are of.

A row leaves its id and keyed fingerprints of its facts; of the account its balance and how far the
last import reached. All of it is one sealed blob per account and consent, gone with the consent.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate, repeat

from opensaldo.domain.account import BalanceKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.engine.identity import (
    Fingerprint,
    lasting_facts,
    numbers_of,
    plain_amount,
    plain_number,
    words_of,
)
from opensaldo.wire import sealed

TOKEN_HEX_DIGITS = 12
WORDS_MAX = 8
NUMBERS_MAX = 4
ROWS_MAX = 2_000  # per account; older booked rows have ids that come from their facts alone
STEP = Decimal("1.2")  # of the scale by which amounts are near each other
LARGEST = Decimal(10**9)


class Standing(StrEnum):
    """What a remembered row is; a retired one does not come back."""

    BOOKED = "booked"
    PENDING = "pending"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """One row as fingerprints.

    `facts` stands for everything the bank said of the row but its id, `lasting` for what our id is
    made from, `near` for amounts about as large, `numbers` for those in its texts. `first_on` and
    `last_on` are days of our own: when it was listed first and last. `was_shown` tells that a
    client has had it: not only what was asked for is read.
    """

    id: str
    standing: Standing
    facts: str
    lasting: str
    day: str
    amount: str
    near: tuple[str, ...]
    words: tuple[str, ...]
    first_on: date
    last_on: date
    hint: str | None = None
    numbers: tuple[str, ...] = ()
    was_shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of one account: it was read on a day, back to another.

    `kind` is what its balance was made of, `ahead` sums of rows that may not have been in it,
    `beside_on` when the bank last listed a pending row beside its booked one under one id. Of
    booked rows of days before `whole_since` some are forgotten.
    """

    prints: tuple[Print, ...]
    balance: Decimal | None
    pending: Decimal
    kind: BalanceKind = BalanceKind.BOOKED
    ahead: tuple[Decimal, ...] = (Decimal(0),)
    since: date
    read_on: date
    beside_on: date | None = None
    whole_since: date | None = None

    def has_all_of(self, on: date | None) -> bool:
        """Whether every booked row of this day that was listed is remembered."""
        return self.whole_since is None or on is None or on >= self.whole_since


def pack(memory: Memory) -> bytes:
    """The memory as bytes that are only ever kept sealed."""
    return sealed.encode(memory)


def unpack(data: bytes) -> Memory:
    """What `pack` wrote."""
    return sealed.decode(data, Memory)


class Printer:
    """Takes the fingerprints of one account's rows."""

    def __init__(self, fingerprint: Fingerprint, account_id: str) -> None:
        """Fingerprints are the account's own: the same text of another account has others."""
        self._fingerprint = fingerprint
        self._account = account_id
        self._tokens: dict[tuple[str, ...], str] = {}

    def print_of(self, row: Transaction, row_id: str, today: date) -> Print:
        """The row's fingerprints, as first listed today."""
        party = plain_number(row.party_iban)
        sign = "-" if row.amount < 0 else "+"
        numbers = numbers_of(row.party, row.title)[:NUMBERS_MAX]
        words = (*((party,) if party else ()), *words_of(row.party, row.title))[:WORDS_MAX]
        return Print(
            id=row_id,
            standing=standing_of(row),
            facts=self._token("facts", *facts_of(row)),
            lasting=self._token("lasting", *lasting_facts(row)),
            day=self.day(row.day or today),
            amount=self._token("amount", plain_amount(row)),
            near=tuple(self._token("near", one) for one in _near(row.amount)),
            words=tuple(self._token("word", word) for word in words),
            first_on=today,
            last_on=today,
            hint=self._token("hint", row.bank_hint) if row.bank_hint else None,
            numbers=tuple(self._token("number", sign, one) for one in numbers),
        )

    def day(self, on: date) -> str:
        """The fingerprint of a day."""
        return self._token("day", on.isoformat())

    def days(self, first: date, last: date) -> dict[str, date]:
        """The days from `first` to `last` by their fingerprints."""
        count = (last - first).days + 1
        found = (first + timedelta(days=place) for place in range(count))
        return {self.day(on): on for on in found}

    def _token(self, *parts: str) -> str:
        if parts not in self._tokens:
            made = self._fingerprint("print", self._account, *parts)
            self._tokens[parts] = made[:TOKEN_HEX_DIGITS]
        return self._tokens[parts]


def standing_of(row: Transaction) -> Standing:
    """What the row is while the bank lists it."""
    return Standing.BOOKED if row.status is TransactionStatus.DONE else Standing.PENDING


def facts_of(row: Transaction) -> tuple[str, ...]:
    """Everything the bank said of the row that a client can see; not its id, not our labels."""
    texts = (row.title, row.party, row.party_iban, row.kind)
    symbols = (row.variable_symbol, row.constant_symbol, row.specific_symbol)
    days = (one.isoformat() if one else None for one in (row.transaction_on, row.booked_on))
    written = (row.status.value, plain_amount(row), *days, *texts, *symbols)
    return tuple("\x00" if one is None else one for one in written)


def kept_prints(
    listed: Iterable[tuple[date, Print]],
    unlisted: Sequence[Print],
    since: date,
    memory: Memory | None,
) -> tuple[tuple[Print, ...], date | None]:
    """The prints worth keeping, and the day before which some are not; None when all ever were.

    Of booked rows the newest are kept, listed ones, with their days, before others; all of those
    not booked.
    """
    prints = sorted(listed, key=lambda pair: (pair[0], pair[1].id), reverse=True)
    booked = [pair for pair in prints if pair[1].standing is Standing.BOOKED]
    others = [one for _, one in prints if one.standing is not Standing.BOOKED]
    before = [one for one in unlisted if one.standing is Standing.BOOKED]
    before.sort(key=lambda one: (one.last_on, one.first_on, one.id), reverse=True)
    others += [one for one in unlisted if one.standing is not Standing.BOOKED]
    kept = [*(one for _, one in booked), *before][:ROWS_MAX]
    if len(booked) > ROWS_MAX:
        return (*kept, *others), booked[ROWS_MAX][0] + timedelta(days=1)
    if len(booked) + len(before) > ROWS_MAX:
        return (*kept, *others), since
    whole_before = memory.whole_since if memory is not None else None
    return (*kept, *others), None if whole_before is None else min(whole_before, since)


def _borders(first: Decimal) -> Sequence[Decimal]:
    steps = accumulate(repeat(STEP), lambda border, step: border * step, initial=first)
    found = []
    for border in steps:
        found.append(border)
        if border > LARGEST:
            return found
    return found


_SCALES = (_borders(Decimal("0.01")), _borders(Decimal("0.01") * STEP.sqrt()))


def _near(amount: Decimal) -> Iterable[str]:
    """Names of the intervals the amount is in, on two scales: near amounts share one of them."""
    sign = "-" if amount < 0 else "+"
    for name, scale in zip("ab", _SCALES, strict=True):
        yield f"{sign}{name}{bisect_right(scale, abs(amount))}"
