"""Signing in: what the client may ask for, and what is asked of the bank for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from opensaldo.connectors.base import PsuContext, SignInRequest
from opensaldo.domain.client import Product
from opensaldo.domain.consent import CONSENT_DAYS_MAX
from opensaldo.domain.event import Event, EventKind
from opensaldo.domain.look import PLAIN_LOOK, Look
from opensaldo.domain.session import (
    AutoImport,
    Channel,
    Redirection,
    RedirectionState,
    Session,
)
from opensaldo.domain.target import AccessMode, Target
from opensaldo.engine.clients import require
from opensaldo.engine.history import HISTORY_DEFAULT, HISTORY_MAX
from opensaldo.engine.ids import new_grant
from opensaldo.engine.platform import Platform
from opensaldo.engine.sessions import create_session
from opensaldo.errors import InvalidSessionId, InvalidTarget
from opensaldo.store.db import Connection
from opensaldo.store.queries import sessions
from opensaldo.store.queries.clients import Caller
from opensaldo.store.vault import DataKey
from opensaldo.wire.signature import multiple_access_id

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


def _history_days(platform: Platform, session: Session, target: Target, today: date) -> int:
    """As deep as any import under this sign-in may reach, later sessions included."""
    if session.max_import_date is not None:
        first = min(HISTORY_MAX.days, max(1, (today - session.max_import_date).days))
    else:
        first = HISTORY_MAX.days if target.test_only else HISTORY_DEFAULT.days
    repeated = target.grants_consent(session.access_mode)
    return max(first, platform.limits.later_history_days) if repeated else first
