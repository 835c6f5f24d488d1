"""Accounts, balances and transactions in the standard's words."""

from collections.abc import Callable
from datetime import date
from typing import Any

from kontobank.people.countries import country
from kontobank.world import Account, Card, Party, Transaction

Link = Callable[..., dict[str, str]]
CASH_TYPES = {"CURRENT": "CACC", "BUSINESS": "CACC", "SAVINGS": "SVGS", "DEPOSIT": "SVGS"}
TEXT_CHARACTERS_MAX = 140
NAME_CHARACTERS_MAX = 70
SHORT_CHARACTERS_MAX = 35


def amount(minor: int, currency: str) -> dict[str, str]:
    """Hundredths as a signed amount with two decimals."""
    text = f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
    return {"currency": currency, "amount": text}


def reference(account: Account) -> dict[str, str]:
    """The account as others refer to it."""
    return {"iban": account.number, "currency": account.currency}


def account_details(account: Account, name: str, *, shows_owner: bool) -> dict[str, Any]:
    """One account under its resource id; the owner only where the consent says so."""
    shown: dict[str, Any] = {
        "resourceId": name,
        **reference(account),
        "name": account.client_name,
        "product": account.type_name[:SHORT_CHARACTERS_MAX],
        "cashAccountType": CASH_TYPES[account.type_code],
        "status": "enabled",
        "usage": "ORGA" if account.is_company else "PRIV",
    }
    if shows_owner:
        names = [owner.name[:NAME_CHARACTERS_MAX] for owner in account.owners]
        shown["ownerName"] = names[0]
        shown["ownerNames"] = [
            {"name": name, "role": owner.kind}
            for name, owner in zip(names, account.owners, strict=True)
        ]
    return shown


def with_bic(shown: dict[str, Any], code: str) -> dict[str, Any]:
    """The account with the bank's own BIC."""
    return {**shown, "bic": country(code).bic}


def balances(account: Account) -> list[dict[str, Any]]:
    """What is booked, and what can be spent; of a wallet in each currency."""
    held = account.pockets or (account,)
    return [
        {
            "balanceAmount": amount(minor, one.currency),
            "balanceType": kind,
            "creditLimitIncluded": False,
            "referenceDate": one.day.isoformat(),
        }
        for one in held
        for kind, minor in (
            ("closingBooked", one.balance_minor),
            ("interimAvailable", one.available_minor),
        )
    ]


def transaction(row: Transaction, account: Account) -> dict[str, Any]:
    """One row of an account: the amount is signed, a row on its way has no booking date."""
    owner = Party(account.owners[0].name, account.owners[0].address, account.number)
    debtor, creditor = (row.party, owner) if row.minor > 0 else (owner, row.party)
    shown: dict[str, Any] = {
        **_names(row),
        "transactionAmount": amount(row.minor, row.currency),
        **_side("creditor", creditor, row.currency),
        **_side("debtor", debtor, row.currency),
        "remittanceInformationUnstructured": row.title[:TEXT_CHARACTERS_MAX],
        "proprietaryBankTransactionCode": row.kind[:SHORT_CHARACTERS_MAX],
    }
    if row.booked_on is not None:
        shown["bookingDate"] = row.booked_on.isoformat()
        shown["valueDate"] = row.traded_on.isoformat()
    if row.balance_minor is not None:
        shown["balanceAfterTransaction"] = {
            "balanceAmount": amount(row.balance_minor, row.currency),
            "balanceType": "interimBooked",
        }
    return shown


def _names(row: Transaction) -> dict[str, str]:
    """What the bank calls the row, where it calls it anything."""
    name = row.item_id
    return {"transactionId": name, "entryReference": name[:SHORT_CHARACTERS_MAX]} if name else {}


def card_details(card: Card, name: str, *, shows_owner: bool) -> dict[str, Any]:
    """One card account; amounts are signed as the holder sees them."""
    account = card.account
    shown: dict[str, Any] = {
        "resourceId": name,
        "maskedPan": card.masked_pan,
        "currency": account.currency,
        "name": card.name[:NAME_CHARACTERS_MAX],
        "product": card.name[:SHORT_CHARACTERS_MAX],
        "debitAccounting": False,
        "status": "enabled",
        "usage": "ORGA" if account.is_company else "PRIV",
    }
    if card.limit_minor is not None:
        shown["creditLimit"] = amount(card.limit_minor, account.currency)
    if shows_owner:
        shown["ownerName"] = card.holder[:NAME_CHARACTERS_MAX]
    return shown


def card_balances(card: Card) -> list[dict[str, Any]]:
    """A credit card's debt and what is left of its limit; a debit card's account."""
    if card.limit_minor is None:
        return balances(card.account)
    owed, day = card.account.balance_minor, card.account.day
    left = max(0, card.limit_minor + owed)
    return [
        _card_balance("nonInvoiced", owed, card, day, is_limit_included=False),
        _card_balance("interimAvailable", left, card, day, is_limit_included=True),
    ]


def card_transaction(row: Transaction, card: Card) -> dict[str, Any]:
    """One row of a card."""
    shown: dict[str, Any] = {
        "cardTransactionId": row.item_id[:SHORT_CHARACTERS_MAX],
        "transactionDate": row.traded_on.isoformat(),
        "transactionAmount": amount(row.minor, row.currency),
        "maskedPAN": card.masked_pan,
        "transactionDetails": row.title,
        "invoiced": row.booked_on is not None,
        "proprietaryBankTransactionCode": row.kind[:SHORT_CHARACTERS_MAX],
    }
    if row.party.name:
        shown["cardAcceptorId"] = row.party.name[:SHORT_CHARACTERS_MAX]
    if row.mcc:
        shown["merchantCategoryCode"] = row.mcc
    if row.booked_on is not None:
        shown["bookingDate"] = row.booked_on.isoformat()
    return shown


def _card_balance(
    kind: str, minor: int, card: Card, day: date, *, is_limit_included: bool
) -> dict[str, Any]:
    return {
        "balanceAmount": amount(minor, card.account.currency),
        "balanceType": kind,
        "creditLimitIncluded": is_limit_included,
        "referenceDate": day.isoformat(),
    }


def _side(role: str, party: Party, currency: str) -> dict[str, Any]:
    """The members of one side; cash has no other side."""
    shown: dict[str, Any] = {}
    if party.name:
        shown[f"{role}Name"] = party.name[:NAME_CHARACTERS_MAX]
    if party.account:
        shown[f"{role}Account"] = {"iban": party.account, "currency": currency}
    return shown
