"""A run of an import, from its beginning to what it needs: key, access and plan.

A session whose consent gave way to a newer one runs under the newer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from opensaldo.domain.command import Command, CommandState
from opensaldo.domain.consent import Consent
from opensaldo.domain.session import Session, SessionState
from opensaldo.engine.access import GrantedAccess, unpack
from opensaldo.engine.found import opened, unpack_request
from opensaldo.engine.kept import (
    FOUND,
    REQUEST,
    access_place,
    consent_access_place,
    document_place,
)
from opensaldo.engine.plans import PLAN_OF_COMMAND, Plan, plan_of_known
from opensaldo.engine.platform import Platform
from opensaldo.engine.progress import progress_event
from opensaldo.engine.renewal import proved, serving
from opensaldo.engine.sessions import is_person_there
from opensaldo.errors import InvalidMultipleAccessId, SessionExpired
from opensaldo.store.db import Connection
from opensaldo.store.queries import budget, commands, consents, documents, events, sessions
from opensaldo.store.queries.documents import SealedDocument
from opensaldo.store.vault import DataKey, KeyDestroyed, WrappedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A command whose run has begun, with what its session, or the session's consent, kept."""

    command: Command
    session: Session | None
    consent: Consent | None
    is_taken_over: bool
    wrapped: WrappedKey | None
    sealed: bytes | None = field(repr=False)
    request: bytes | None = field(repr=False)
    found: tuple[SealedDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run needs, found before the first call to the bank."""

    command: Command
    session: Session
    key: DataKey
    granted: GrantedAccess
    plan: Plan
    attended: bool
    takes_over: bool
    ends_at: datetime


async def begin(platform: Platform, command_id: str) -> Started | None:
    """The run has begun and is counted; None when there is no such command or it has ended."""
    now = platform.clock()

    def start(connection: Connection) -> Started | None:
        command = commands.command_by_id(connection, command_id)
        if command is None:
            return None
        names = (command.target or "", command.institution or "")
        runs = commands.start(connection, command_id, *names, now)
        if runs is None:
            return None
        budget.begin_import(connection, command_id, now)
        started = replace(
            command,
            state=CommandState.IN_PROGRESS,
            runs=runs,
            started_at=command.started_at or now,
        )
        kept = _kept(connection, started)
        events.append(connection, progress_event(started, now))
        return kept

    return await platform.store.change_with(start)


def _kept(connection: Connection, command: Command) -> Started:
    """The command with what its session kept for it."""
    session = sessions.session_of(
        connection, command.session_id, command.client_id, command.environment
    )
    consent_id = session.consent_id if session else None
    consent = serving(connection, consent_id) if consent_id else None
    is_taken_over = consent is not None and consent.id != consent_id
    if session is not None and consent is not None:
        session = replace(session, consent_id=consent.id)
    return Started(
        command=command,
        session=session,
        consent=consent,
        is_taken_over=is_taken_over,
        wrapped=sessions.key_of(connection, command.session_id),
        sealed=(
            consents.sealed_access(connection, consent.id)
            if consent is not None
            else sessions.sealed_access(connection, command.session_id)
        ),
        request=documents.document_of(connection, command.id, REQUEST),
        found=documents.documents_of_session(connection, command.session_id, FOUND),
    )


async def after_proof(platform: Platform, command: Command, consent_id: str) -> Started:
    """What is kept once the consent that takes over has proved itself, or had time enough to."""
    await proved(platform, consent_id)
    return await platform.store.fetch(_kept, command)


def prepared(platform: Platform, started: Started) -> Run:
    """The run with its key and its access opened.

    Raises:
        SessionExpired: the session has ended or the command's time is over.
        InvalidMultipleAccessId: the session's consent has ended.
    """
    command, session = started.command, started.session
    started_at = command.started_at or platform.clock()
    ends_at = started_at + timedelta(seconds=platform.limits.command_run_s)
    if started.consent is not None and not started.consent.is_usable(platform.clock()):
        raise InvalidMultipleAccessId
    if session is None or started.wrapped is None or started.sealed is None:
        raise SessionExpired
    if session.state is not SessionState.SIGNED_IN or platform.clock() >= ends_at:
        raise SessionExpired
    try:
        key = platform.vault.unwrap(started.wrapped)
    except KeyDestroyed:
        raise SessionExpired from None
    return Run(
        command=command,
        session=session,
        key=key,
        granted=_opened_access(platform, session, key, started.sealed),
        plan=_plan_of(platform, started, key),
        attended=command.runs == 1 and is_person_there(session, platform.clock()),
        takes_over=_takes_over(platform, started.consent),
        ends_at=ends_at,
    )


def _takes_over(platform: Platform, consent: Consent | None) -> bool:
    """Whether the bank may just have ended an older consent for this one, which is unproved yet."""
    if consent is None or consent.proved_at is not None:
        return False
    target = platform.catalog.find(consent.target, consent.environment)
    return target is not None and target.new_consent_ends_old


def _opened_access(
    platform: Platform, session: Session, key: DataKey, sealed: bytes
) -> GrantedAccess:
    if session.consent_id is not None:
        return unpack(platform.vault.open_long(sealed, consent_access_place(session.consent_id)))
    return unpack(platform.vault.open_sealed(key, sealed, access_place(session.id)))


def _plan_of(platform: Platform, started: Started, key: DataKey) -> Plan:
    """The calls the command needs and no other: everything, all details, or one account's lists.

    Raises:
        SessionExpired: what an earlier command found is no longer kept.
    """
    if started.request is None:
        return PLAN_OF_COMMAND[started.command.name]
    place = document_place(started.command.id, REQUEST)
    request = unpack_request(platform.vault.open_sealed(key, started.request, place))
    found = opened(platform, key, started.found)
    if request.number not in found:
        raise SessionExpired("What the session had found is no longer kept.")
    return plan_of_known(request.number, found[request.number], fast=request.fast)
