"""Which facts a target delivers: the table `[targets.scope]` of a bank file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from opensaldo.domain.account import Account, Card, Deposit
from opensaldo.domain.owner import Owner
from opensaldo.domain.transaction import Transaction

_NOUNS = {
    "owner": Owner,
    "account": Account,
    "transaction": Transaction,
    "card": Card,
    "deposit": Deposit,
}
_OURS = frozenset(
    {"partial", "labels", "bank_id", "id", "balance_on", "balance_kind", "transactions", "owners"}
)
FIELDS = {
    noun: tuple(one.name for one in fields(record) if one.name not in _OURS)
    for noun, record in _NOUNS.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The fields of our nouns that the target fills; an empty noun is not delivered at all.

    `FIELDS` lists what each noun can have, in its order.
    """

    owner: tuple[str, ...] = ()
    account: tuple[str, ...] = ()
    transaction: tuple[str, ...] = ()
    card: tuple[str, ...] = ()
    deposit: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse names that are no field of the noun, and any other order than the noun's."""
        for noun, names in self.by_noun():
            if names != tuple(name for name in FIELDS[noun] if name in names):
                known = ", ".join(FIELDS[noun])
                raise ValueError(f"{noun} as some of these, in this order: {known}")

    def by_noun(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each noun with its fields, in the order of `FIELDS`."""
        return ((noun, getattr(self, noun)) for noun in FIELDS)
