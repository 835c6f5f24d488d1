"""Plans: which calls a run makes, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opensaldo.connectors.base import AccountReading, Connector, NamesCards, Spare, Sparing
from opensaldo.domain.command import CommandName


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which calls one run makes: everything that was granted, unless it says less.

    `known` are accounts whose details were read before, by the bank's own names: where there are
    any, only their lists are read. Without `lists` only details are read. `spares` are facts for
    which no call of their own is made. `cards` are read alone when true and left out when false,
    where the connector can tell them by their names.
    """

    lists: bool = True
    known: Mapping[str, AccountReading] = field(default_factory=dict)
    spares: frozenset[Spare] = frozenset()
    cards: bool | None = None

    def wants(self, connector: Connector, number: str) -> bool:
        """Whether the account of this name is to be read."""
        if self.cards is None or not isinstance(connector, NamesCards):
            return True
        return connector.is_card(number) is self.cards


EVERYTHING = Plan()
ACCOUNTS = Plan(lists=False, cards=False)
CARDS = Plan(lists=False, cards=True)
IDENTITY = Plan(lists=False, spares=frozenset({Spare.BALANCES}))
PLAN_OF_COMMAND: Mapping[CommandName, Plan] = {
    CommandName.DEFAULT_IMPORT: EVERYTHING,
    CommandName.IMPORT_OWNERS: IDENTITY,
    CommandName.IMPORT_ACCOUNTS: ACCOUNTS,
    CommandName.IMPORT_CARDS: CARDS,
}


def plan_of_known(number: str, reading: AccountReading, *, fast: bool) -> Plan:
    """The lists of one account; `fast` spares what costs a call for each row."""
    return Plan(known={number: reading}, spares=frozenset({Spare.ROW_DETAILS} if fast else ()))


def spared(connector: Connector, spares: frozenset[Spare]) -> Connector:
    """The connector, made to leave out what is spared where that saves it calls."""
    if spares and isinstance(connector, Sparing):
        return connector.sparing(spares)
    return connector
