"""A bank's data as one pure function of seed, country, login and instant."""

from kontobank.world.build import world_at, world_of
from kontobank.world.manners import CALM, USUAL, Manner
from kontobank.world.nouns import Account, Card, Party, Transaction, World

__all__ = [  # noqa: RUF022 - sorted as text
    "Account",
    "CALM",
    "Card",
    "Manner",
    "Party",
    "Transaction",
    "USUAL",
    "World",
    "world_at",
    "world_of",
]
