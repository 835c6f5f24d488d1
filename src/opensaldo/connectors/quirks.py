"""Named pure deviations a bank file may list, each a function from a reading to a better one.

A quirk is given the account as the bank wrote it (JSON, numbers as decimals) and what was read of
it by the standard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from opensaldo.connectors.base import AccountReading
from opensaldo.domain.account import Card, Deposit
from opensaldo.domain.money import parse_amount
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.errors import BankAnsweredNonsense, Defect

OWNERS_MAX = 100

Quirk = Callable[[Mapping[str, Any], AccountReading], AccountReading]

_TEXTS_OF_OWNER = {
    "pesel": "polish_pesel",
    "nip": "polish_nip",
    "regon": "polish_regon",
    "phone": "phone",
    "email": "email",
    "citizenship": "citizenship",
    "nationality": "nationality",
    "documentType": "personal_document_type",
    "documentNumber": "personal_document_number",
    "birthPlace": "birth_place",
}


def kontobank_aux_data(raw: Mapping[str, Any], reading: AccountReading) -> AccountReading:
    """The reading with what KontoBank adds in `auxData`: all owners, opening day, direct debit.

    PolishAPI leaves the map's content to the bank (2.1.2, AccountInfo.auxData); KontoBank puts
    there what a standard has no place for, in the Czech one also whether it is a card or a deposit.

    Raises:
        BankAnsweredNonsense: a value is not of its form.
        Defect: the login that asks for a defect (wire contract, section 20: test-fatal).
    """
    added = raw.get("auxData")
    if added is None:
        return reading
    if not isinstance(added, Mapping):
        raise BankAnsweredNonsense("account.auxData", "a map of texts")
    if added.get("fatal") == "true":
        raise Defect("The mock bank asked for a defect.")
    opened_on = _day(added.get("openedOn"), "openedOn")
    card, deposit = _of_type(added.get("accountType"), reading)
    account = replace(
        reading.account,
        active_since=opened_on or reading.account.active_since,
        direct_debit=_truth(added.get("directDebit"), "directDebit"),
    )
    return replace(
        reading,
        account=account,
        owners=_owners(added.get("owners")) or reading.owners,
        card=replace(card, limit=_amount(added.get("limit"), "limit")) if card else None,
        deposit=replace(deposit, opened_on=opened_on) if deposit else None,
    )


def _of_type(written: object, reading: AccountReading) -> tuple[Card | None, Deposit | None]:
    """The account as a card or a deposit, where the standard or the bank says that it is one."""
    read = reading.account
    facts: dict[str, Any] = {"currency": read.currency, "name": read.name, "iban": read.iban}
    facts |= {"balance": read.balance, "balance_on": read.balance_on}
    card, deposit = reading.card, reading.deposit
    if written == "CARD" and card is None:
        card = Card(**facts, available=read.available)
    if written == "DEPOSIT" and deposit is None:
        deposit = Deposit(**facts)
    return card, deposit


def _owners(written: object) -> tuple[Owner, ...]:
    """The owners a JSON list in a text names."""
    if written is None:
        return ()
    try:
        listed = msgspec.json.decode(str(written), type=list[dict[str, str | None]])
    except msgspec.DecodeError:
        raise BankAnsweredNonsense("account.auxData.owners", "a list of owners") from None
    if len(listed) > OWNERS_MAX:
        raise BankAnsweredNonsense("account.auxData.owners", f"at most {OWNERS_MAX} owners")
    return tuple(
        _owner(one, f"account.auxData.owners[{place}]") for place, one in enumerate(listed)
    )


def _owner(written: Mapping[str, str | None], path: str) -> Owner:
    """One owner; members we do not know are ignored."""
    name = (written.get("name") or "").strip()
    if not name:
        raise BankAnsweredNonsense(f"{path}.name", "a name")
    kind = written.get("kind") or OwnerKind.OWNER
    if kind not in list(OwnerKind):
        raise BankAnsweredNonsense(f"{path}.kind", "one of " + ", ".join(OwnerKind))
    texts = {
        ours: (written.get(theirs) or "").strip() or None
        for theirs, ours in _TEXTS_OF_OWNER.items()
    }
    return Owner(
        name=name,
        address=(written.get("address") or "").strip() or None,
        birth_date=_day(written.get("birthDate"), "owners.birthDate"),
        kind=OwnerKind(kind),
        **texts,
    )


def _day(written: object, key: str) -> date | None:
    """The day a text names."""
    if written is None:
        return None
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        raise BankAnsweredNonsense(f"account.auxData.{key}", "a date YYYY-MM-DD") from None


def _truth(written: object, key: str) -> bool | None:
    """The truth value a text names."""
    if written not in (None, "true", "false"):
        raise BankAnsweredNonsense(f"account.auxData.{key}", "true or false")
    return None if written is None else written == "true"


def _amount(written: object, key: str) -> Decimal | None:
    """The amount a text names."""
    if written is None:
        return None
    try:
        return parse_amount(str(written))
    except ValueError:
        raise BankAnsweredNonsense(f"account.auxData.{key}", "an amount") from None


QUIRKS: Mapping[str, Quirk] = {"kontobank_aux_data": kontobank_aux_data}
