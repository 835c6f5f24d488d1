"""Sessions: made before the sign-in, bound to their client, ended by sign-out or idleness."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from opensaldo.domain.command import Command, CommandName
from opensaldo.domain.session import Session, SessionState
from opensaldo.domain.target import AccessMode, Target
from opensaldo.engine.ids import ATTEMPTS_MAX, new_number, new_owner_id
from opensaldo.engine.leaving import end_and_leave
from opensaldo.engine.platform import Platform
from opensaldo.errors import (
    CommandNotAvailable,
    ConcurrentSessionsLimitExceed,
    Defect,
    InvalidSessionId,
    InvalidSessionIdSignature,
    NotSignedIn,
)
from opensaldo.store.conflicts import IdTaken, hold
from opensaldo.store.db import Connection
from opensaldo.store.queries import commands, sessions
from opensaldo.store.queries.clients import Caller
from opensaldo.wire.signature import sign_session, signature_matches

RETRY_WHEN_FULL_S = 60
PERSON_STAYS = timedelta(minutes=30)  # later commands of a session are not the person's any more


def create_session(
    connection: Connection,
    platform: Platform,
    caller: Caller,
    *,
    access_mode: AccessMode,
    owner_external_id: str | None,
    max_import_date: date | None = None,
    attended: bool = True,
) -> Session:
    """A session that waits for its sign-in, with a key of its own for all it will hold.

    Raises:
        ConcurrentSessionsLimitExceed: the client has as many open sessions as it may.
    """
    now = platform.clock()
    client = caller.client
    hold(connection, "client", client.id)
    open_count = sessions.count_open(
        connection, client.id, client.environment, now - platform.limits.session_idle
    )
    if open_count >= platform.limits.open_sessions_max:
        raise ConcurrentSessionsLimitExceed(retry_after_s=RETRY_WHEN_FULL_S)
    _key, wrapped = platform.vault.new_key()
    for _ in range(ATTEMPTS_MAX):
        session = Session(
            id=new_number(),
            client_id=client.id,
            environment=client.environment,
            state=SessionState.CREATED,
            access_mode=access_mode,
            created_at=now,
            owner_external_id=owner_external_id or new_owner_id(platform.limits.owner_id_prefix),
            owner_id_generated=owner_external_id is None,
            max_import_date=max_import_date,
            attended=attended,
        )
        try:
            sessions.insert_session(connection, session, wrapped)
        except IdTaken:
            continue
        return session
    raise Defect("No free session id was found.")


def signature_of(platform: Platform, session_id: str) -> str:
    """The signature that goes with the session's id (wire contract, section 2.2)."""
    return sign_session(platform.vault.signature_secret(), session_id)


async def known_session(
    platform: Platform, caller: Caller, session_id: str, signature: str
) -> Session:
    """The caller's session of this id, whatever its state.

    Raises:
        InvalidSessionId: unknown, or another client's.
        InvalidSessionIdSignature: the signature is not this session's.
    """
    session = await session_by_id(platform, caller, session_id)
    if not signature_matches(platform.vault.signature_secret(), session_id, signature):
        raise InvalidSessionIdSignature
    return session


async def session_by_id(platform: Platform, caller: Caller, session_id: str) -> Session:
    """The caller's session of this id, for a caller whose request made or ended it.

    Raises:
        InvalidSessionId: it is no longer known.
    """
    client = caller.client
    session = await platform.store.fetch(
        sessions.session_of, session_id, client.id, client.environment
    )
    if session is None:
        raise InvalidSessionId
    return session


async def open_session(
    platform: Platform, caller: Caller, session_id: str, signature: str
) -> Session:
    """The caller's session of this id, signed in and not ended.

    Raises:
        InvalidSessionId: unknown, another client's, or ended.
        InvalidSessionIdSignature: the signature is not this session's.
        NotSignedIn: the person has not finished signing in.
    """
    session = await known_session(platform, caller, session_id, signature)
    if session.state is SessionState.CREATED:
        raise NotSignedIn
    if await _is_over(platform, session):
        raise InvalidSessionId
    return session


async def session_of_command(platform: Platform, command: Command) -> Session | None:
    """The session a command belongs to."""
    return await platform.store.fetch(
        sessions.session_of, command.session_id, command.client_id, command.environment
    )


def is_person_there(session: Session, now: datetime) -> bool:
    """Whether the person who signed in can be taken to be present."""
    signed_in_at = session.signed_in_at or session.created_at
    return session.attended and now < signed_in_at + PERSON_STAYS


async def sign_out(platform: Platform, caller: Caller, session: Session) -> Target:
    """The session has ended, and at its target, which is returned, as far as that answers.

    Raises:
        CommandNotAvailable: the target offers no sign-out; the session ends when idle.
    """
    target = platform.catalog.find(session.target or "", caller.client.environment)
    if target is None or CommandName.SIGN_OUT not in target.commands:
        raise CommandNotAvailable(f"{CommandName.SIGN_OUT} is not available for {session.target}.")
    await end_and_leave(platform, caller, session.id)
    return target


async def _is_over(platform: Platform, session: Session) -> bool:
    if session.state is SessionState.ENDED:
        return True
    if not _is_idle(session, platform.clock() - platform.limits.session_idle):
        return False
    return not await platform.store.fetch(commands.unfinished_of_session, session.id)


def _is_idle(session: Session, since: datetime) -> bool:
    return session.last_activity_at is None or session.last_activity_at < since
