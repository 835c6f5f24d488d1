"""The default import: read this first.

One accepted command becomes one run (more after a crash): open the session's access, read all that
was granted within the time limit, render and seal the result once, and end the command in the same
transaction that keeps the result.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from opensaldo.connectors.base import Access, Connector, PsuContext
from opensaldo.domain.account import Holdings
from opensaldo.domain.aggregate import Origin
from opensaldo.domain.command import Command, CommandState, Failure, Outcome, Receipt
from opensaldo.domain.event import Event, EventKind
from opensaldo.domain.session import Session, SessionState
from opensaldo.engine.access import GrantedAccess, pack, unpack
from opensaldo.engine.ledger import Ledger
from opensaldo.engine.platform import Platform
from opensaldo.engine.progress import ProgressWriter
from opensaldo.engine.reading import Reading
from opensaldo.errors import (
    BankAccessEnded,
    BankConsentWithdrawn,
    BankRateLimited,
    BankUnavailable,
    Defect,
    InvalidMultipleAccessId,
    MultipleAccessLimitExceeded,
    OpenSaldoError,
    PlatformUnavailable,
    SessionExpired,
)
from opensaldo.observe import COMMANDS, IMPORT_SECONDS, log
from opensaldo.store.db import Connection
from opensaldo.store.queries import commands, documents, events, owners, sessions
from opensaldo.store.vault import DataKey, KeyDestroyed, WrappedKey
from opensaldo.wire import json_v1, xml_v1

HISTORY_DEFAULT = timedelta(days=90)
HISTORY_REUSED = timedelta(days=180)
HISTORY_MAX = timedelta(days=5 * 365 + 1)
RENEW_BEFORE_END = timedelta(seconds=10)
HOLDINGS = "holdings"
RESULT_XML = "result_xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Started:
    """A command whose run has begun, with what its session kept."""

    command: Command
    session: Session | None
    wrapped: WrappedKey | None
    sealed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one run needs, found before the first call to the bank."""

    command: Command
    session: Session
    key: DataKey
    granted: GrantedAccess
    attended: bool
    ends_at: datetime


async def run_default_import(platform: Platform, command_id: str) -> None:
    """The command has reached a final state, with its result kept if it was successful.

    Safe to run again after a crash: a command that ended is left alone, a rerun is unattended and
    asks the ledger before each call.

    Raises:
        PlatformUnavailable: the store is away; nothing was decided.
    """
    started = await _start(platform, command_id)
    if started is None:
        return
    command = started.command
    receipt = Receipt(outcome=Outcome.FAILED, reruns=command.runs - 1)
    try:
        await _import_in_words_of_access(platform, _prepared(platform, started))
    except PlatformUnavailable:
        raise
    except Defect as defect:
        await end_failed(platform, command, CommandState.FATAL, defect, receipt)
    except OpenSaldoError as error:
        await end_failed(platform, command, CommandState.ERROR, error, receipt)


async def give_up_default_import(platform: Platform, command_id: str) -> None:
    """The command is final: `fatal`, unless it had ended already."""
    command = await platform.store.fetch(commands.command_by_id, command_id)
    if command is not None:
        await end_failed(platform, command, CommandState.FATAL, Defect(), None)


def earliest_day(session: Session, since: date | None, *, today: date, is_mock: bool) -> date:
    """The first day an import may reach: `since`, moved up to the latest limit that applies.

    Source: wire contract, section 5.1.
    """
    limits = [today - HISTORY_MAX]
    is_reused = not session.attended
    if session.max_import_date is not None:
        limits.append(session.max_import_date)
    elif not is_reused and not is_mock:
        limits.append(today - HISTORY_DEFAULT)
    if is_reused:
        limits.append(today - HISTORY_REUSED)
    asked = since or session.max_import_date or today - HISTORY_DEFAULT
    return max(asked, *limits)


async def _start(platform: Platform, command_id: str) -> _Started | None:
    """The run has begun and is counted; None when there is no such command or it has ended."""
    now = platform.clock()

    def start(connection: Connection) -> _Started | None:
        command = commands.command_by_id(connection, command_id)
        if command is None:
            return None
        names = (command.target or "", command.institution or "")
        runs = commands.start(connection, command_id, *names, now)
        if runs is None:
            return None
        return _Started(
            command=replace(
                command,
                state=CommandState.IN_PROGRESS,
                runs=runs,
                started_at=command.started_at or now,
            ),
            session=sessions.session_of(
                connection, command.session_id, command.client_id, command.environment
            ),
            wrapped=sessions.key_of(connection, command.session_id),
            sealed=sessions.sealed_access(connection, command.session_id),
        )

    return await platform.store.change_with(start)


def _prepared(platform: Platform, started: _Started) -> _Run:
    """The run with its key and its access opened.

    Raises:
        SessionExpired: the session has ended or the command's time is over.
    """
    command, session = started.command, started.session
    started_at = command.started_at or platform.clock()
    ends_at = started_at + timedelta(seconds=platform.limits.command_run_s)
    if session is None or started.wrapped is None or started.sealed is None:
        raise SessionExpired
    if session.state is not SessionState.SIGNED_IN or platform.clock() >= ends_at:
        raise SessionExpired
    try:
        key = platform.vault.unwrap(started.wrapped)
    except KeyDestroyed:
        raise SessionExpired from None
    opened = platform.vault.open_sealed(key, started.sealed, access_place(session.id))
    return _Run(
        command=command,
        session=session,
        key=key,
        granted=unpack(opened),
        attended=session.attended and command.runs == 1,
        ends_at=ends_at,
    )


def access_place(session_id: str) -> str:
    """What a session's sealed access is bound to."""
    return f"session:{session_id}:access"


def document_place(command_id: str, kind: str) -> str:
    """What a command's sealed document is bound to."""
    return f"command:{command_id}:{kind}"


async def _import_in_words_of_access(platform: Platform, run: _Run) -> None:
    """Import; a consent's client is told of limits and withdrawal by their own names."""
    try:
        await _import(platform, run)
    except BankRateLimited as error:
        if run.session.consent_id is None:
            if run.command.runs == 1:
                raise
            raise SessionExpired(error.message) from None
        raise MultipleAccessLimitExceeded(error.message) from None
    except BankConsentWithdrawn:
        raise (InvalidMultipleAccessId if run.session.consent_id else SessionExpired) from None


async def _import(platform: Platform, run: _Run) -> None:
    target = platform.catalog.find(run.session.target or "", run.session.environment)
    if target is None:
        raise BankUnavailable("The target is no longer in the catalogue.")
    connector = platform.catalog.connector(target)
    psu = run.granted.psu if run.attended else None
    access = run.granted.access
    if access.expires_at <= platform.clock() + RENEW_BEFORE_END:
        access = await _renewed(platform, run, connector, psu)
    today = platform.clock().date()
    async with ProgressWriter(platform.store, run.command.id) as progress:
        reading = Reading(
            connector=connector,
            access=access,
            psu=psu,
            since=earliest_day(
                run.session, run.command.since, today=today, is_mock=target.test_only
            ),
            ledger=Ledger(platform, run.command, access.grant, run.attended),
            on_progress=progress.report,
        )
        await _read_in_time(platform, run, reading)
    await _keep(platform, run, reading)


async def _read_in_time(platform: Platform, run: _Run, reading: Reading) -> None:
    """Read until done or until the command's time is over.

    Raises:
        BankUnavailable: the time is over and no account was read.
    """
    left_s = (run.ends_at - platform.clock()).total_seconds()
    try:
        async with asyncio.timeout(left_s):
            await reading.read()
    except TimeoutError:
        if not reading.has_read_any:
            await platform.store.change_with(reading.ledger.settle)
            raise BankUnavailable("The bank did not answer within the command's time.") from None
    except BaseException:
        await platform.store.change_with(reading.ledger.settle)
        raise


async def _renewed(
    platform: Platform, run: _Run, connector: Connector, psu: PsuContext | None
) -> Access:
    if run.granted.access.refresh_token is None:
        raise BankAccessEnded
    fresh = await connector.renew(run.granted.access, psu)
    packed = pack(GrantedAccess(access=fresh, psu=run.granted.psu))
    sealed = platform.vault.seal(run.key, packed, access_place(run.session.id))
    await platform.store.change(sessions.replace_access, run.session.id, sealed)
    return fresh


async def _keep(platform: Platform, run: _Run, reading: Reading) -> None:
    """Render, seal and keep the result, and end the command, in one transaction."""
    holdings = reading.holdings()
    receipt = Receipt(
        outcome=Outcome.COMPLETE if reading.is_complete else Outcome.PARTIAL,
        accounts=len(holdings.accounts) + len(holdings.cards) + len(holdings.deposits),
        pages=reading.pages,
        rows=holdings.transaction_count,
        reruns=run.command.runs - 1,
    )
    sealed = await asyncio.to_thread(_sealed_documents, platform, run, holdings)

    def keep(connection: Connection) -> None:
        now = platform.clock()
        reading.ledger.settle(connection)
        if not commands.succeed(connection, run.command.id, receipt, now):
            return
        session = sessions.session_of(
            connection, run.session.id, run.session.client_id, run.session.environment
        )
        owner = (session or run.session).owner_external_id
        if owner is None:
            raise SessionExpired("The owner's data was deleted while the import ran.")
        for kind, blob in sealed.items():
            documents.insert_document(
                connection,
                command=run.command,
                owner_external_id=owner,
                kind=kind,
                sealed=blob,
                at=now,
                due_at=now + platform.limits.retention,
            )
        owners.note_import(
            connection,
            run.session.client_id,
            run.session.environment,
            owner,
            Origin.SCRAPER,
            now,
        )
        sessions.touch(connection, run.session.id, now)
        events.append(connection, _ended(run.command, now))

    await platform.store.change_with(keep)
    _count(platform, run.command, CommandState.SUCCESSFUL)


def _sealed_documents(platform: Platform, run: _Run, holdings: Holdings) -> dict[str, bytes]:
    rendered = {HOLDINGS: json_v1.encode_holdings(holdings), RESULT_XML: xml_v1.result(holdings)}
    return {
        kind: platform.vault.seal(run.key, clear, document_place(run.command.id, kind))
        for kind, clear in rendered.items()
    }


async def end_failed(
    platform: Platform,
    command: Command,
    state: CommandState,
    error: OpenSaldoError,
    receipt: Receipt | None,
) -> None:
    """The command has ended with this error, unless it had ended before."""
    failure = Failure(name=error.wire_name, message=error.message)

    def end(connection: Connection) -> bool:
        now = platform.clock()
        if not commands.fail(connection, command.id, state, failure, receipt, now):
            return False
        sessions.touch(connection, command.session_id, now)
        events.append(connection, _ended(command, now))
        return True

    if await platform.store.change_with(end):
        log.info("command failed", command=command.id, code=error.wire_name, state=state.value)
        _count(platform, command, state)


def _ended(command: Command, at: datetime) -> Event:
    return Event(
        client_id=command.client_id,
        environment=command.environment,
        kind=EventKind.COMMAND_ENDED,
        subject=command.id,
        at=at,
    )


def _count(platform: Platform, command: Command, state: CommandState) -> None:
    COMMANDS.labels(command.name.value, state.value).inc()
    if command.started_at is not None:
        IMPORT_SECONDS.observe((platform.clock() - command.started_at).total_seconds())
