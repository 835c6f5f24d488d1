"""The chain of consents, checked: is what is told of every consent all that ever happened?"""

from __future__ import annotations

from opensaldo.domain.consent_chain import Anchor, Break, first_break
from opensaldo.store.db import Connection, Store
from opensaldo.store.queries import consent_chain


async def head(store: Store) -> Anchor:
    """How far the chain reaches; noted elsewhere, it proves later that nothing was cut off."""
    return await store.fetch(consent_chain.newest)


async def verify(store: Store, anchor: Anchor | None = None) -> tuple[Anchor, Break | None]:
    """How far the chain reaches, and the first entry it does not hold at, if there is one.

    A consent that stands otherwise than its last entry says breaks it too, after its end.
    """

    def check(connection: Connection) -> tuple[Anchor, Break | None]:
        newest = consent_chain.newest(connection)
        broken = first_break(consent_chain.links(connection), anchor)
        at_odds = () if broken else consent_chain.consents_at_odds(connection)
        if at_odds:
            reason = f"is missing: consent {at_odds[0]} stands otherwise than its last entry says"
            broken = Break(number=newest.number + 1, reason=reason)
        return newest, broken

    return await store.fetch(check)
