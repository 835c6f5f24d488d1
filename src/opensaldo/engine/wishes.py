"""Banks people look for in vain are counted per client, so that the operator knows what to add."""

from __future__ import annotations

from opensaldo.domain.session import Redirection
from opensaldo.domain.wish import Wish
from opensaldo.engine.platform import Platform
from opensaldo.observe import log
from opensaldo.store.db import Store
from opensaldo.store.queries import wishes

BANKS_PER_CLIENT_MAX = 1000


async def note_wish(
    platform: Platform, redirection: Redirection, *, country: str, bank: str, address: str
) -> None:
    """The bank is counted once more for the client; nothing of the person or the link is kept."""
    wish = Wish(
        client_id=redirection.client_id,
        country=country,
        bank=bank,
        address=address,
        count=1,
        last_at=platform.clock(),
    )
    is_kept = await platform.store.change(
        wishes.count_wish, redirection.environment, wish, BANKS_PER_CLIENT_MAX
    )
    if not is_kept:
        log.warning("too many different banks wished for", client=redirection.client_id)


async def wishes_of(store: Store, client_id: str | None = None) -> tuple[Wish, ...]:
    """What was wished for at this client, or at all of them, the most wanted first."""
    found = await store.fetch(wishes.all_wishes)
    return tuple(one for one in found if client_id in (None, one.client_id))
