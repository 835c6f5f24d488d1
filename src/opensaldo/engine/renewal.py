"""Renewal without a gap: a new consent of the same person and bank takes an older one's place.

The older one serves until an import under the new one has succeeded; then it is revoked, here and
at the bank. Where the bank itself ends the older one when the person authorises the new one, the
new one takes over at once: imports of older sessions wait for its first success and go on with it,
and its own first reading is tried again before the consent is given up as lost.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.domain.target import Target
from opensaldo.engine.consent_ends import tell_end
from opensaldo.engine.platform import Platform
from opensaldo.store.conflicts import hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import consent_chain, consents
from opensaldo.store.vault import Vault

REPLACEMENTS_MAX = 50
PROOF_WAIT_S = 60.0
SUCCESSOR_WAIT_S = 5.0
LOOK_AGAIN_S = 0.25
FIRST_READ_TRIES = 3
FIRST_READ_PAUSE_S = 1.0
OWNER = "consent-owner"


def owner_hash(vault: Vault, client_id: str, owner_external_id: str) -> str:
    """What a client's consents of one person are found by."""
    return vault.fingerprint(OWNER, client_id, owner_external_id)


def hold_older(connection: Connection, new: Consent, of_owner: str) -> None:
    """The person's consents at this bank and the chain are held, before a new one may end them."""
    place = (new.client_id, new.environment, of_owner, REPLACEMENTS_MAX)
    for old, _ in consents.consents_of(connection, *place):
        if old.target == new.target and old.ended_at is None:
            hold(connection, "consent", old.id)
    consent_chain.take_turn(connection)


def hold_for_proof(connection: Connection, consent_id: str) -> None:
    """All that `prove` may change is held; call it before anything else that others wait for.

    Newer consents are held before older ones, as everywhere.
    """
    hold(connection, "consent", consent_id)
    new = consents.consent_by_id(connection, consent_id)
    if new is None or new.proved_at is not None:
        return
    older = consents.older_of_person(connection, new)
    for old in reversed(older):
        hold(connection, "consent", old.id)
    if older:
        consent_chain.take_turn(connection)


def take_over(connection: Connection, target: Target, new: Consent) -> None:
    """Older consents that the bank has ended by this authorisation are over; call it late."""
    if not target.new_consent_ends_old:
        return
    for old in consents.older_of_person(connection, new):
        if consents.close_consent(connection, old.id, ConsentStatus.EXPIRED, new.granted_at):
            _replaced(connection, old, ConsentStatus.EXPIRED, new.id, new.granted_at)


def prove(connection: Connection, consent_id: str, at: datetime) -> bool:
    """The new consent works: older ones of the person are revoked; whether banks must be told.

    Call it late, after `hold_for_proof`.
    """
    if not consents.prove(connection, consent_id, at):
        return False
    new = consents.consent_by_id(connection, consent_id)
    if new is None or new.status is not ConsentStatus.VALID:
        return False
    older = consents.older_of_person(connection, new)
    for old in older:
        if consents.revoke_consent(connection, old.id, at):
            _replaced(connection, old, ConsentStatus.TERMINATED_BY_TPP, new.id, at)
    return bool(older)


def serving(connection: Connection, consent_id: str) -> Consent | None:
    """The consent itself, or the newest one that took its place."""
    consent = consents.consent_by_id(connection, consent_id)
    for _ in range(REPLACEMENTS_MAX):
        if consent is None or consent.replaced_by is None:
            break
        consent = consents.consent_by_id(connection, consent.replaced_by)
    return consent


async def proved(platform: Platform, consent_id: str) -> None:
    """The consent has proved itself, or ended, or has had long enough to."""
    for _ in range(int(PROOF_WAIT_S / LOOK_AGAIN_S)):
        consent = await platform.store.fetch(consents.consent_by_id, consent_id)
        if consent is None or consent.proved_at or not consent.is_usable(platform.clock()):
            return
        await asyncio.sleep(LOOK_AGAIN_S)


async def successor(platform: Platform, consent_id: str) -> Consent | None:
    """The consent that has taken this one's place, or does so within a few seconds."""
    for _ in range(int(SUCCESSOR_WAIT_S / LOOK_AGAIN_S)):
        consent = await platform.store.fetch(serving, consent_id)
        if consent is not None and consent.id != consent_id:
            return consent
        await asyncio.sleep(LOOK_AGAIN_S)
    return None


def _replaced(
    connection: Connection, old: Consent, status: ConsentStatus, new_id: str, at: datetime
) -> None:
    consents.replaced(connection, old.id, new_id)
    tell_end(connection, old, status, at)
