"""Signing in: what is asked of the bank, and what happens when the person is through.

However a sign-in began (a redirection, a mock session), it ends in `finish`: one transaction that
opens the session, keeps the consent if one was granted, and announces both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from opensaldo.connectors.base import PsuContext, SignInRequest
from opensaldo.domain.client import Product
from opensaldo.domain.consent import CONSENT_DAYS_MAX, Consent, ConsentStatus
from opensaldo.domain.event import Event, EventKind
from opensaldo.domain.funnel import SUCCESS
from opensaldo.domain.look import PLAIN_LOOK, Look
from opensaldo.domain.session import (
    AutoImport,
    Channel,
    Redirection,
    RedirectionState,
    Session,
    SessionState,
)
from opensaldo.domain.target import AccessMode, Interface, Target
from opensaldo.engine.access import GrantedAccess, pack
from opensaldo.engine.clients import require
from opensaldo.engine.events import consent_event
from opensaldo.engine.held_logins import HeldLogin
from opensaldo.engine.history import HISTORY_DEFAULT, HISTORY_MAX
from opensaldo.engine.idempotency import settle
from opensaldo.engine.ids import new_grant
from opensaldo.engine.kept import access_place, consent_access_place, consent_owner_place
from opensaldo.engine.memories import inherit
from opensaldo.engine.platform import Platform
from opensaldo.engine.renewal import hold_older, owner_hash, take_over
from opensaldo.engine.sessions import create_session
from opensaldo.engine.usage import note_consent, note_session
from opensaldo.errors import AlreadySignedIn, InvalidSessionId, InvalidTarget
from opensaldo.store.db import Connection
from opensaldo.store.queries import (
    consents,
    events,
    funnel,
    redirections,
    sessions,
)
from opensaldo.store.queries.clients import Caller
from opensaldo.store.vault import DataKey
from opensaldo.wire.signature import multiple_access_id

AndThen = Callable[[Connection, Session], None]

CONSENT_LIFE = timedelta(days=CONSENT_DAYS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInOptions:
    """What the client asks of a sign-in (wire contract, section 4.1)."""

    access_mode: AccessMode = AccessMode.SINGLE
    owner_external_id: str | None = None
    redirect_uri: str | None = None
    country: str | None = None
    locale: str | None = None
    target: str | None = None
    max_import_date: date | None = None
    force_sca: bool = False
    client_identity: str | None = None
    channel: Channel = Channel.REDIRECTION
    embedder: str | None = None
    look: Look = PLAIN_LOOK
    auto_import: AutoImport | None = None


def check_options(platform: Platform, caller: Caller, options: SignInOptions) -> None:
    """The client may ask for this.

    Raises:
        FeatureNotEnabled: repeated access is not switched on for the client.
        InvalidTarget: unknown, or it cannot serve the access mode.
    """
    if options.access_mode is not AccessMode.SINGLE:
        require(caller, Product.MULTIPLE_ACCESS)
    if options.target is None:
        return
    target = platform.catalog.find(options.target, caller.client.environment)
    if target is None or not target.serves(options.access_mode):
        raise InvalidTarget
    if options.country not in {None, target.country}:
        raise InvalidTarget(f"The target is not one of the country {options.country}.")


def session_for(
    connection: Connection, platform: Platform, caller: Caller, options: SignInOptions
) -> Session:
    """A new session with these options, made in the caller's transaction."""
    return create_session(
        connection,
        platform,
        caller,
        access_mode=options.access_mode,
        owner_external_id=options.owner_external_id,
        max_import_date=options.max_import_date,
    )


def sign_in_request(
    platform: Platform,
    session: Session,
    target: Target,
    psu: PsuContext,
    *,
    return_url: str,
    state: str,
    force_sca: bool = False,
) -> SignInRequest:
    """What the connector is asked for: as deep as an import may reach, for as long as allowed."""
    now = platform.clock()
    repeated = target.grants_consent(session.access_mode)
    return SignInRequest(
        target=target,
        grant=new_grant(),
        return_url=return_url,
        state=state,
        psu=psu,
        repeated=repeated,
        history_days=_history_days(platform, session, target, now.date()),
        valid_until=now + (CONSENT_LIFE if repeated else platform.limits.retention),
        force_sca=force_sca,
    )


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
    is_here_only = request.target.interface is Interface.FALLBACK
    slot = platform.workflows.slot if is_here_only else None
    if is_here_only:
        platform.logins.hold(HeldLogin(session.id, request.target, granted.access))

    def sign_in(connection: Connection) -> str | None:
        now = platform.clock()
        consent = _consent(session, request, granted, now) if request.repeated else None
        if consent is not None:
            hold_older(connection, consent, _owner_hash(platform, session))
        if not sessions.sign_in(
            connection,
            session.id,
            request.target.name,
            consent.id if consent else None,
            session.owner_external_id,
            now,
            sealed,
            slot,
        ):
            raise AlreadySignedIn
        settle(connection, caller, session.id)
        note_session(connection, session, consent.id if consent else None, now)
        ended = redirection_id is not None and redirections.finish(
            connection, redirection_id, RedirectionState.SUCCESS, None
        )
        events.append(connection, _finished(session, now))
        token = _keep_consent(connection, platform, session, request.target, consent, packed)
        if redirection_id is not None and ended:
            funnel.count_ended(connection, redirection_id, SUCCESS)
        if and_then is not None:
            and_then(connection, _signed_in(session, request.target, consent, now))
        return token

    return await platform.store.change_with(sign_in)


def reusable_access_id(platform: Platform, session: Session) -> str | None:
    """The multipleAccessId of the session's consent, None for single access."""
    if session.consent_id is None:
        return None
    return multiple_access_id(platform.vault.signature_secret(), session.consent_id)


async def key_of_session(platform: Platform, session_id: str) -> DataKey:
    """The key to what the session holds.

    Raises:
        InvalidSessionId: the session has been forgotten.
    """
    wrapped = await platform.store.fetch(sessions.key_of, session_id)
    if wrapped is None:
        raise InvalidSessionId
    return platform.vault.unwrap(wrapped)


def failed(redirection: Redirection, state: RedirectionState, at: datetime) -> Event:
    """That the sign-in came to nothing, as a line of the client's event log."""
    return Event(
        client_id=redirection.client_id,
        environment=redirection.environment,
        kind=EventKind.SIGN_IN_FAILED,
        subject=redirection.session_id,
        at=at,
        state=state.value,
    )


def _finished(session: Session, at: datetime) -> Event:
    return Event(
        client_id=session.client_id,
        environment=session.environment,
        kind=EventKind.SIGN_IN_FINISHED,
        subject=session.id,
        at=at,
    )


def _history_days(platform: Platform, session: Session, target: Target, today: date) -> int:
    """As deep as any import under this sign-in may reach, later sessions included."""
    if session.max_import_date is not None:
        first = min(HISTORY_MAX.days, max(1, (today - session.max_import_date).days))
    else:
        first = HISTORY_MAX.days if target.test_only else HISTORY_DEFAULT.days
    repeated = target.grants_consent(session.access_mode)
    return max(first, platform.limits.later_history_days) if repeated else first


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
