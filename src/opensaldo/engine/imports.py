"""Imports: read this first.

One accepted command becomes one run (more after a crash): open the session's access, read what the
command is for within the time limit, render and seal the result once, and end the command in the
same transaction that keeps the result. The default import reads everything; the advanced ones
differ in their plan (`plans`), in their share of what was read (`shares`) and in what they find
for later ones (`found`). How a command ends is in `endings`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from opensaldo.domain.command import Command, CommandState
from opensaldo.domain.consent import Consent
from opensaldo.domain.receipt import Outcome, Receipt
from opensaldo.domain.session import Session, SessionState
from opensaldo.engine.access import GrantedAccess, unpack
from opensaldo.engine.budget import imports_left, refused_by_bank
from opensaldo.engine.consents import found_ended, tell_banks
from opensaldo.engine.endings import end_failed, keep
from opensaldo.engine.found import opened, unpack_request
from opensaldo.engine.history import earliest_day
from opensaldo.engine.kept import (
    FOUND,
    REQUEST,
    access_place,
    consent_access_place,
    document_place,
)
from opensaldo.engine.ledger import Ledger
from opensaldo.engine.memories import past_of
from opensaldo.engine.plans import PLAN_OF_COMMAND, Plan, plan_of_known, spared
from opensaldo.engine.platform import Platform
from opensaldo.engine.progress import ProgressWriter, progress_event
from opensaldo.engine.reading import Reading
from opensaldo.engine.receipts import Told, begun, told
from opensaldo.engine.recording import recorded
from opensaldo.engine.renewal import (
    FIRST_READ_PAUSE_S,
    FIRST_READ_TRIES,
    proved,
    serving,
    successor,
)
from opensaldo.engine.sessions import is_person_there
from opensaldo.engine.switching import note_failure
from opensaldo.engine.tokens import fresh_access
from opensaldo.errors import (
    BankAccessEnded,
    BankBalanceUnproven,
    BankConsentWithdrawn,
    BankDailyLimit,
    BankRateLimited,
    BankUnavailable,
    Defect,
    InvalidMultipleAccessId,
    MultipleAccessLimitExceeded,
    OpenSaldoError,
    PlatformUnavailable,
    SessionExpired,
)
from opensaldo.store.db import Connection
from opensaldo.store.queries import budget, commands, consents, documents, events, sessions
from opensaldo.store.queries.documents import SealedDocument
from opensaldo.store.queries.remembered import MemoriesMoved
from opensaldo.store.vault import DataKey, KeyDestroyed, WrappedKey

REREADS_MAX = 1
TELLINGS_MAX = 3  # then an import leaves what is remembered to those that end beside it
LOST = (
    "The bank has ended the earlier access and does not honour the new one: the consent is lost;"
    " the person must sign in again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Started:
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
class _Run:
    """What one run needs, found before the first call to the bank."""

    command: Command
    session: Session
    key: DataKey
    granted: GrantedAccess
    plan: Plan
    attended: bool
    takes_over: bool
    ends_at: datetime


@dataclass(slots=True)
class _Draft:
    """The receipt so far, which is what a command that fails ends with."""

    receipt: Receipt
    run: _Run | None = None


async def run_import(platform: Platform, command_id: str) -> None:
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
    if started.is_taken_over and started.consent is not None:
        started = await _after_proof(platform, command, started.consent.id)
    target = platform.catalog.find(command.target or "", command.environment)
    draft = _Draft(receipt=begun(command, target))
    try:
        draft.run = _prepared(platform, started)
        await _import_in_words_of_access(platform, draft.run, draft)
    except PlatformUnavailable:
        raise
    except Defect as defect:
        await _fail(platform, command, CommandState.FATAL, defect, draft)
    except OpenSaldoError as error:
        await _fail(platform, command, CommandState.ERROR, error, draft)
        if target is not None:
            await note_failure(platform, target, error)


async def give_up_import(platform: Platform, command_id: str) -> None:
    """The command is final: `fatal`, unless it had ended already."""
    command = await platform.store.fetch(commands.command_by_id, command_id)
    if command is not None:
        draft = _Draft(receipt=begun(command, None))
        await _fail(platform, command, CommandState.FATAL, Defect(), draft)


async def _fail(
    platform: Platform,
    command: Command,
    state: CommandState,
    error: OpenSaldoError,
    draft: _Draft,
) -> None:
    """The command has ended with this error and with what its receipt says so far."""
    key = draft.run.key if draft.run is not None else None
    receipt = replace(draft.receipt, outcome=Outcome.FAILED)
    await end_failed(platform, command, state, error, receipt, key)


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


def _kept(connection: Connection, command: Command) -> _Started:
    """The command with what its session kept for it."""
    session = sessions.session_of(
        connection, command.session_id, command.client_id, command.environment
    )
    consent_id = session.consent_id if session else None
    consent = serving(connection, consent_id) if consent_id else None
    is_taken_over = consent is not None and consent.id != consent_id
    if session is not None and consent is not None:
        session = replace(session, consent_id=consent.id)
    return _Started(
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


async def _after_proof(platform: Platform, command: Command, consent_id: str) -> _Started:
    """What is kept once the consent that takes over has proved itself, or had time enough to."""
    await proved(platform, consent_id)
    return await platform.store.fetch(_kept, command)


def _prepared(platform: Platform, started: _Started) -> _Run:
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
    return _Run(
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


def _plan_of(platform: Platform, started: _Started, key: DataKey) -> Plan:
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


async def _import_in_words_of_access(platform: Platform, run: _Run, draft: _Draft) -> None:
    """Import; a consent's client is told of limits and withdrawal by their own names."""
    try:
        await _import_patiently(platform, run, draft)
    except OpenSaldoError as error:
        later = await _run_of_successor(platform, run, error)
        if later is not None:
            draft.run = later
            await _import_in_words_of_access(platform, later, draft)
            return
        by_consent = run.session.consent_id is not None
        as_told = in_words_of_access(error, by_consent=by_consent, is_rerun=run.command.runs > 1)
        if as_told is error:
            raise
        consent_id = run.session.consent_id
        if consent_id is not None and isinstance(error, BankConsentWithdrawn):
            await found_ended(platform, consent_id)
        if consent_id is not None and isinstance(error, BankDailyLimit):
            raise await refused_by_bank(platform, consent_id, error) from None
        raise as_told from None


async def _import_patiently(platform: Platform, run: _Run, draft: _Draft) -> None:
    """Import; the first reading under a consent that took over is tried again before it is lost.

    Raises:
        InvalidMultipleAccessId: the bank ended the earlier consent and does not honour this one.
    """
    if not run.takes_over:
        await _import(platform, run, draft)
        return
    for _ in range(FIRST_READ_TRIES):
        with contextlib.suppress(BankConsentWithdrawn, BankAccessEnded):
            await _import(platform, run, draft)
            return
        await asyncio.sleep(FIRST_READ_PAUSE_S)
    await found_ended(platform, run.session.consent_id or "")
    raise InvalidMultipleAccessId(LOST)


async def _run_of_successor(platform: Platform, run: _Run, error: OpenSaldoError) -> _Run | None:
    """The same run under the consent that takes this one's place; None when there is none.

    Where a new consent ends the old one, a reading under the old one may meet that first.
    """
    target = platform.catalog.find(run.session.target or "", run.session.environment)
    consent_id = run.session.consent_id
    if target is None or consent_id is None or not target.new_consent_ends_old:
        return None
    if not isinstance(error, BankConsentWithdrawn):
        return None
    later = await successor(platform, consent_id)
    if later is None:
        return None
    return _prepared(platform, await _after_proof(platform, run.command, later.id))


def in_words_of_access(
    error: OpenSaldoError, *, by_consent: bool, is_rerun: bool
) -> OpenSaldoError:
    """The error as the client of such an access is told; most are told as they are."""
    if isinstance(error, BankDailyLimit) and by_consent:
        return MultipleAccessLimitExceeded(error.message, retry_after_s=error.retry_after_s)
    if isinstance(error, BankRateLimited) and not by_consent:
        return SessionExpired(error.message) if is_rerun else error
    if isinstance(error, BankConsentWithdrawn):
        return InvalidMultipleAccessId() if by_consent else SessionExpired()
    return error


async def _import(platform: Platform, run: _Run, draft: _Draft) -> None:
    target = platform.catalog.find(run.session.target or "", run.session.environment)
    if target is None:
        raise BankUnavailable("The target is no longer in the catalogue.")
    connector = spared(platform.catalog.connector(target), run.plan.spares)
    psu = run.granted.psu if run.attended else None
    access = await fresh_access(platform, run.session, run.key, run.granted, connector, psu)
    today = platform.clock().date()
    async with ProgressWriter(platform.store, platform.clock, run.command) as progress:

        def fresh_reading(ledger: Ledger) -> Reading:
            return Reading(
                connector=connector,
                access=access,
                psu=psu,
                since=earliest_day(
                    run.session,
                    run.command.since,
                    today=today,
                    is_mock=target.test_only,
                    later=platform.limits.later_history,
                ),
                ledger=ledger,
                on_progress=progress.report,
                plan=run.plan,
            )

        reading, ledger, found = await _read_until_settled(
            platform, run, draft, fresh_reading, connector.capabilities.calls_per_day_max
        )
    if await _kept_once(platform, run, draft, reading, ledger, found):
        await tell_banks(platform)


async def _kept_once(
    platform: Platform, run: _Run, draft: _Draft, reading: Reading, ledger: Ledger, found: Told
) -> bool:
    """The command has ended; its rows are told again where another import ended meanwhile.

    Where they do not add up to what that one remembers they were read before it: then they are
    kept as they were told first, and what is remembered stays.
    """
    for _ in range(TELLINGS_MAX):
        with contextlib.suppress(MemoriesMoved):
            return await keep(platform, run.command, run.session, run.key, reading, ledger, found)
        again = await _told(platform, run, draft, reading, found.receipt.rereads)
        found = again if again.is_settled else replace(found, memories={})
        draft.receipt = found.receipt
    found = replace(found, memories={})
    return await keep(platform, run.command, run.session, run.key, reading, ledger, found)


async def _read_until_settled(
    platform: Platform,
    run: _Run,
    draft: _Draft,
    fresh_reading: Callable[[Ledger], Reading],
    calls_per_day_max: int,
) -> tuple[Reading, Ledger, Told]:
    """What was read, once more where the rows did not add up to the bank's balance.

    Something may have been booked while it was read; a second time it is the bank's fault.

    Raises:
        BankBalanceUnproven: they did not add up again, or no second reading was allowed.
    """
    for reread in range(1 + REREADS_MAX):
        grant = run.granted.access.grant
        ledger = Ledger(platform, run.command, grant, run.attended, calls_per_day_max)
        reading = fresh_reading(ledger)
        try:
            async with recorded(platform, run.command, run.session, run.key, reading):
                await _read_in_time(platform, run, reading, ledger)
        except BankRateLimited:
            if reread == 0:
                raise
            break
        found = await _told(platform, run, draft, reading, reread)
        if found.is_settled:
            return reading, ledger, found
        await platform.store.change_with(ledger.settle)
    raise BankBalanceUnproven


async def _told(
    platform: Platform, run: _Run, draft: _Draft, reading: Reading, reread: int
) -> Told:
    """What the reading came to; the draft of the receipt says it too."""
    so_far = replace(draft.receipt, rereads=reread)
    if run.session.consent_id is not None:
        left = await platform.store.fetch(imports_left, run.session.consent_id, platform.clock())
        so_far = replace(so_far, calls_left=left)
    past = await past_of(platform, run.session)
    found = await asyncio.to_thread(
        told, run.command, so_far, reading, platform.vault.fingerprint, past
    )
    draft.receipt = found.receipt
    return found


async def _read_in_time(platform: Platform, run: _Run, reading: Reading, ledger: Ledger) -> None:
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
            await platform.store.change_with(ledger.settle)
            raise BankUnavailable("The bank did not answer within the command's time.") from None
    except BaseException:
        await platform.store.change_with(ledger.settle)
        raise
