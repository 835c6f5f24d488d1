"""The inside of a successful command's `<result>` (wire contract, sections 5.2 and 5.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from opensaldo.domain.account import Account, Card, Holdings
from opensaldo.domain.command import CommandName
from opensaldo.wire import xml_holdings
from opensaldo.wire.xml_holdings import DEPTH, PARTIAL
from opensaldo.wire.xml_text import enclosed, line
from opensaldo.wire.xml_transactions import TransactionWriter

ROWS = "moneyTransactions"


def result(holdings: Holdings, name: CommandName = CommandName.DEFAULT_IMPORT) -> bytes:
    """The inside of `<result>`, rendered once when the import ends and stored as it is.

    Args:
        holdings: what the command read; for transactions, the one account or card they are of.
        name: the command, which decides what its result holds.
    """
    return b"".join(_INSIDE[name](holdings))


def _everything(holdings: Holdings) -> Iterable[bytes]:
    """Owners and accounts are always there, cards only when there are any, deposits never."""
    writer = TransactionWriter()
    shown_cards = xml_holdings.cards(holdings.cards, writer) if holdings.cards else ()
    return chain(
        xml_holdings.owners(holdings.owners),
        xml_holdings.accounts(holdings.accounts, writer),
        shown_cards,
    )


def _owners(holdings: Holdings) -> Iterable[bytes]:
    return xml_holdings.owners(holdings.owners)


def _accounts(holdings: Holdings) -> Iterable[bytes]:
    return xml_holdings.accounts(holdings.accounts, TransactionWriter())


def _cards(holdings: Holdings) -> Iterable[bytes]:
    return xml_holdings.cards(holdings.cards, TransactionWriter())


def _transactions(holdings: Holdings) -> Iterable[bytes]:
    """The rows alone; with no account around them, the list itself says that it was cut short."""
    places: list[Account | Card] = [*holdings.accounts, *holdings.cards]
    (place,) = places
    partial = PARTIAL if place.partial else ""
    if not place.transactions:
        return (line(DEPTH, ROWS, "", partial).encode(),)
    rows = map(TransactionWriter(container_depth=DEPTH).money_transaction, place.transactions)
    return enclosed(DEPTH, ROWS, rows, partial)


_INSIDE: Mapping[CommandName, Callable[[Holdings], Iterable[bytes]]] = {
    CommandName.DEFAULT_IMPORT: _everything,
    CommandName.IMPORT_OWNERS: _owners,
    CommandName.IMPORT_ACCOUNTS: _accounts,
    CommandName.IMPORT_ACCOUNT_TRANSACTIONS: _transactions,
    CommandName.IMPORT_CARDS: _cards,
    CommandName.IMPORT_CARD_TRANSACTIONS: _transactions,
}
