"""Everything imported under one owner's external id, read as one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TypeVar

from opensaldo.domain.account import Account, Card, Deposit, Holdings
from opensaldo.domain.aggregate import OwnerRecord, SourceTarget
from opensaldo.domain.owner import Owner
from opensaldo.domain.transaction import Transaction, newest_first
from opensaldo.engine.kept import HOLDINGS, document_place
from opensaldo.engine.platform import Platform
from opensaldo.errors import UnknownOwnerExternalId
from opensaldo.store.queries import documents, owners
from opensaldo.store.queries.clients import Caller
from opensaldo.store.queries.documents import DocumentRow
from opensaldo.store.vault import KeyDestroyed
from opensaldo.wire import json_v1

Place = TypeVar("Place", bound=Account | Card)
Named = tuple[str | None, str]  # what tells two apart, and the currency


async def read_owner(platform: Platform, caller: Caller, owner_external_id: str) -> OwnerRecord:
    """All imports of one owner, those of one target merged.

    Raises:
        UnknownOwnerExternalId: nothing is kept under this id.
    """
    client = caller.client
    place = (client.id, client.environment, owner_external_id)
    record = await platform.store.fetch(owners.owner_of, *place)
    if record is None:
        raise UnknownOwnerExternalId
    rows = await platform.store.fetch(documents.documents_of_owner, *place, HOLDINGS)
    imports: dict[str, list[Holdings]] = {}
    for row in rows:
        held = _opened(platform, row)
        if held is not None:
            imports.setdefault(row.target or "", []).append(held)
    if rows and not imports:
        raise UnknownOwnerExternalId
    targets = tuple(_source(platform, caller, name, held) for name, held in imports.items())
    return replace(record, targets=targets)


def merge(imports: list[Holdings]) -> Holdings:
    """Several imports of one target as one, oldest first (wire contract, section 7.1).

    Accounts and deposits are matched by our id, which stands for number and currency whoever's
    consent they are read through, else by IBAN and currency; cards by their id, then number; the
    newest import replaces balances and owners; transactions are united, equal ones keeping the
    highest multiplicity one import had.
    """
    accounts: dict[Named, Account] = {}
    cards: dict[str | None, Card] = {}
    deposits: dict[Named, Deposit] = {}
    owners_found: dict[Owner, None] = {}
    for held in imports:
        owners_found = dict.fromkeys((*held.owners, *owners_found))
        for account in held.accounts:
            named = _named(account)
            accounts[named] = _with_rows_of(accounts.get(named), account)
        for card in held.cards:
            key = card.card_id or card.number or card.iban or card.id
            cards[key] = _with_rows_of(cards.get(key), card)
        deposits |= {_named(deposit): deposit for deposit in held.deposits}
    return Holdings(
        owners=tuple(owners_found),
        accounts=tuple(accounts.values()),
        cards=tuple(cards.values()),
        deposits=tuple(deposits.values()),
    )


def _named(place: Account | Deposit) -> Named:
    return place.id or place.iban or place.name, place.currency


def _with_rows_of(old: Place | None, new: Place) -> Place:
    """The newer reading of an account or card with the rows only the older one has."""
    before = old.transactions if old is not None else ()
    return replace(new, transactions=newest_first(united([*new.transactions], [*before])))


def united(new: list[Transaction], old: list[Transaction]) -> list[Transaction]:
    """The union of two lists as multisets; of one id the newer row counts, booked for pending.

    Other rows are the same if all but labels and ids agree.
    """
    by_id = {row.id: row for row in new if row.id is not None}
    spare = Counter(_identity(row) for row in new)
    spare.subtract(_identity(by_id[row.id]) for row in old if row.id in by_id)
    missing = []
    for row in old:
        identity = _identity(row)
        if row.id in by_id:
            continue
        if spare[identity] > 0:
            spare[identity] -= 1
        else:
            missing.append(row)
    return [*new, *missing]


def _identity(row: Transaction) -> Transaction:
    return replace(row, labels=(), bank_id=None, id=None)


def _opened(platform: Platform, row: DocumentRow) -> Holdings | None:
    """The import, None when its key is destroyed, as after restoring an old backup."""
    try:
        key = platform.vault.unwrap(row.key)
    except KeyDestroyed:
        return None
    place = document_place(row.command_id, HOLDINGS)
    return json_v1.decode_holdings(platform.vault.open_sealed(key, row.sealed, place))


def _source(platform: Platform, caller: Caller, name: str, held: list[Holdings]) -> SourceTarget:
    target = platform.catalog.find(name, caller.client.environment)
    return SourceTarget(
        name=name,
        official_name=target.official_name if target else name,
        institution=target.institution if target else name,
        holdings=merge(held),
    )
