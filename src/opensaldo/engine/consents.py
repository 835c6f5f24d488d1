"""Consents after the sign-in: come back with one, end one, notice that one has ended.

A consent's access lives in one place, with the consent, so that any of its sessions finds the
freshest. Ending one here is decided in one transaction; its bank is told afterwards, again and
again until it has answered, for nothing may stay granted there that has ended here.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from opensaldo.domain.client import Product
from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.domain.event import EventKind
from opensaldo.domain.session import Session, SessionState
from opensaldo.domain.target import AccessMode
from opensaldo.engine.access import unpack
from opensaldo.engine.clients import require
from opensaldo.engine.consent_ends import tell_end
from opensaldo.engine.events import consent_event
from opensaldo.engine.idempotency import settle
from opensaldo.engine.kept import consent_access_place, consent_owner_place
from opensaldo.engine.platform import Platform
from opensaldo.engine.renewal import serving
from opensaldo.engine.sessions import create_session
from opensaldo.engine.switching import is_switched
from opensaldo.engine.usage import note_session
from opensaldo.errors import BankUnavailable, InvalidMultipleAccessId, OpenSaldoError
from opensaldo.observe import log
from opensaldo.store.conflicts import hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import consents, events, sessions
from opensaldo.store.queries.clients import Caller
from opensaldo.store.queries.consents import OwedRevocation

REVOKE_S = 10.0
REVOKE_AGAIN_MIN = timedelta(minutes=1)
REVOKED_AT_ONCE_MAX = 50
WARNED_BEFORE = timedelta(days=14)


async def usable_consent(platform: Platform, caller: Caller, token: str) -> Consent:
    """The caller's consent behind a multipleAccessId, which its bank may be asked with now.

    Raises:
        FeatureNotEnabled: repeated access is not switched on for the client.
        InvalidMultipleAccessId: unknown, another client's, expired, withdrawn or revoked.
        BankUnavailable: the target is gone, or its fallback is used, which knows no consents.
    """
    require(caller, Product.MULTIPLE_ACCESS)
    consent = await consent_of_token(platform, caller, token)
    if consent is None or not consent.is_usable(platform.clock()):
        raise InvalidMultipleAccessId
    target = platform.catalog.find(consent.target, consent.environment)
    if target is None:
        raise BankUnavailable("The target is no longer in the catalogue.")
    if await is_switched(platform, target, consent.client_id):
        raise BankUnavailable(
            "The bank's interface is out of use for now; the access stays valid. Try again later.",
            retry_after_s=platform.limits.switch_quiet_s,
        )
    return consent


def session_under(
    connection: Connection, platform: Platform, caller: Caller, consent: Consent
) -> Session:
    """A signed-in session under the consent without the person, made in the caller's transaction.

    Raises:
        InvalidMultipleAccessId: the consent has ended meanwhile.
        ConcurrentSessionsLimitExceed: the client has as many open sessions as it may.
    """
    owner = owner_of(connection, platform, consent)
    session = create_session(
        connection,
        platform,
        caller,
        access_mode=AccessMode.MULTIPLE,
        owner_external_id=owner,
        attended=False,
    )
    if hold_usable(connection, platform, consent.id) != consent.id:
        raise InvalidMultipleAccessId
    now = platform.clock()
    sessions.sign_in(connection, session.id, consent.target, consent.id, owner, now, None)
    note_session(connection, session, consent.id, now)
    found = sessions.session_of(connection, session.id, session.client_id, session.environment)
    if found is None or found.state is not SessionState.SIGNED_IN:
        raise AssertionError("the session was made in this transaction")
    return found


async def reuse(platform: Platform, caller: Caller, token: str) -> Session:
    """A new session of the consent, signed in without the person.

    Raises:
        InvalidMultipleAccessId, FeatureNotEnabled, BankUnavailable: as `usable_consent`.
        ConcurrentSessionsLimitExceed: the client has as many open sessions as it may.
    """
    consent = await usable_consent(platform, caller, token)

    def make(connection: Connection) -> Session:
        session = session_under(connection, platform, caller, consent)
        settle(connection, caller, session.id)
        return session

    return await platform.store.change_with(make)


async def revoke(platform: Platform, caller: Caller, token: str) -> None:
    """The consent has ended here and, as soon as the bank answers, there.

    Raises:
        InvalidMultipleAccessId: unknown, another client's, or over already.
    """
    consent = await consent_of_token(platform, caller, token)
    now = platform.clock()
    if consent is None or not consent.is_usable(now):
        raise InvalidMultipleAccessId

    def end(connection: Connection) -> None:
        hold(connection, "consent", consent.id)
        if not consents.revoke_consent(connection, consent.id, now):
            raise InvalidMultipleAccessId
        settle(connection, caller, consent.id)
        tell_end(connection, consent, ConsentStatus.TERMINATED_BY_TPP, now)

    await platform.store.change_with(end)
    await tell_banks(platform)


def hold_usable(connection: Connection, platform: Platform, consent_id: str) -> str:
    """The id of the consent, or of the one that took its place: usable until the transaction ends.

    Raises:
        InvalidMultipleAccessId: it has ended.
    """
    hold(connection, "consent", consent_id)
    consent = serving(connection, consent_id)
    if consent is None or not consent.is_usable(platform.clock()):
        raise InvalidMultipleAccessId
    return consent.id


async def found_ended(
    platform: Platform, consent_id: str, status: ConsentStatus = ConsentStatus.REVOKED_BY_PSU
) -> None:
    """The consent is over at the bank: it is closed here, and its client is told."""
    now = platform.clock()

    def close(connection: Connection) -> None:
        hold(connection, "consent", consent_id)
        consent = consents.consent_by_id(connection, consent_id)
        if consent is None:
            return
        if consents.close_consent(connection, consent_id, status, now):
            tell_end(connection, consent, status, now)

    await platform.store.change_with(close)


async def warn(platform: Platform) -> None:
    """Clients were told, once each, of consents that run out within `WARNED_BEFORE`."""
    now = platform.clock()
    for one in await platform.store.fetch(consents.expiring, now + WARNED_BEFORE):
        await platform.store.change(_tell_expiring, one, now)


def _tell_expiring(connection: Connection, consent: Consent, now: datetime) -> None:
    hold(connection, "consent", consent.id)
    if consents.warned(connection, consent.id, now):
        events.append(connection, consent_event(consent, EventKind.CONSENT_EXPIRING, now))


async def expire(platform: Platform) -> int:
    """Consents whose time is over are closed, and their clients told; returns how many."""
    over = await platform.store.fetch(consents.run_out, platform.clock())
    for one in over:
        await found_ended(platform, one.id, ConsentStatus.EXPIRED)
    return len(over)


async def tell_banks(platform: Platform) -> None:
    """Banks that are owed a revocation were told, or will be tried again later."""
    now = platform.clock()
    owed = await platform.store.fetch(consents.owed_revocations, now, REVOKED_AT_ONCE_MAX)
    await asyncio.gather(*(_tell_bank(platform, one, now) for one in owed))


async def _tell_bank(platform: Platform, owed: OwedRevocation, now: datetime) -> None:
    consent = owed.consent
    again_at = now + max(REVOKE_AGAIN_MIN, now - (consent.ended_at or now))
    await platform.store.change(consents.put_off_revocation, consent.id, again_at)
    target = platform.catalog.find(consent.target, consent.environment)
    is_over = now >= consent.valid_until
    if target is not None and not is_over:
        place = consent_access_place(consent.id)
        access = unpack(platform.vault.open_long(owed.sealed_access, place)).access
        try:
            async with asyncio.timeout(REVOKE_S):
                await platform.catalog.connector(target).revoke(access)
        except (TimeoutError, OpenSaldoError) as error:
            code = error.wire_name if isinstance(error, OpenSaldoError) else "timeout"
            log.warning("revocation owed", consent=consent.id, target=target.name, code=code)
            return
    await platform.store.change(consents.revocation_told, consent.id)


def owner_of(connection: Connection, platform: Platform, consent: Consent) -> str:
    """The owner's id that the client gave this consent's sessions."""
    sealed = consents.sealed_owner(connection, consent.id)
    if sealed is None:
        raise InvalidMultipleAccessId
    return platform.vault.open_long(sealed, consent_owner_place(consent.id)).decode()


async def consent_of_token(platform: Platform, caller: Caller, token: str) -> Consent | None:
    """The caller's consent behind a multipleAccessId, whatever became of it; None without one."""
    digest = platform.vault.fingerprint("multiple-access", token)
    client = caller.client
    return await platform.store.fetch(
        consents.consent_by_token, digest, client.id, client.environment
    )
