"""Owners, accounts, cards and deposits in XML, in the element order of section 8.

In a poll (`reply/command/result`) and in the aggregated data (`reply/owner/target`) they stand at
the same depth, so they are indented for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from opensaldo.domain.account import Account, Card, Deposit
from opensaldo.domain.owner import Owner
from opensaldo.wire.text import one_line
from opensaldo.wire.xml_text import (
    amount_element,
    attribute,
    container,
    content,
    day_element,
    element,
    enclosed,
    line,
)
from opensaldo.wire.xml_transactions import TransactionWriter

DEPTH = 3

PARTIAL = attribute("partialDueToTimeout", "true")


def owners(owners: Sequence[Owner]) -> Iterable[bytes]:
    """The global list of owners with all their facts."""
    return _listed("owners", map(_owner, owners) if owners else None)


def accounts(accounts: Sequence[Account], writer: TransactionWriter) -> Iterable[bytes]:
    """The accounts with their transactions."""
    pieces = chain.from_iterable(_account(account, writer) for account in accounts)
    return _listed("accounts", pieces if accounts else None)


def cards(cards: Sequence[Card], writer: TransactionWriter) -> Iterable[bytes]:
    """The credit cards with their transactions."""
    pieces = chain.from_iterable(_card(card, writer) for card in cards)
    return _listed("creditCards", pieces if cards else None)


def deposits(deposits: Sequence[Deposit]) -> Iterable[bytes]:
    """The term deposits."""
    return _listed("deposits", map(_deposit, deposits) if deposits else None)


def _listed(name: str, pieces: Iterable[bytes] | None) -> Iterable[bytes]:
    """The container, which stands even when there is nothing in it."""
    return (line(DEPTH, name, "").encode(),) if pieces is None else enclosed(DEPTH, name, pieces)


# --- one of each -------------------------------------------------------------------------------
def _owner(owner: Owner) -> bytes:
    depth = DEPTH + 2
    return container(
        DEPTH + 1,
        "owner",
        line(depth, "name", content(owner.name))
        + element(depth, "address", one_line(owner.address))
        + element(depth, "polishPesel", owner.polish_pesel)
        + element(depth, "polishNip", owner.polish_nip)
        + element(depth, "polishRegon", owner.polish_regon)
        + element(depth, "phone", owner.phone)
        + element(depth, "email", owner.email)
        + element(depth, "citizenship", owner.citizenship)
        + element(depth, "nationality", owner.nationality)
        + element(depth, "personalDocumentType", owner.personal_document_type)
        + element(depth, "personalDocumentNumber", owner.personal_document_number)
        + day_element(depth, "birthDate", owner.birth_date)
        + element(depth, "birthPlace", owner.birth_place)
        + line(depth, "kind", owner.kind.value),
    ).encode()


def _holders(owners: Sequence[Owner]) -> str:
    """The owners of one account, card or deposit: name, address and kind only."""
    depth = DEPTH + 4
    body = [
        container(
            DEPTH + 3,
            "owner",
            line(depth, "name", content(owner.name))
            + element(depth, "address", one_line(owner.address))
            + line(depth, "kind", owner.kind.value),
        )
        for owner in owners
    ]
    return container(DEPTH + 2, "owners", "".join(body)) if body else ""


def _account(account: Account, writer: TransactionWriter) -> Iterator[bytes]:
    depth = DEPTH + 2
    facts = (
        element(depth, "name", account.name)
        + element(depth, "friendlyName", account.friendly_name)
        + element(depth, "iban", account.iban)
        + amount_element(depth, "currencyBalance", account.balance)
        + amount_element(depth, "currencyFundsAvailable", account.available)
        + element(depth, "currencyName", account.currency)
        + day_element(depth, "activeSinceAtLeast", account.active_since)
        + _direct_debit(account.direct_debit)
    )
    rows = writer.money_transactions(account.transactions)
    pieces = chain((facts.encode(),), rows, (_holders(account.owners).encode(),))
    return enclosed(DEPTH + 1, "account", pieces, PARTIAL if account.partial else "")


def _direct_debit(available: bool | None) -> str:
    if available is None:
        return ""
    return f'{"  " * (DEPTH + 2)}<directDebit available="{"true" if available else "false"}"/>\n'


def _card(card: Card, writer: TransactionWriter) -> Iterator[bytes]:
    depth = DEPTH + 2
    facts = (
        element(depth, "name", card.name)
        + element(depth, "cardId", card.card_id)
        + element(depth, "iban", card.iban)
        + element(depth, "number", card.number)
        + amount_element(depth, "currencyBalance", card.balance)
        + amount_element(depth, "currencyFundsAvailable", card.available)
        + element(depth, "currencyName", card.currency)
        + amount_element(depth, "limit", card.limit)
        + amount_element(depth, "interest", card.interest)
        + amount_element(depth, "interests", card.interest)
        + day_element(depth, "dueDate", card.due_date)
    )
    rows = writer.money_transactions(card.transactions)
    pieces = chain((facts.encode(),), rows, (_holders(card.owners).encode(),))
    return enclosed(DEPTH + 1, "creditCard", pieces, PARTIAL if card.partial else "")


def _deposit(deposit: Deposit) -> bytes:
    depth = DEPTH + 2
    return container(
        DEPTH + 1,
        "deposit",
        element(depth, "name", deposit.name)
        + element(depth, "iban", deposit.iban)
        + amount_element(depth, "currencyBalance", deposit.balance)
        + element(depth, "currencyName", deposit.currency)
        + amount_element(depth, "interest", deposit.interest)
        + day_element(depth, "openedOn", deposit.opened_on)
        + day_element(depth, "maturesOn", deposit.matures_on)
        + _holders(deposit.owners),
    ).encode()
