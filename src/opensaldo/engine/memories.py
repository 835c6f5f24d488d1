"""A consent's memories opened before an import tells rows apart, and sealed when it ends.

A new consent begins with what the person's open consents at that bank remember, so that rows keep
their ids over a renewal. A single access has none: what its session read is all there is.
"""

from __future__ import annotations

from collections.abc import Mapping

from opensaldo.domain.consent import Consent
from opensaldo.domain.session import Session
from opensaldo.engine.kept import memory_place
from opensaldo.engine.platform import Platform
from opensaldo.engine.receipts import Past
from opensaldo.engine.remembered import Memory, pack, unpack
from opensaldo.store.db import Connection
from opensaldo.store.queries import consents, remembered


async def past_of(platform: Platform, session: Session) -> Past | None:
    """What the session's consent remembers, which may be nothing yet; None without a consent."""
    if session.consent_id is None:
        return None
    kept = await platform.store.fetch(remembered.remembered_of, session.consent_id)
    opened = {
        account_id: unpack(
            platform.vault.open_long(blob, memory_place(session.consent_id, account_id))
        )
        for account_id, blob in kept.items()
    }
    return Past(memories=opened, sealed=kept, today=platform.clock().date())


def sealed_memories(
    platform: Platform, session: Session, memories: Mapping[str, Memory]
) -> dict[str, bytes]:
    """The memories as they are kept, by our account ids; none without a consent."""
    if session.consent_id is None:
        return {}
    return {
        account_id: platform.vault.seal_long(
            pack(memory), memory_place(session.consent_id, account_id)
        )
        for account_id, memory in memories.items()
    }


def inherit(connection: Connection, platform: Platform, new: Consent) -> None:
    """The new consent remembers what the person's open ones at this bank do, the newest first."""
    vault, known = platform.vault, {}
    for old in consents.older_of_person(connection, new):
        for account_id, blob in remembered.remembered_of(connection, old.id).items():
            opened = vault.open_long(blob, memory_place(old.id, account_id))
            known[account_id] = vault.seal_long(opened, memory_place(new.id, account_id))
    if known:
        remembered.remember(connection, new.id, known, {}, new.granted_at)
