"""Which of a bank's balances stands on the account, and which may be spent; pure.

Source: COBS 8.0, balanceInfo; ISO 20022 BalanceType codes.
"""

from __future__ import annotations

from opensaldo.connectors.amounts import amount_in, currency_in, scaled
from opensaldo.connectors.protocols.czech_standard.messages import answer
from opensaldo.connectors.protocols.czech_standard.records import Balance, Balances
from opensaldo.connectors.things import Thing
from opensaldo.domain.account import BalanceKind
from opensaldo.errors import BankAnsweredNonsense

BOOKED_ORDER = ("CLBD", "ITBD", "PRCD", "OPBD")
AVAILABLE_ORDER = ("CLAV", "ITAV", "OPAV", "FWAV")


def read_balances(body: bytes, currency: str | None = None) -> Balances:
    """All balances, and the two that count among those in the account's currency.

    Without `currency` the first balance's is the account's.

    Raises:
        OpenSaldoError: the answer is an error, none of the standard, or has a balance without
            an amount.
    """
    found = answer(body, "balances", "balance")
    items = tuple(_balance(one) for one in found.things("balances", "balance") or [])
    currency = currency or next((item.currency for item in items if item.currency), None)
    ours = [item for item in items if item.currency in (None, currency)]
    booked = _preferred(ours, BOOKED_ORDER)
    available = _preferred(ours, AVAILABLE_ORDER)
    made_of = BalanceKind.BOOKED
    if booked is None and available is None and len(ours) == 1:
        booked, made_of = ours[0], BalanceKind.UNKNOWN
    return Balances(
        currency=currency,
        booked=booked.amount if booked else None,
        available=available.amount if available else None,
        items=items,
        booked_on=booked.on if booked else None,
        booked_kind=made_of,
    )


def _preferred(items: list[Balance], order: tuple[str, ...]) -> Balance | None:
    """The balance of the kind that comes first in the order."""
    return next((item for kind in order for item in items if item.kind == kind), None)


def _balance(one: Thing) -> Balance:
    """One balance; its indicator says whether it is below zero."""
    amount = amount_in(one, "amount", "balanceAmount", "value")
    if amount is None:
        raise BankAnsweredNonsense(one.at("amount"), "an amount")
    currency = amount.currency or currency_in(one, "currency")
    return Balance(
        kind=_kind(one),
        amount=scaled(amount.value, currency),
        currency=currency,
        on=(one.thing("date") or one).day("dateTime", "date"),
    )


def _kind(one: Thing) -> str:
    """The balance's code in capitals, wherever it stands; empty without one."""
    outer = one.thing("type", "balanceType")
    if outer is None:
        return (one.text("type", "balanceType") or "").upper()
    inner = outer.thing("codeOrProprietary") or outer
    return (inner.text("code", "proprietary", "codeOrProprietary") or "").upper()
