"""Accounts and transactions in the standard's words."""

from datetime import date, timedelta
from typing import Any

from kontobank.apis.cut import dumps
from kontobank.apis.polish_api.parts import OLDER_VERSION
from kontobank.people.countries import country
from kontobank.people.owners import Owner
from kontobank.world import Account, Party, Transaction

LINE_CHARACTERS_MAX = 35
LINES_MAX = 4
MASK_SHOWN = 4
RENDERED_MAX = 50_000
HOLD_LASTS_DAYS = 7
STATUS_WORDS = {
    "done": "Transaction booked",
    "pending": "Transaction pending",
    "rejected": "Transaction rejected",
    "cancelled": "Transaction cancelled",
    "scheduled": "Transaction scheduled",
}
WITHOUT_STATUS = ("pending", "rejected", "hold")
CARD_NUMBER = "999900******0001"
SOCIAL_INSURANCE = "ZUS"
UNKNOWN_PAYER = "0000000000"
DIRECT_DEBIT_TYPES = ("CURRENT", "BUSINESS")

_rendered: dict[tuple[str, Transaction], bytes] = {}


def money(minor: int) -> str:
    """Hundredths as text with two decimals: -41.20."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def masked(number: str) -> str:
    """An account number with its first and last four characters only."""
    hidden = "*" * (len(number) - 2 * MASK_SHOWN)
    return f"{number[:MASK_SHOWN]}{hidden}{number[-MASK_SHOWN:]}"


def noon(day: date) -> str:
    """A day as a date-time no time zone of Europe moves to another day."""
    return f"{day.isoformat()}T12:00:00.000Z"


def lines(*texts: str) -> list[str]:
    """A name and address in at most four lines of 35 characters, broken at spaces."""
    found: list[str] = []
    for text in texts:
        current = ""
        for word in text.split():
            joined = f"{current} {word}".strip()
            if len(joined) > LINE_CHARACTERS_MAX and current:
                found.append(current)
                joined = word
            current = joined[:LINE_CHARACTERS_MAX]
        if current:
            found.append(current)
    return found[:LINES_MAX]


def account_base(account: Account, version: str) -> dict[str, Any]:
    """One row of getAccounts: the number is masked."""
    shown: dict[str, Any] = {
        "accountNumber": masked(account.number),
        "accountTypeName": account.type_name[:32],
        "accountType": {"code": account.type_code, "description": account.type_name},
    }
    return _with_relations(shown, version)


def account_info(account: Account, code: str, version: str, *, is_fatal: bool) -> dict[str, Any]:
    """The account of getAccount; what the standard has no field for travels in auxData."""
    first = account.owners[0]
    place = country(code)
    shown: dict[str, Any] = {
        "accountNumber": account.number,
        "nameAddress": {"value": lines(first.name, *first.address)},
        "accountType": {"code": account.type_code, "description": account.type_name},
        "accountTypeName": account.type_name[:32],
        "accountHolderType": "corporation" if account.is_company else "individual",
        "accountNameClient": account.client_name,
        "currency": account.currency,
        "availableBalance": money(_available(account)),
        "bookingBalance": money(account.balance_minor),
        "bank": {
            "bicOrSwift": place.bic,
            "name": "KontoBank",
            "address": list(place.bank_address),
        },
        "auxData": _aux(account, is_fatal=is_fatal),
    }
    return _with_relations(shown, version)


def transaction(row: Transaction, account: Account) -> bytes:
    """One row of a list as JSON; rendered once and kept."""
    key = (account.number, row)
    found = _rendered.get(key)
    if found is None:
        found = dumps(transaction_info(row, account))
        if len(_rendered) >= RENDERED_MAX:
            _rendered.clear()
        _rendered[key] = found
    return found


def transaction_info(row: Transaction, account: Account) -> dict[str, Any]:
    """One row: the amount is unsigned, its sign is the category."""
    owner = Party(account.owners[0].name, account.owners[0].address, account.number)
    sender, recipient = (row.party, owner) if row.minor > 0 else (owner, row.party)
    shown: dict[str, Any] = {
        "itemId": row.item_id,
        "amount": money(abs(row.minor)),
        "currency": row.currency,
        "description": row.title[:140],
        "transactionType": row.kind,
        "tradeDate": noon(row.traded_on),
    }
    if row.mcc:
        shown["mcc"] = row.mcc
    if row.status == "hold":
        shown["holdExpirationDate"] = noon(row.traded_on + timedelta(days=HOLD_LASTS_DAYS))
    else:
        shown["transactionCategory"] = "CREDIT" if row.minor > 0 else "DEBIT"
    if row.status not in WITHOUT_STATUS:
        shown["transactionStatus"] = {"code": row.status, "description": STATUS_WORDS[row.status]}
    if row.status == "rejected":
        shown["rejectionReason"] = "INSUFFICIENT_FUNDS"
        shown["rejectionDate"] = noon(row.traded_on)
    for name, side in (("sender", _side(sender)), ("recipient", _side(recipient))):
        if side:  # cash has no other side
            shown[name] = side
    if row.booked_on is not None:
        shown["bookingDate"] = noon(row.booked_on)
    if row.balance_minor is not None:
        shown["postTransactionBalance"] = money(row.balance_minor)
    return shown


def transaction_detail(row: Transaction, account: Account, code: str) -> dict[str, Any]:
    """One row with what only its detail shows: the card, the tax, the social insurance."""
    shown: dict[str, Any] = {"baseInfo": transaction_info(row, account)}
    if row.mcc:
        shown["cardInfo"] = {"cardHolder": account.owners[0].name, "cardNumber": CARD_NUMBER}
    if row.kind == country(code).kinds["tax"]:
        shown["usInfo"] = _tax_info(row, account)
        if SOCIAL_INSURANCE in row.title:
            shown["zusInfo"] = _social_info(row)
    return shown


def _tax_info(row: Transaction, account: Account) -> dict[str, Any]:
    """The form a tax is paid for: that of the month before."""
    month = row.traded_on.replace(day=1) - timedelta(days=1)
    owner = account.owners[0]
    kind, number = ("P", owner.pesel) if owner.pesel else ("N", owner.nip or UNKNOWN_PAYER)
    return {
        "payerInfo": {"payorId": number, "payorIdType": kind},
        "formCode": "PIT-5" if row.minor % 2 else "VAT-7",
        "periodId": f"{month.month:02d}",
        "periodType": "M",
        "year": month.year,
    }


def _social_info(row: Transaction) -> dict[str, Any]:
    """The contribution of the month before."""
    month = row.traded_on.replace(day=1) - timedelta(days=1)
    return {
        "contributionType": "S",
        "contributionId": "01",
        "contributionPeriod": f"{month.month:02d}{month.year}",
    }


def _side(party: Party) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if party.account:
        shown["accountNumber"] = party.account
    name = lines(party.name, *party.address)
    if name:
        shown["nameAddress"] = {"value": name}
    return shown


def _available(account: Account) -> int:
    if account.type_code != "CARD":
        return account.available_minor
    whole, cents = account.extra["limit"].split(".")
    return max(0, int(whole) * 100 + int(cents) + account.balance_minor)


def _aux(account: Account, *, is_fatal: bool) -> dict[str, str]:
    has_direct_debit = account.type_code in DIRECT_DEBIT_TYPES
    shown = {
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
    if owner.pesel:
        shown["pesel"] = owner.pesel
    if owner.nip:
        shown["nip"] = owner.nip
    return shown


def _with_relations(shown: dict[str, Any], version: str) -> dict[str, Any]:
    """2.1.1 does not know psuRelations; 2.1.2 requires them."""
    if version != OLDER_VERSION:
        shown["psuRelations"] = [{"typeOfRelation": "Owner", "stake": 100}]
    return shown
