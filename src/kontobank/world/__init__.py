"""A bank's data as one pure function of seed, country, login and instant."""

from kontobank.world.build import world_at, world_of
from kontobank.world.nouns import Account, Card, Party, Transaction, World

__all__ = ["Account", "Card", "Party", "Transaction", "World", "world_at", "world_of"]
