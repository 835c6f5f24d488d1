"""Wallets: accounts of several currencies under one number, told apart by currency; pure.

Such an account has the currency XXX. A bank lists it alone, beside its sub-accounts, or only those.
Source: NextGenPSD2 1.3.12, 4.5 (multicurrency accounts) and accountReference.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from opensaldo.connectors.lenient import NO_CURRENCY
from opensaldo.connectors.protocols.berlin_group.balances import counted
from opensaldo.connectors.protocols.berlin_group.records import Balances, ListedAccount
from opensaldo.errors import BankAnsweredNonsense

CURRENCIES_MAX = 50


def told_apart(listed: tuple[ListedAccount, ...]) -> tuple[ListedAccount, ...]:
    """The accounts of a list, one for each currency of a wallet.

    A wallet whose sub-accounts are listed too is left out, for they are what it holds; one that
    is listed with balances becomes its parts; any other stays whole.
    """
    found: list[ListedAccount] = []
    for one in listed:
        if not one.is_whole_wallet:
            found.append(one)
        elif not _has_sub_accounts(one, listed):
            found += parts_of(one, one.balances) if one.balances is not None else (one,)
    return _named_apart(found)


def parts_of(wallet: ListedAccount, stand: Balances) -> tuple[ListedAccount, ...]:
    """What a wallet holds in each currency of its balances.

    Raises:
        BankAnsweredNonsense: the balances do not tell the currencies.
    """
    whole = replace(wallet, balances=stand)
    return tuple(part_of(whole, currency) for currency in currencies_of(stand))


def part_of(one: ListedAccount, currency: str) -> ListedAccount:
    """What a wallet holds in one currency, with the balances that were written beside it."""
    account, items = one.reading.account, one.balances.items if one.balances else ()
    stand = counted(items, account=account.iban, currency=currency, is_card=False)
    account = replace(
        account,
        currency=currency,
        balance=stand.booked,
        balance_on=stand.booked_on,
        balance_kind=stand.booked_kind,
        available=stand.available,
    )
    return replace(
        one, reading=replace(one.reading, account=account, deposit=None), part_currency=currency
    )


def currencies_of(stand: Balances) -> tuple[str, ...]:
    """The currencies of a wallet's balances, in the bank's order.

    Raises:
        BankAnsweredNonsense: there is none, or a balance does not say in which it is.
    """
    said = tuple(dict.fromkeys(item.currency for item in stand.items))
    found = tuple(one for one in said if one not in (None, NO_CURRENCY))
    if not found or len(found) != len(said) or len(found) > CURRENCIES_MAX:
        raise BankAnsweredNonsense(
            "balances[].balanceAmount.currency", "a currency, for the account holds several"
        )
    return tuple(one for one in found if one is not None)


def _has_sub_accounts(wallet: ListedAccount, listed: tuple[ListedAccount, ...]) -> bool:
    number = wallet.reading.account.iban
    return number is not None and any(
        not one.is_whole_wallet and one.reading.card is None and one.reading.account.iban == number
        for one in listed
    )


def _named_apart(listed: list[ListedAccount]) -> tuple[ListedAccount, ...]:
    """Accounts of several currencies under one id of the bank's are named by both."""
    pairs = {(one.resource_id, one.reading.account.currency) for one in _accounts(listed)}
    times = Counter(name for name, _ in pairs if name is not None)
    return tuple(
        replace(one, part_currency=one.reading.account.currency)
        if times[one.resource_id or ""] > 1 and one.reading.card is None
        else one
        for one in listed
    )


def _accounts(listed: list[ListedAccount]) -> list[ListedAccount]:
    return [one for one in listed if one.reading.card is None]
