"""Which of a bank's balances stands on the account, and which may be spent; pure.

Source: NextGenPSD2 1.3.12, balance and balanceType; ISO 20022 BalanceType codes; the order of
preference is a working connector's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from opensaldo.connectors.amounts import amount_in, scaled
from opensaldo.connectors.protocols.berlin_group.records import Balance, Balances
from opensaldo.connectors.things import Thing
from opensaldo.domain.account import BalanceKind
from opensaldo.errors import BankAnsweredNonsense

BOOKED_ORDER = (
    "closingBooked",
    "interimBooked",
    "interimAvailable",
    "openingBooked",
    "expected",
    "previouslyClosedBooked",
    "closingAvailable",
    "authorised",
    "forwardAvailable",
    "nonInvoiced",
)
AVAILABLE_ORDER = (
    "interimAvailable",
    "interimBooked",
    "openingBooked",
    "closingBooked",
    "expected",
    "closingAvailable",
    "authorised",
    "forwardAvailable",
    "previouslyClosedBooked",
)
CARD_BOOKED_ORDER = (
    "closingBooked",
    "interimBooked",
    "nonInvoiced",
    "openingBooked",
    "expected",
    "previouslyClosedBooked",
)
CARD_AVAILABLE_ORDER = ("interimAvailable", "closingAvailable", "forwardAvailable", "authorised")
BOOKED_KINDS = (
    "closingBooked",
    "interimBooked",
    "openingBooked",
    "previouslyClosedBooked",
    "nonInvoiced",
)
_NAMED = frozenset({*BOOKED_ORDER, *AVAILABLE_ORDER})

_KINDS = {
    "CLBD": "closingBooked",
    "ITBD": "interimBooked",
    "ITAV": "interimAvailable",
    "OPBD": "openingBooked",
    "XPCD": "expected",
    "PRCD": "previouslyClosedBooked",
    "CLAV": "closingAvailable",
    "FWAV": "forwardAvailable",
    "AUTHORIZED": "authorised",
    "AVAILABLE": "interimAvailable",
    "BOOKED": "interimBooked",
    "CURRENT": "interimBooked",
} | {kind.upper(): kind for kind in (*BOOKED_ORDER, *AVAILABLE_ORDER)}
_AMOUNTS = ("balanceAmount", "amount", "value")


def read_balances(
    written: list[Thing],
    *,
    account: str | None,
    currency: str | None,
    is_card: bool,
    is_debit_positive: bool,
) -> Balances:
    """All balances, and the two that count among those in the account's currency.

    Without `currency` the first balance's is the account's. A card whose debits are written
    without a minus owes what its booked balances say, so those change their sign.

    Raises:
        BankAnsweredNonsense: a balance has no amount.
    """
    items = tuple(item for one in written for item in _items(one))
    if is_card and is_debit_positive:
        items = tuple(
            item if item.kind in CARD_AVAILABLE_ORDER else replace(item, amount=-item.amount)
            for item in items
        )
    currency = currency or next((item.currency for item in items if item.currency), None)
    return counted(items, account=account, currency=currency, is_card=is_card)


def counted(
    items: tuple[Balance, ...], *, account: str | None, currency: str | None, is_card: bool
) -> Balances:
    """The balances with the two that count.

    Of several of one kind the one without the credit limit counts, then the latest.
    """
    ours = [item for item in items if item.currency in (None, currency)]
    booked_order = CARD_BOOKED_ORDER if is_card else BOOKED_ORDER
    available_order = CARD_AVAILABLE_ORDER if is_card else AVAILABLE_ORDER
    bare = [item for item in ours if not item.is_with_credit_limit]
    booked = _preferred(bare or ours, booked_order)
    available = _preferred(ours, available_order)
    return Balances(
        account=account,
        currency=currency,
        booked=booked.amount if booked else None,
        available=available.amount if available else None,
        items=items,
        booked_on=booked.on if booked else None,
        booked_kind=_made_of(booked),
    )


def _preferred(items: list[Balance], order: tuple[str, ...]) -> Balance | None:
    """The balance of the kind that comes first in the order; of an unknown kind only if alone."""
    for kind in order:
        if found := [item for item in items if item.kind == kind]:
            return max(found, key=_weight)
    return items[0] if len(items) == 1 and order in (BOOKED_ORDER, AVAILABLE_ORDER) else None


def _made_of(item: Balance | None) -> BalanceKind:
    """What the balance is made of; a credit limit in it makes it one of what may be spent."""
    if item is None or (item.kind in BOOKED_KINDS and not item.is_with_credit_limit):
        return BalanceKind.BOOKED
    if item.kind == "expected" and not item.is_with_credit_limit:
        return BalanceKind.EXPECTED
    return BalanceKind.AVAILABLE if item.kind in _NAMED else BalanceKind.UNKNOWN


def _weight(item: Balance) -> tuple[bool, date]:
    """Of several balances of one kind the heaviest counts: bare of the limit, then the latest."""
    return not item.is_with_credit_limit, item.on or date.min


def _items(one: Thing) -> Iterator[Balance]:
    """The balance, or those an older version nests under their kind (1.0 and 1.1)."""
    if one.raw(*_AMOUNTS) is not None:
        yield _balance(one, one.text("balanceType", "type", "kind") or "")
        return
    nested = [(name, inner) for name in one.members if (inner := one.thing(name))]
    nested = [(name, inner) for name, inner in nested if name.upper() in _KINDS]
    if not nested:
        raise BankAnsweredNonsense(one.at("balanceAmount"), "an amount")
    for name, inner in nested:
        yield _balance(inner, name)


def _balance(one: Thing, kind: str) -> Balance:
    amount = amount_in(one, *_AMOUNTS)
    if amount is None:
        raise BankAnsweredNonsense(one.at("balanceAmount"), "an amount")
    return Balance(
        kind=_KINDS.get(_letters(kind).upper(), kind),
        amount=scaled(amount.value, amount.currency),
        currency=amount.currency,
        on=_day(one),
        is_with_credit_limit=one.truth("creditLimitIncluded") is True,
    )


def _day(one: Thing) -> date | None:
    """The day it was so; one that cannot be read is no reason to lose the balance."""
    try:
        return one.day("referenceDate", "lastChangeDateTime", "date", "lastActionDateTime")
    except BankAnsweredNonsense:
        return None


def _letters(kind: Iterable[str]) -> str:
    return "".join(one for one in kind if one.isalnum())
