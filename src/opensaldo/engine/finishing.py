"""The person is through at the bank: the session is open, whichever way its sign-in began.

One transaction opens it, keeps the consent if one was granted, and announces both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from opensaldo.connectors.base import SignInRequest
from opensaldo.domain.consent import Consent, ConsentStatus
from opensaldo.domain.event import Event, EventKind
from opensaldo.domain.funnel import SUCCESS
from opensaldo.domain.session import RedirectionState, Session, SessionState
from opensaldo.domain.target import Interface, Target
from opensaldo.engine.access import GrantedAccess, pack
from opensaldo.engine.events import consent_event
from opensaldo.engine.held_logins import HeldLogin
from opensaldo.engine.idempotency import settle
from opensaldo.engine.kept import access_place, consent_access_place, consent_owner_place
from opensaldo.engine.memories import inherit
from opensaldo.engine.platform import Platform
from opensaldo.engine.renewal import hold_older, owner_hash, take_over
from opensaldo.engine.signin import key_of_session
from opensaldo.engine.usage import note_consent, note_session
from opensaldo.errors import AlreadySignedIn
from opensaldo.store.db import Connection
from opensaldo.store.queries import consents, events, funnel, redirections, sessions
from opensaldo.store.queries.clients import Caller
from opensaldo.wire.signature import multiple_access_id

AndThen = Callable[[Connection, Session], None]


async def finish(
    platform: Platform,
    session: Session,
    request: SignInRequest,
    granted: GrantedAccess,
    redirection_id: str | None,
    caller: Caller | None = None,
    and_then: AndThen | None = None,
) -> str | None:
    """The session is signed in; returns the id of its reusable access when there is one.

    `caller` is whose request signs in, None when a person does. `and_then` is done in the same
    transaction, with the session as it is then.

    Raises:
        AlreadySignedIn: somebody else finished this session first.
    """
    key = await key_of_session(platform, session.id)
    packed = pack(granted)
    sealed = (
        None if request.repeated else platform.vault.seal(key, packed, access_place(session.id))
    )
    slot = _held_slot(platform, session, request.target, granted)

    def sign_in(connection: Connection) -> str | None:
        now = platform.clock()
        consent = _consent(session, request, granted, now) if request.repeated else None
        signed_in = _signed_in(session, request.target, consent, now)
        if consent is not None:
            hold_older(connection, consent, _owner_hash(platform, session))
        if not _open(connection, signed_in, now, sealed, slot):
            raise AlreadySignedIn
        settle(connection, caller, session.id)
        note_session(connection, session, signed_in.consent_id, now)
        ended = redirection_id is not None and redirections.finish(
            connection, redirection_id, RedirectionState.SUCCESS, None
        )
        if and_then is not None:
            and_then(connection, signed_in)
        events.append(connection, _finished(session, now))
        token = _keep_consent(connection, platform, session, request.target, consent, packed)
        if redirection_id is not None and ended:
            funnel.count_ended(connection, redirection_id, SUCCESS)
        return token

    return await platform.store.change_with(sign_in)


def _held_slot(
    platform: Platform, session: Session, target: Target, granted: GrantedAccess
) -> int | None:
    """The slot of this process, which now holds the login; None where any process can import."""
    if target.interface is not Interface.FALLBACK:
        return None
    platform.logins.hold(HeldLogin(session.id, target, granted.access))
    return platform.workflows.slot


def _open(
    connection: Connection, signed_in: Session, at: datetime, sealed: bytes | None, slot: int | None
) -> bool:
    """Whether the session is open by this; False when it was already."""
    return sessions.sign_in(
        connection,
        signed_in.id,
        signed_in.target or "",
        signed_in.consent_id,
        signed_in.owner_external_id,
        at,
        sealed,
        slot,
    )


def _finished(session: Session, at: datetime) -> Event:
    return Event(
        client_id=session.client_id,
        environment=session.environment,
        kind=EventKind.SIGN_IN_FINISHED,
        subject=session.id,
        at=at,
    )


def _consent(
    session: Session, request: SignInRequest, granted: GrantedAccess, now: datetime
) -> Consent:
    return Consent(
        id=request.grant,
        client_id=session.client_id,
        environment=session.environment,
        target=request.target.name,
        status=ConsentStatus.VALID,
        granted_at=now,
        valid_until=min(request.valid_until, granted.access.valid_until or request.valid_until),
    )


def _keep_consent(
    connection: Connection,
    platform: Platform,
    session: Session,
    target: Target,
    consent: Consent | None,
    packed: bytes,
) -> str | None:
    if consent is None:
        return None
    token = multiple_access_id(platform.vault.signature_secret(), consent.id)
    owner = (session.owner_external_id or "").encode()
    consents.insert_consent(
        connection,
        consent,
        token_hash=platform.vault.fingerprint("multiple-access", token),
        sealed_owner=platform.vault.seal_long(owner, consent_owner_place(consent.id)),
        sealed_access=platform.vault.seal_long(packed, consent_access_place(consent.id)),
        owner_hash=_owner_hash(platform, session),
        session_id=session.id,
    )
    inherit(connection, platform, consent)
    note_consent(connection, consent)
    events.append(connection, consent_event(consent, EventKind.CONSENT_GRANTED, consent.granted_at))
    take_over(connection, target, consent)
    return token


def _signed_in(session: Session, target: Target, consent: Consent | None, now: datetime) -> Session:
    return replace(
        session,
        state=SessionState.SIGNED_IN,
        target=target.name,
        consent_id=consent.id if consent else None,
        signed_in_at=now,
        last_activity_at=now,
    )


def _owner_hash(platform: Platform, session: Session) -> str:
    return owner_hash(platform.vault, session.client_id, session.owner_external_id or "")
