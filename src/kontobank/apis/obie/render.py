"""Accounts, balances, transactions and parties in the standard's words."""

from datetime import date
from typing import Any

from kontobank.people.owners import Owner
from kontobank.world import Account, Party, Transaction

CARD = "CARD"
KINDS = {
    "CURRENT": ("CurrentAccount", "CACC"),
    "BUSINESS": ("CurrentAccount", "CACC"),
    "SAVINGS": ("Savings", "SVGS"),
    "DEPOSIT": ("Savings", "SVGS"),
    CARD: ("CreditCard", "CARD"),
}
BALANCE_TYPES = {"CLBD": "ClosingBooked", "ITAV": "InterimAvailable"}
STATUSES = {
    "done": ("Booked", "BOOK"),
    "pending": ("Pending", "PDNG"),
    "hold": ("Pending", "PDNG"),
}
IBAN = "UK.OBIE.IBAN"
TEXT_CHARACTERS_MAX = 500
NAME_CHARACTERS_MAX = 350
NICKNAME_CHARACTERS_MAX = 70
DESCRIPTION_CHARACTERS_MAX = 35
CODE_CHARACTERS_MAX = 35


def at(day: date) -> str:
    """A day as a date-time."""
    return f"{day.isoformat()}T00:00:00+00:00"


def money(minor: int, currency: str) -> dict[str, str]:
    """Hundredths as an amount without sign."""
    return {"Amount": f"{abs(minor) // 100}.{abs(minor) % 100:02d}", "Currency": currency}


def side(minor: int) -> str:
    """Which way an amount goes."""
    return "Credit" if minor >= 0 else "Debit"


def account(row: Account, name: str, *, is_newer: bool) -> dict[str, Any]:
    """One account under its id."""
    word, code = KINDS[row.type_code]
    shown: dict[str, Any] = {
        "AccountId": name,
        "Status": "Enabled",
        "Currency": row.currency,
        "Description": row.type_name[:DESCRIPTION_CHARACTERS_MAX],
        "Nickname": row.client_name[:NICKNAME_CHARACTERS_MAX],
        "OpeningDate": at(row.opened_on),
        "Account": [
            {
                "SchemeName": IBAN,
                "Identification": row.number,
                "Name": row.owners[0].name[:NAME_CHARACTERS_MAX],
            }
        ],
    }
    category = "Business" if row.is_company else "Personal"
    if is_newer:
        return shown | {"AccountCategory": category, "AccountTypeCode": code}
    return shown | {"AccountType": category, "AccountSubType": word}


def balances(row: Account, name: str, *, is_newer: bool) -> list[dict[str, Any]]:
    """What is booked, and what can be spent; a card's with its limit."""
    limit = _limit_minor(row)
    left = row.available_minor if limit is None else max(0, limit + row.balance_minor)
    shown = []
    for code, minor in (("CLBD", row.balance_minor), ("ITAV", left)):
        one: dict[str, Any] = {
            "AccountId": name,
            "CreditDebitIndicator": side(minor),
            "Type": code if is_newer else BALANCE_TYPES[code],
            "DateTime": at(row.day),
            "Amount": money(minor, row.currency),
        }
        if limit is not None:
            line = {"Included": code == "ITAV", "Type": "Credit"}
            one["CreditLine"] = [{**line, "Amount": money(limit, row.currency)}]
        shown.append(one)
    return shown


def transaction(row: Transaction, name: str, *, is_newer: bool) -> dict[str, Any]:
    """One row; the amount has no sign, its direction stands beside it."""
    other = "DebtorAccount" if row.minor > 0 else "CreditorAccount"
    booked_on = row.booked_on or row.traded_on
    shown: dict[str, Any] = {
        "AccountId": name,
        "TransactionId": row.item_id,
        "CreditDebitIndicator": side(row.minor),
        "Status": STATUSES[row.status][is_newer],
        "BookingDateTime": at(booked_on),
        "ValueDateTime": at(row.traded_on),
        "TransactionInformation": row.title[:TEXT_CHARACTERS_MAX],
        "Amount": money(row.minor, row.currency),
        "ProprietaryBankTransactionCode": {
            "Code": row.kind[:CODE_CHARACTERS_MAX],
            "Issuer": "KontoBank",
        },
        **_party(other, row.party),
    }
    if row.balance_minor is not None:
        shown["Balance"] = {
            "CreditDebitIndicator": side(row.balance_minor),
            "Type": "ITBD" if is_newer else "InterimBooked",
            "Amount": money(row.balance_minor, row.currency),
        }
    if row.mcc:
        shown["MerchantDetails"] = {
            "MerchantName": row.party.name[:NAME_CHARACTERS_MAX],
            "MerchantCategoryCode": row.mcc,
        }
    return shown


def parties(row: Account) -> list[dict[str, Any]]:
    """The owners, the first one first."""
    kind = "Joint" if len(row.owners) > 1 else "Sole"
    return [_owner(one, place, kind) for place, one in enumerate(row.owners)]


def _owner(one: Owner, place: int, kind: str) -> dict[str, Any]:
    is_firm = one.kind == "COMPANY"
    structure = "UK.OBIE.PrivateLimitedCompany" if is_firm else "UK.OBIE.Individual"
    shown: dict[str, Any] = {
        "PartyId": f"party-{place + 1}",
        "PartyType": kind,
        "Name": one.name[:NAME_CHARACTERS_MAX],
        "FullLegalName": one.name[:NAME_CHARACTERS_MAX],
        "LegalStructure": structure,
        "AccountRole": "UK.OBIE.Principal",
    }
    if one.address:
        shown["Address"] = [{"AddressLine": [line[:70] for line in one.address]}]
    return shown


def _party(member: str, party: Party) -> dict[str, Any]:
    """The other side; cash has none."""
    if not (party.account or party.name):
        return {}
    shown: dict[str, Any] = {"Name": party.name[:NAME_CHARACTERS_MAX]} if party.name else {}
    if party.account:
        shown |= {"SchemeName": IBAN, "Identification": party.account}
    return {member: shown}


def _limit_minor(row: Account) -> int | None:
    if row.type_code != CARD:
        return None
    whole, cents = row.extra["limit"].split(".")
    return int(whole) * 100 + int(cents)
