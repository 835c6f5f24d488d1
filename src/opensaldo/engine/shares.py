"""Which share of what a run read belongs to its command: that alone is shown, kept and joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from opensaldo.domain.account import Holdings
from opensaldo.domain.command import CommandName


def _whole(read: Holdings) -> Holdings:
    return read


def _owners(read: Holdings) -> Holdings:
    return Holdings(owners=read.owners)


def _accounts(read: Holdings) -> Holdings:
    return Holdings(accounts=read.accounts)


def _cards(read: Holdings) -> Holdings:
    return Holdings(cards=read.cards)


SHARE_OF_COMMAND: Mapping[CommandName, Callable[[Holdings], Holdings]] = {
    CommandName.DEFAULT_IMPORT: _whole,
    CommandName.IMPORT_OWNERS: _owners,
    CommandName.IMPORT_ACCOUNTS: _accounts,
    CommandName.IMPORT_ACCOUNT_TRANSACTIONS: _accounts,
    CommandName.IMPORT_CARDS: _cards,
    CommandName.IMPORT_CARD_TRANSACTIONS: _cards,
}


def share_of(name: CommandName, read: Holdings) -> Holdings:
    """The part of what was read that the command asked for."""
    return SHARE_OF_COMMAND[name](read)
