"""Fresh tokens for an access whose token has run out.

Banks may give a refresh token that serves once, so of all runs and processes under one consent one
asks at a time, and the others take what it got.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from opensaldo.connectors.base import Access, Connector, PsuContext
from opensaldo.domain.session import Session
from opensaldo.engine.access import GrantedAccess, pack, unpack
from opensaldo.engine.kept import access_place, consent_access_place
from opensaldo.engine.platform import Platform
from opensaldo.errors import BankAccessEnded, BankConsentWithdrawn, InvalidMultipleAccessId
from opensaldo.store.queries import consents, sessions
from opensaldo.store.vault import DataKey

REFRESH_BEFORE_END = timedelta(seconds=10)
REFRESH_TAKES_MAX = timedelta(seconds=60)
LOOK_AGAIN_S = 0.2


async def fresh_access(
    platform: Platform,
    session: Session,
    key: DataKey,
    granted: GrantedAccess,
    connector: Connector,
    psu: PsuContext | None,
) -> Access:
    """The access with a token that is good for a while yet.

    Raises:
        BankAccessEnded: a single access has run out.
        BankConsentWithdrawn, InvalidMultipleAccessId: the session's consent is over.
    """
    if not _is_spent(platform, granted.access):
        return granted.access
    if session.consent_id is not None:
        return await _fresh_of_consent(platform, session.consent_id, connector, psu)
    if granted.access.refresh_token is None:
        raise BankAccessEnded
    fresh = await connector.renew(granted.access, psu)
    packed = pack(GrantedAccess(access=fresh, psu=granted.psu))
    sealed = platform.vault.seal(key, packed, access_place(session.id))
    await platform.store.change(sessions.replace_access, session.id, sealed)
    return fresh


async def _fresh_of_consent(
    platform: Platform, consent_id: str, connector: Connector, psu: PsuContext | None
) -> Access:
    granted = await _claimed(platform, consent_id)
    if not _is_spent(platform, granted.access):
        return granted.access
    try:
        if granted.access.refresh_token is None:
            raise BankAccessEnded
        fresh = await connector.renew(granted.access, psu)
    except BankAccessEnded:  # what the consent lived by is dead, so the consent is
        await platform.store.change(consents.give_up_refresh, consent_id)
        raise BankConsentWithdrawn from None
    except BaseException:
        await platform.store.change(consents.give_up_refresh, consent_id)
        raise
    packed = pack(GrantedAccess(access=fresh, psu=granted.psu))
    sealed = platform.vault.seal_long(packed, consent_access_place(consent_id))
    await platform.store.change(consents.replace_access, consent_id, sealed)
    return fresh


async def _claimed(platform: Platform, consent_id: str) -> GrantedAccess:
    """The consent's access: one that somebody refreshed meanwhile, or ours to refresh.

    Raises:
        InvalidMultipleAccessId: the consent has ended.
    """
    while True:
        now = platform.clock()
        until = now + REFRESH_TAKES_MAX
        is_ours = await platform.store.change(consents.claim_refresh, consent_id, now, until)
        sealed = await platform.store.fetch(consents.sealed_access, consent_id)
        if sealed is None:
            raise InvalidMultipleAccessId
        granted = unpack(platform.vault.open_long(sealed, consent_access_place(consent_id)))
        if not _is_spent(platform, granted.access):
            if is_ours:
                await platform.store.change(consents.give_up_refresh, consent_id)
            return granted
        if is_ours:
            return granted
        consent = await platform.store.fetch(consents.consent_by_id, consent_id)
        if consent is None or not consent.is_usable(now):
            raise InvalidMultipleAccessId
        await asyncio.sleep(LOOK_AGAIN_S)


def _is_spent(platform: Platform, access: Access) -> bool:
    return access.expires_at <= platform.clock() + REFRESH_BEFORE_END
