"""Accounts, balances, transactions and payments in the standard's words."""

from datetime import date, datetime
from typing import Any

from kontobank import seeds
from kontobank.apis.cut import dumps
from kontobank.people.countries import country
from kontobank.people.owners import Owner
from kontobank.world import Account, Party, Transaction

OTHER_CHARACTERS_MAX = 35
REFERENCE_CHARACTERS_MAX = 35
DIRECT_DEBIT_TYPES = ("CURRENT", "BUSINESS")
CARD_CODE, CREDIT_CODE, DEBIT_CODE = "30000301000", "10000401000", "10000101000"
CONSTANT_SYMBOL = "0308"
SPECIFIC_SYMBOL_IN = 3  # every third transfer has one
BANK_CODE = slice(4, 8)


def account_id(account: Account) -> str:
    """The bank's name of the account in addresses; it tells nothing."""
    return seeds.identifier("czech-account", account.number, length=40).upper()


def account_info(account: Account, code: str, *, is_fatal: bool) -> dict[str, Any]:
    """One account of the list; what the standard has no place for travels in auxData."""
    place = country(code)
    return {
        "id": account_id(account),
        "identification": {
            "iban": account.number,
            "other": account.number[-10:],
        },
        "currency": account.currency,
        "servicer": {
            "bankCode": account.number[BANK_CODE],
            "countryCode": code.upper(),
            "bic": place.bic,
        },
        "nameI18N": account.client_name,
        "productI18N": account.type_name,
        "relationship": {"isOwner": True},
        "ownersNames": [owner.name for owner in account.owners],
        "suitableScope": {"AISP": "accounts balances transactions"},
        "auxData": _aux(account, is_fatal=is_fatal),
    }


def balances(account: Account, now: datetime) -> list[dict[str, Any]]:
    """What is booked, and what can be spent."""
    return [
        _balance(account, now, "CLBD", account.balance_minor),
        _balance(account, now, "CLAV", _available_minor(account)),
    ]


def transaction(row: Transaction, account: Account) -> dict[str, Any]:
    """One row: the amount is unsigned, only the other side is named."""
    is_debit = row.minor < 0
    role = "creditor" if is_debit else "debtor"
    booked_on = row.booked_on or row.traded_on
    shown: dict[str, Any] = {
        "entryReference": row.item_id[:REFERENCE_CHARACTERS_MAX],
        "amount": _money(abs(row.minor), row.currency),
        "creditDebitIndicator": "DBIT" if is_debit else "CRDT",
        "status": "BOOK" if row.booked_on else "PDNG",
        "bookingDate": {"date": midnight(booked_on)},
        "valueDate": {"date": midnight(row.traded_on)},
        "bankTransactionCode": {"proprietary": {"code": _code(row), "issuer": "CBA"}},
    }
    details: dict[str, Any] = {
        "references": {"accountServicerReference": row.item_id[:REFERENCE_CHARACTERS_MAX]},
        "remittanceInformation": _remittance(row),
        "additionalTransactionInformation": row.kind,
    }
    if parties := _parties(row.party, role, account.currency):
        details["relatedParties"] = parties
    return {**shown, "entryDetails": {"transactionDetails": details}}


def payment(row: Transaction, account: Account) -> dict[str, Any]:
    """One payment that waits for its day or for the bank."""
    shown: dict[str, Any] = {
        "paymentIdentification": {
            "instructionIdentification": row.item_id[:REFERENCE_CHARACTERS_MAX],
            "transactionIdentification": row.item_id[:REFERENCE_CHARACTERS_MAX],
        },
        "paymentTypeInformation": {
            "instructionPriority": "NORM",
            "serviceLevel": {"code": "DMCT"},
        },
        "amount": {"instructedAmount": _money(abs(row.minor), row.currency)},
        "requestedExecutionDate": row.traded_on.isoformat(),
        "debtorAccount": {
            "id": account_id(account),
            "identification": {"iban": account.number},
            "currency": account.currency,
        },
        "remittanceInformation": _remittance(row),
        "awaitingStatus": "FUTURE" if row.status == "scheduled" else "OTHER",
    }
    if row.party.account:
        identification = {"iban": row.party.account}
        shown["creditorAccount"] = {"identification": identification, "name": row.party.name}
    return shown


def midnight(day: date) -> str:
    """The start of the day in the bank's zone."""
    return f"{day.isoformat()}T00:00:00.000+01:00"


def symbols(row: Transaction) -> tuple[str, ...]:
    """The payment symbols of a transfer, always the same for the same row; a card has none."""
    if row.mcc or not row.party.account:
        return ()
    digits = seeds.digits("czech-symbols", row.item_id, length=12)
    found = [f"VS:{digits[:10].lstrip('0') or '1'}", f"KS:{CONSTANT_SYMBOL}"]
    if int(digits) % SPECIFIC_SYMBOL_IN == 0:
        found.append(f"SS:{digits[-6:].lstrip('0') or '1'}")
    return tuple(found)


def _remittance(row: Transaction) -> dict[str, Any]:
    """What the payer wrote, and the symbols."""
    shown: dict[str, Any] = {"unstructured": row.title}
    if found := symbols(row):
        reference = {"reference": ",".join(found)}
        shown["structured"] = {"creditorReferenceInformation": reference}
    return shown


def _parties(party: Party, role: str, currency: str) -> dict[str, Any]:
    """The other side of a row; cash has none."""
    shown: dict[str, Any] = {}
    if party.name:
        shown[role] = {"name": party.name}
        if party.address:
            shown[role]["postalAddress"] = {"addressLine": ", ".join(party.address)}
    if party.account:
        identification = {"iban": party.account}
        shown[f"{role}Account"] = {"identification": identification, "currency": currency}
    return shown


def _balance(account: Account, now: datetime, kind: str, minor: int) -> dict[str, Any]:
    return {
        "type": {"codeOrProprietary": {"code": kind}},
        "amount": _money(abs(minor), account.currency),
        "creditDebitIndicator": "DBIT" if minor < 0 else "CRDT",
        "date": {"dateTime": now.isoformat(timespec="milliseconds").replace("+00:00", "Z")},
    }


def _money(minor: int, currency: str) -> dict[str, Any]:
    """An amount as the standard has it: a number of JSON."""
    return {"value": minor / 100, "currency": currency}


def _code(row: Transaction) -> str:
    if row.mcc:
        return CARD_CODE
    return DEBIT_CODE if row.minor < 0 else CREDIT_CODE


def _available_minor(account: Account) -> int:
    limit = account.extra.get("limit")
    if limit is None:
        return account.available_minor
    return max(0, int(limit.replace(".", "")) + account.balance_minor)


def _aux(account: Account, *, is_fatal: bool) -> dict[str, str]:
    has_direct_debit = account.type_code in DIRECT_DEBIT_TYPES
    shown = {
        "accountType": account.type_code,
        "owners": dumps([_owner(owner) for owner in account.owners]).decode(),
        "openedOn": account.opened_on.isoformat(),
        "directDebit": "true" if has_direct_debit else "false",
        **account.extra,
    }
    if is_fatal:
        shown["fatal"] = "true"
    return shown


def _owner(owner: Owner) -> dict[str, str]:
    shown = {"name": owner.name, "kind": owner.kind}
    if owner.address:
        shown["address"] = " ".join(owner.address)
    return shown
